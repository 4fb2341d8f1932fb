"""A coordinator's week in a real browser, by mouse and by keyboard alone; `docs/team.md` has what each task took."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from pro_collector.accounts.person import Actor
from pro_collector.accounts.sessions import begin_session
from pro_collector.commands.act_on_alert import apply_roster
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.jobs import work_once
from pro_collector.postgres.tables import accounts
from tests.shared.alerts import NURSE_PHONE, ROSTER, RULES, version
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED, treated
from tests.shared.team import HOME
from tests.whole.browser.conftest import launched
from tests.whole.browser.hands import Effort, Hands
from tests.wire.web.team_browser import SESSION, session_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]

WAYS = os.environ.get("PRO_TEST_WEEK", "keyboard").split(",")
"""How the coordinator works; `make week` adds the mouse."""
DOCUMENT = Path(__file__).parents[3] / "docs" / "team.md"
PHONES = {f"W-{n}": f"+1202555030{n}" for n in range(1, 6)}
SILENT = "+12025550177"
PATIENCE = 100_000
"""Milliseconds: a busy machine is no mistake of a page."""
LATER = version("1.2", RULES).replace('at: "10:00"', 'at: "11:00"', 1)


async def sign_in(office: Office, hands: Hands, handle: str, page: str = "today") -> None:
    """Begin a session, and open a page of the study."""
    async with office.rt.database.transaction() as tx:
        row = await accounts.by_handle(tx, handle)
        assert row is not None
        session = await begin_session(tx, office.rt, row.id, "password", handle, Actor(handle, HOME))
    url = office.rt.settings.public_url
    await hands.tab.context.add_cookies([{"name": SESSION, "value": session, "url": url}])
    await hands.tab.goto(f"{url}/team/study/{STUDY}/{page}")


async def enrol_five(hands: Hands) -> None:
    await hands.follow("People")
    for code, phone in PHONES.items():
        await hands.follow("Enrol somebody")
        await hands.type("Code", code)
        await hands.choose("Arm", "On treatment")
        await hands.choose("Language of the messages", "English")
        await hands.type("Date of birth", "05171980")
        await hands.type("Their mobile telephone", phone)
        await hands.press("Show what would be sent")
        await hands.press(f"Enrol {code}")


async def record_five_dates(hands: Hands) -> None:
    for code in PHONES:
        await hands.follow("People")
        await hands.follow(code)
        await hands.follow("Record treatment")
        await hands.choose("What happened", "Start of treatment")
        await hands.type("On which day", "03032026")
        await hands.press("Show what this changes")
        await hands.press("Confirm")


async def see_who_is_silent_and_why(hands: Hands) -> None:
    await hands.follow("People")
    await hands.tick("silent")
    await hands.press("Show")
    await hands.follow("RT-2")
    assert await hands.tab.get_by_text("window closed without an answer").count() >= 2


async def mend_a_telephone(hands: Hands) -> None:
    await hands.follow("Today")
    await hands.follow("No way to reach")
    await hands.follow("store the new address")
    await hands.choose("Which address", "Telephone of the patient")
    await hands.type("New address", "+12025550309")
    await hands.type("Why", "asked the ward")
    await hands.press("Store it")
    assert await hands.tab.get_by_text("in use").count() == 1


async def read_three_replies(hands: Hands, answers: Sequence[str]) -> None:
    for answer in answers:
        await hands.follow("Today")
        await hands.follow("Reply to read")
        await hands.tick(answer)
        await hands.press("Record it and close")


async def answer_a_question(hands: Hands) -> None:
    await hands.follow("Today")
    await hands.follow("Question")
    await hands.type("Your words; no names, no links", "Yes, take them after breakfast.")
    await hands.press("Send")
    await hands.press("Close")


async def take_an_alert_and_close_it(hands: Hands, link: str) -> None:
    await hands.shortcut("Enter")  # on the link in the text
    await hands.tab.goto(link)
    await hands.press("I take care of it")
    await hands.choose("What was done", "phoned the patient")
    await hands.press("Close the alert")


async def correct_a_date(hands: Hands) -> None:
    await hands.follow("People")
    await hands.follow("W-4")
    await hands.follow("Correct Start of treatment of 2026-03-03")
    await hands.type("The right day", "03022026")
    await hands.type("Why", "a day early")
    await hands.press("Show what this changes")
    assert await hands.tab.get_by_role("row").count() > 2
    await hands.press("Confirm")


async def amend_the_study(office: Office, hands: Hands) -> None:
    jobs = await office.of_process("jobs")
    await hands.follow("Study")
    await hands.paste("Or its text", LATER)
    await hands.press("Check it")
    await hands.press("Preview what it changes")
    assert await work_once(jobs)
    await hands.tab.get_by_role("heading", name="Put version 1.2 in force").wait_for()
    await hands.type("Type the version to confirm: 1.2", "1.2")
    await hands.press("Put it in force")
    assert await work_once(jobs)
    await hands.tab.get_by_text("Version 1.2 is in force").wait_for()


async def print_a_person(hands: Hands) -> None:
    await hands.follow("People")
    await hands.follow("W-1")
    await hands.shortcut("Control+P", "Enter")
    assert (await hands.tab.pdf(format="A4")).startswith(b"%PDF")


async def opened(office: Office) -> None:
    """The study with an alert, whom it tells, and two people from before."""
    await office.apply(version("1.1", RULES))
    await apply_roster(await office.of_process("team"), STUDY, ROSTER, "roster.yaml", "lead")
    await treated(office)
    await treated(office, code="RT-2", phone=SILENT, email=None)
    office.carrier.unreachable[PHONES["W-5"]] = 30005
    for handle, role in (("ana", RoleAt(Role.coordinator, STUDY, "bethesda")), ("lee", RoleAt(Role.study_lead, STUDY))):
        await session_of(office.rt, handle, role)


async def patients_answer(office: Office) -> str:
    """What comes in on the first day of treatment; the link in the text to the nurse."""
    await office.run(ASKED + SOON)
    await office.reply(*ANSWERS, number=PHONES["W-1"])
    await office.reply("3 and then 4", number=PHONES["W-2"])
    await office.reply("took 2 pills", number=PHONES["W-3"])
    await office.reply("3 and then 4")
    await office.reply("Can somebody call me?", number=PHONES["W-4"])
    await office.run(ASKED + DAY)
    found = re.search(r"https?://\S+", office.texts(NURSE_PHONE)[0])
    assert found is not None, office.texts(NURSE_PHONE)
    return found[0]


async def lived(office: Office, hands: Hands) -> dict[str, Effort]:
    """The week; what each task took."""
    took: dict[str, Effort] = {}
    await sign_in(office, hands, "ana")
    with hands.task() as took["enrol five patients"]:
        await enrol_five(hands)
    with hands.task() as took["record the first day of treatment of five"]:
        await record_five_dates(hands)
    link = await patients_answer(office)
    await sign_in(office, hands, "ana")
    with hands.task() as took["read three replies and record the answers"]:
        await read_three_replies(hands, ["3", "2", "4"])
    with hands.task() as took["answer a question by text"]:
        await answer_a_question(hands)
    with hands.task() as took["take an alert from the text and close it"]:
        await take_an_alert_and_close_it(hands, link)
    with hands.task() as took["correct a date, with what it changes"]:
        await correct_a_date(hands)
    with hands.task() as took["print a patient before a visit"]:
        await print_a_person(hands)
    await office.happened("cycle", TREATED, "W-5")
    await office.run(ASKED + 8 * DAY)
    await sign_in(office, hands, "ana")
    with hands.task() as took["mend a telephone that no longer exists"]:
        await mend_a_telephone(hands)
    await office.run(ASKED + 14 * DAY)
    await sign_in(office, hands, "ana")
    with hands.task() as took["see who is silent and why"]:
        await see_who_is_silent_and_why(hands)
    await sign_in(office, hands, "lee")
    with hands.task() as took["preview an amendment and apply it"]:
        await amend_the_study(office, hands)
    return took


@pytest.mark.parametrize("way", WAYS)
async def test_a_coordinator_lives_through_a_week(office: Office, way: str) -> None:
    keyboard = way == "keyboard"
    await opened(office)
    async with async_playwright() as playwright, launched(playwright) as browser:
        context = await browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE)
        tab = await context.new_page()
        said: list[str] = []
        tab.on("pageerror", lambda error: said.append(str(error)))
        took = await lived(office, Hands(tab, keyboard=keyboard))
    assert said == []
    rows = DOCUMENT.read_text("utf-8").partition("<!-- week -->")[2].partition("<!-- end of week -->")[0].splitlines()
    told = {cells[1].strip(): cells[3 if keyboard else 2].strip() for row in rows if len(cells := row.split("|")) > 3}
    counted = {name: counted_words(effort, keyboard=keyboard) for name, effort in took.items()}
    stale = [f"{name}: {words}" for name, words in counted.items() if told.get(name) != words]
    assert not stale, "\n".join(stale)


def counted_words(effort: Effort, *, keyboard: bool) -> str:
    """What a task took, as the document says it."""
    keys = f"{effort.keys} {'key' if effort.keys == 1 else 'keys'}, {effort.seconds} s"
    return keys if keyboard else f"{effort.clicks} {'click' if effort.clicks == 1 else 'clicks'}, {keys}"
