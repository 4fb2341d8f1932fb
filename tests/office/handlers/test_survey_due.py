"""survey.due: the right person is asked at the right time on the first way that reaches them, or it says why not."""

from datetime import date, timedelta

import pytest

from pro_collector.commands.record_state import record_state
from pro_collector.commands.record_treatment import correct
from tests.shared.clock import START
from tests.shared.office import DEMO, PHONE, Office
from tests.shared.scenes import (
    ASKED,
    DAY,
    MOTHER,
    SOON,
    TREATED,
    first_occasion,
    history,
    history_names,
    in_conversation,
    treated,
)

EVENING = timedelta(hours=12)
"""From 10:00 to 22:00 in New York, when nobody may be disturbed."""


@pytest.mark.parametrize(
    ("born", "language", "asked"),
    [
        (date(1980, 1, 1), "en", {PHONE: "how bad was your worst pain"}),
        (date(1980, 1, 1), "es", {PHONE: "cuánto dolor tuvo en el peor momento"}),
        (date(2021, 1, 1), "en", {MOTHER: "how bad was your child's worst pain"}),
        (date(2015, 1, 1), "en", {PHONE: "when it hurt most", MOTHER: "your child's worst pain"}),
        (date(1980, 1, 1), "fr", {PHONE: "votre pire douleur"}),
        (date(1980, 1, 1), "pt", {PHONE: "how bad was your worst pain"}),
    ],
)
async def test_asks_the_right_person_in_their_language(
    office: Office, born: date, language: str, asked: dict[str, str]
) -> None:
    await in_conversation(office, birth_date=born, language=language, proxy_phone=MOTHER)
    for number in (PHONE, MOTHER):
        last = office.texts(number)[-1:]
        assert [asked[number] in text for text in last] == [True] if number in asked else last == [], number


async def test_goes_by_mail_at_once_when_there_is_no_phone(office: Office) -> None:
    await in_conversation(office, phone=None)
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["rung"]) == ("invited", 1)
    assert ("rung_skipped", {"rung": 0, "channel": "sms", "reason": "no address"}) in await history(office, occasion)
    ready = "The Story Team: your check-in is ready: "
    assert sorted(office.letters()) == [f"{ready}First look", f"{ready}Weekly symptoms"]


async def test_asks_the_team_for_an_address_when_no_way_is_left(office: Office) -> None:
    await treated(office, phone=None, email="someone-else@example.org")
    await office.rows("UPDATE vault.contact SET broken_at = now() RETURNING id")
    await office.run(ASKED + SOON)
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["rung"]) == ("open", 2)  # the last rung is a call, which needs no address
    assert await office.one("SELECT kind FROM task WHERE occasion_id = %s", occasion["id"]) == "call"


async def test_fired_late_in_the_evening_it_waits_for_the_morning(office: Office) -> None:
    await treated(office)
    office.outage(ASKED + EVENING)
    await office.settle()
    occasion = await first_occasion(office)
    assert occasion["state"] == "planned"
    assert "postponed" in await history_names(office, occasion)
    await office.run(ASKED + timedelta(hours=21, minutes=59))
    assert office.texts() == []
    await office.run(ASKED + timedelta(hours=22) + SOON)
    assert len([text for text in office.texts() if "short questions" in text]) == 1
    assert (await first_occasion(office))["state"] == "invited"


async def test_a_morning_after_the_window_is_no_morning_to_wait_for(office: Office) -> None:
    # Due at 18:00, open for twelve hours, found at 22:00: the next allowed minute is 08:00.
    await office.apply(
        DEMO.replace('version: "1.0"', 'version: "1.1"')
        .replace("window: {closes: 2d}\n    reminders: [1d]", "window: {closes: 12h}")
        .replace("- {channel: email, after: 12h}", "- {channel: email, after: 2h}")
    )
    await office.enrol()
    await office.happened("cycle", date(2026, 2, 25))
    office.outage(START + timedelta(days=2, hours=15))
    await office.settle()
    occasion = await first_occasion(office, "cycle-day-8")
    assert (occasion["state"], occasion["reason"]) == ("missed", "quiet_hours")


async def test_found_after_its_window_it_is_missed_with_the_reason(office: Office) -> None:
    await treated(office)
    office.outage(ASKED + timedelta(days=4))
    await office.settle()
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["reason"]) == ("missed", "not_asked_in_time")
    assert occasion["ended_at"] == office.clock.now()


async def test_moved_since_it_was_fired_it_is_asked_once_at_its_new_time(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    office.outage(ASKED)
    fired = await office.published("survey.due")
    await correct(office.rt, "RT-1", "treatment_start", date(2026, 3, 3), date(2026, 3, 5), by="tester", reason="typo")
    await office.handle("survey.due", fired["survey.due"])
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["due_at"]) == ("planned", ASKED + 2 * DAY)
    await office.run(ASKED + 2 * DAY + SOON)
    assert len([text for text in office.texts() if "short questions" in text]) == 1


async def test_a_batch_opens_many_and_a_second_delivery_none(office: Office) -> None:
    phones = [f"+120255502{n:02}" for n in range(12)]
    for n, phone in enumerate(phones):
        await treated(office, code=f"RT-{n}", phone=phone)
    await office.run(ASKED + SOON)
    assert [len(office.texts(phone)) for phone in phones] == [2] * 12  # the baseline and this one
    await office.redeliver()
    await office.run(ASKED + 2 * SOON)
    assert [len(office.texts(phone)) for phone in phones] == [2] * 12


async def test_somebody_else_answers_for_an_adult_from_a_day_on(office: Office) -> None:
    await treated(office, proxy_phone=MOTHER)
    await record_state(office.rt, "RT-1", "answered_by_proxy", TREATED, None, by="nurse")
    await office.run(ASKED + SOON)
    assert "worst pain of the person you answer for" in office.texts(MOTHER)[-1]
    assert not [text for text in office.texts() if "worst pain" in text]
    assert (await first_occasion(office))["reason"] == "not_in_schedule"
