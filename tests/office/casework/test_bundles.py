"""Surveys of one day under one invitation: each question once, an answer for each survey, each survey its own end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pro_collector.casework.inbound.crossed import CROSSED, TOO_LATE
from pro_collector.commands.ask_by_hand import ask_again
from pro_collector.commands.correct_answer import correct_answer
from pro_collector.commands.reconcile import reconcile
from pro_collector.display.history import sentence
from pro_collector.domain.conversation.survey import Place
from pro_collector.reconciler import Reconciler
from pro_collector.rehearsal.hostility import CALM
from tests.shared.office import DEMO, FIVE_SECONDS, PHONE, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, first_occasion, history, treated
from tests.shared.web_form import WebForm

WEEKLY, FIRST = "weekly-symptoms", "first-day"
WELL = ("1", "2", "1", "3", "2", "7")
"""Answers to the whole well-being diary."""
BUNDLED = (
    DEMO.replace('version: "1.0"', 'version: "1.1"')
    .replace(
        "assessments:\n",
        """\
bundles: true
assessments:
""",
        1,
    )
    .replace(
        "  cycle-day-8:\n",
        f"""\
  {FIRST}:
    title: {{en: The first day, es: El primer día}}
    instruments: [well-being-diary, symptom-diary]
    anchor: treatment_start
    on_days: [1]
    at: "10:00"
    window: {{closes: 1d}}
    reminders: [6h]
    ladder:
      - {{channel: sms}}
      - {{channel: email, after: 12h}}
    reporter: *who-answers
    mode: conversation
    priority: 1

  cycle-day-8:
""",
        1,
    )
)


async def asked_both(office: Office, text: str = BUNDLED) -> int:
    """RT-1 is asked both on day 1; how many texts that took."""
    await office.apply(text)
    await treated(office)
    await office.run(ASKED - SOON)
    assert await office.one("SELECT count(bundle) FROM research.visits") == 0
    before = len(office.texts())
    await office.run(ASKED + SOON)
    return len(office.texts()) - before


async def both(office: Office) -> list[dict[str, Any]]:
    return [await first_occasion(office, FIRST), await first_occasion(office, WEEKLY)]


async def answered(office: Office, occasion: dict[str, Any]) -> dict[str, str]:
    """The answers to the symptom diary that count, by item."""
    rows = await office.rows(
        "SELECT DISTINCT ON (item) item, code FROM answer WHERE occasion_id = %s AND instrument = 'symptom-diary'"
        " AND absent IS NULL ORDER BY item, seq DESC", occasion["id"],
    )  # fmt: skip
    return {row["item"]: row["code"] for row in rows}


async def scored(office: Office, occasion: dict[str, Any]) -> set[str]:
    rows = await office.rows("SELECT instrument FROM score WHERE occasion_id = %s", occasion["id"])
    return {row["instrument"] for row in rows}


async def test_by_text_each_question_is_asked_once_and_stored_for_each(office: Office) -> None:
    assert await asked_both(office) == 1
    assert "weekly symptoms" not in office.texts()[-1].lower(), "it need not say which of them it is"
    before = len(office.texts())
    await office.reply(*WELL, *ANSWERS)
    assert len(office.texts()) - before == len(WELL) + len(ANSWERS)
    assert "Thank you" in office.texts()[-1]
    first, weekly = await both(office)
    assert [first["state"], weekly["state"]] == ["completed", "completed"]
    assert first["bundle"] == weekly["bundle"]
    assert await answered(office, first) == await answered(office, weekly) != {}
    assert (await scored(office, first), await scored(office, weekly)) == (
        {"well-being-diary", "symptom-diary"}, {"symptom-diary"},
    )  # fmt: skip
    due = [event for event in office.handled if event.type == "survey.due"]
    assert {first["id"], weekly["id"]} <= {event.occasion_id for event in due}  # type: ignore[attr-defined]
    said = [sentence(what, detail) for what, detail in await history(office, weekly)]
    assert "asked together, under one invitation: first-day, weekly-symptoms" in said
    before = len(office.texts())
    await office.run(ASKED + 6 * DAY)
    assert len(office.texts()) == before, "no reminder of either"
    assert (await reconcile(office.rt)).holes == []
    visits = await office.rows(
        "SELECT assessment, state, items_answered, bundle FROM research.visits WHERE state <> 'planned' AND visit_n = 1"
        " AND assessment = ANY(%s) ORDER BY 1",
        [FIRST, WEEKLY],
    )
    together = first["bundle"]
    assert [tuple(row.values()) for row in visits] == [
        (FIRST, "completed", 12, together), (WEEKLY, "completed", 6, together)
    ]  # fmt: skip


async def test_what_is_left_when_the_first_closes_is_still_asked_for_the_other(office: Office) -> None:
    await asked_both(office)
    await office.reply(*WELL, "7")
    await office.run(ASKED + timedelta(hours=6) + SOON)
    assert "tired" in office.texts()[-1], "the reminder of the one that closes first"
    await office.run(ASKED + DAY + SOON)
    first, weekly = await both(office)
    assert [first["state"], weekly["state"]] == ["partial", "started"]
    assert "well-being-diary" in await scored(office, first)
    assert "(Weekly symptoms)" in office.texts()[-1], "asked for the other one"
    before = len(office.texts())
    await office.run(ASKED + 2 * DAY + SOON)
    assert "tired" in office.texts()[before], "the reminder of the other one, at its own time"
    await office.reply(*ANSWERS[1:])
    first, weekly = await both(office)
    assert [first["state"], weekly["state"]] == ["partial", "completed"]
    assert (await answered(office, weekly))["pain"] == "7", "what was said before counts"
    assert await answered(office, first) == {"pain": "7"}
    await office.run(ASKED + 6 * DAY)
    assert (await reconcile(office.rt)).holes == []


async def test_nobody_answers(office: Office) -> None:
    await asked_both(office)
    with_other = await ask_again(office.rt, "RT-1", WEEKLY, by="nurse")
    assert with_other.assessment == FIRST, "the one that speaks for both"
    await office.run(ASKED + 6 * DAY)
    assert [row["state"] for row in await both(office)] == ["missed", "missed"]
    subjects = [subject for subject in office.letters() if "First look" not in subject]
    assert subjects
    assert all(subject.endswith("The first day, Weekly symptoms") for subject in subjects), "a mail names all"
    assert (await reconcile(office.rt)).holes == []


@pytest.mark.parametrize("left_open", [False, True])
async def test_on_the_form_both_are_one(office: Office, left_open: bool) -> None:
    by_link = BUNDLED.replace("mode: conversation", "mode: link")
    assert await asked_both(office, by_link) == 1
    base = office.rt.settings.public_url
    async with WebForm(f"{base}/r/{office.link(PHONE)}") as form:
        for item, value in zip(("mood", "calm", "doing", "missing_out", "company", "overall"), WELL, strict=True):
            await form.answer(item, value)
        for item, value in (
            () if left_open else zip(("pain", "tiredness", "nausea", "eating", "sleep", "worry"), ANSWERS, strict=True)
        ):
            await form.answer(item, value)
        if not left_open:
            await form.confirm()
    await office.settle()
    first, weekly = await both(office)
    if left_open:
        await office.run(ASKED + DAY + SOON)
        first, weekly = await both(office)
        assert [first["state"], weekly["state"]] == ["partial", "open"]
        async with WebForm(f"{base}/r/{office.link(PHONE)}") as form:
            assert await form.next_item() == "pain", "the old link leads to what is left"
        return
    assert [first["state"], weekly["state"]] == ["completed", "completed"]
    await correct_answer(
        office.rt, weekly["participant_id"], "self", UUID(str(weekly["id"])), Place("symptom-diary", "pain"), 2
    )
    await office.settle()
    assert [(await answered(office, row))["pain"] for row in (first, weekly)] == ["2", "2"]
    assert (await reconcile(office.rt)).holes == []


WRITTEN = {"SHARED": 20, "OWN": 20, "LONG": 600}
"""How many seconds before the first survey closed each of them wrote the text that arrived after it had closed."""


@pytest.mark.parametrize("late_entry", [False, True])
async def test_a_text_that_was_written_before_the_handover_is_no_answer_to_what_was_asked_after_it(
    office: Office, late_entry: bool
) -> None:
    await office.apply(BUNDLED if not late_entry else BUNDLED.replace("{closes: 1d}", "{closes: 1d, late_entry: 1d}"))
    phones = {code: f"+1202555018{n}" for n, code in enumerate(("SHARED", "OWN", "LONG"))}
    for code, phone in phones.items():
        await treated(office, code=code, phone=phone)
    await office.run(ASKED + SOON)
    for code, said in {"SHARED": WELL, "OWN": WELL[:2], "LONG": WELL[:2]}.items():
        await office.reply(*said, number=phones[code])
    for code, seconds in sorted(WRITTEN.items(), key=lambda each: -each[1]):
        await office.run(ASKED + DAY - timedelta(seconds=seconds))
        office.carrier.hostility = replace(CALM, reply_lost=1.0)
        await office.carrier.reply(phones[code], "4")
    office.carrier.hostility = CALM
    await office.run(ASKED + DAY + timedelta(seconds=40))
    before = {code: len(office.texts(phone)) for code, phone in phones.items()}
    assert all("/6 " in office.texts(phone)[-1] for phone in phones.values()), "asked for the other one"
    await Reconciler(office.rt).fetch_inbound()
    await office.run(office.clock.now() + FIVE_SECONDS)

    async def state(code: str, assessment: str) -> dict[str, str]:
        rows = await office.rows(
            "SELECT item, coalesce(a.code, a.absent) AS said FROM answer_current a"
            " JOIN occasion o ON o.id = occasion_id JOIN participant p ON p.id = o.participant_id"
            " WHERE p.code = %s AND assessment = %s ORDER BY item",
            code, assessment,
        )  # fmt: skip
        return {row["item"]: row["said"] for row in rows}

    async def to_read(code: str) -> list[str]:
        return [
            f"{row['assessment']} {row['reason']}"
            for row in await office.rows(
                "SELECT assessment, t.detail ->> 'reason' AS reason FROM task t JOIN occasion o ON o.id = occasion_id"
                " JOIN participant p ON p.id = o.participant_id WHERE p.code = %s", code,
            )
        ]  # fmt: skip

    # The question that both ask: an answer to it, whoever asks; the next question follows, once.
    assert await state("SHARED", WEEKLY) == {"pain": "4"}
    assert ("pain" in await state("SHARED", FIRST)) is late_entry
    assert await to_read("SHARED") == []
    assert [("tired" in text) for text in office.texts(phones["SHARED"])[before["SHARED"] :]] == [True]
    # A question of the one that has closed, seconds before: nobody can tell, so it is asked again, and read.
    assert await state("OWN", WEEKLY) == {}
    assert set(await state("OWN", FIRST)) == {"mood", "calm"}
    assert await to_read("OWN") == [f"{FIRST} {CROSSED}"]
    assert len(office.texts(phones["OWN"])) == before["OWN"] + 1
    # Minutes before: it was to that one for certain. The question of the other one waits on their screen.
    assert await state("LONG", WEEKLY) == {}
    assert ("doing" in await state("LONG", FIRST)) is late_entry
    assert await to_read("LONG") == ([] if late_entry else [f"{FIRST} {TOO_LATE}"])
    assert len(office.texts(phones["LONG"])) == before["LONG"]
    for code, phone in phones.items():
        await office.run(office.clock.now() + SOON)
        await office.reply(*(ANSWERS[1:] if code == "SHARED" else ANSWERS), number=phone)
        answers = await state(code, WEEKLY)
        assert (answers["pain"], answers["worry"], len(answers)) == ("4" if code == "SHARED" else "7", "0", 7)
        assert "Thank you" in office.texts(phone)[-1]
    assert await office.one("SELECT count(*) FROM occasion WHERE assessment = %s AND state = 'completed'", WEEKLY) == 3
    assert (await reconcile(office.rt)).holes == []
