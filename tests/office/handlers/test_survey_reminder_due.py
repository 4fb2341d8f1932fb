"""survey.reminder_due: what waits is said again, and never to who is done."""

from datetime import date, timedelta
from uuid import uuid4

from pro_collector.commands.record_state import record_state
from pro_collector.domain.events import OccasionRef, SurveyReminderDue, SurveyResumeDue, SurveyRungDue
from tests.shared.office import DEMO, Office
from tests.shared.scenes import (
    ANSWERS,
    ASKED,
    DAY,
    MOTHER,
    SOON,
    first_occasion,
    history,
    history_names,
    in_conversation,
    publish,
    treated,
)

ONLY_TEXTS = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "ladder:\n      - {channel: sms}\n      - {channel: email, after: 1d}\n      - {channel: call, after: 3d}",
    "ladder: [{channel: sms}]",
)

HOUR = timedelta(hours=1, minutes=2)


def reminders(office: Office) -> list[str]:
    """Every text that reminds of the weekly symptoms."""
    return [text for text in office.texts() if "when you have a moment" in text]


async def test_asks_the_same_question_again_by_text(office: Office) -> None:
    await office.apply(ONLY_TEXTS)
    await in_conversation(office)
    await office.reply("7")
    await office.run(ASKED + 2 * DAY + SOON)
    assert len(reminders(office)) == 1
    assert "2/6 Last 7 days: how tired were you" in reminders(office)[0]
    assert (await office.reply("3")).startswith("3/6")


async def test_two_on_one_phone_are_not_reminded_at_one_moment(office: Office) -> None:
    await office.apply(ONLY_TEXTS)
    for code in ("RT-1", "RT-2"):
        await treated(office, code=code, birth_date=date(2019, 5, 4), proxy_phone=MOTHER)
    reminded = ASKED + 2 * DAY
    await office.run(reminded + timedelta(minutes=14))
    told = [text for text in office.texts(MOTHER) if "when you have a moment" in text]
    assert len(told) == 1, "nobody could tell to which of two a number is the answer"
    await office.run(reminded + timedelta(minutes=16))
    told = [text for text in office.texts(MOTHER) if "when you have a moment" in text]
    assert sorted(code for text in told for code in ("RT-1", "RT-2") if code in text) == ["RT-1", "RT-2"]


async def test_says_nothing_to_who_has_answered(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    occasion = await first_occasion(office)
    before = await history_names(office, occasion)
    assert occasion["state"] == "completed"
    await office.run(ASKED + 5 * DAY)
    assert await history_names(office, occasion) == before
    assert reminders(office) == []


async def test_says_nothing_to_who_answered_while_the_event_was_on_its_way(office: Office) -> None:
    await office.apply(ONLY_TEXTS)
    await in_conversation(office)
    await office.run(ASKED + 2 * DAY - SOON)
    await office.reply(*ANSWERS[:5])
    office.outage(ASKED + 2 * DAY)
    due = await office.published("survey.reminder_due")
    assert due
    await office.read(ANSWERS[5])
    assert (await first_occasion(office))["state"] == "completed"
    await office.handle("survey.reminder_due", due["survey.reminder_due"])
    await office.settle()
    assert (await first_occasion(office))["state"] == "completed"
    assert reminders(office) == []


async def test_waits_for_the_morning(office: Office) -> None:
    await office.apply(ONLY_TEXTS)
    await in_conversation(office)
    office.outage(ASKED + 2 * DAY + timedelta(hours=12))
    await office.settle()
    await office.run(ASKED + 2 * DAY + timedelta(hours=21, minutes=59))
    assert reminders(office) == []
    await office.run(ASKED + 2 * DAY + timedelta(hours=22) + SOON)
    assert len(reminders(office)) == 1


async def test_a_minute_before_the_window_closes_it_may_still_be_said(office: Office) -> None:
    await office.apply(ONLY_TEXTS.replace("window: {closes: 4d, late_entry: 1d}", "window: {closes: 57h}"))
    await in_conversation(office)
    occasion = await first_occasion(office)
    assert occasion["closes_at"] == ASKED + timedelta(hours=57)
    office.outage(ASKED + 2 * DAY + timedelta(hours=8, minutes=59))
    await office.run(office.clock.now() + timedelta(seconds=30))
    assert len(reminders(office)) == 1
    assert "suppressed" not in await history_names(office, occasion)


async def test_at_night_with_no_morning_left_it_is_not_said(office: Office) -> None:
    await office.apply(ONLY_TEXTS.replace("window: {closes: 4d, late_entry: 1d}", "window: {closes: 68h}"))
    await in_conversation(office)
    office.outage(ASKED + 2 * DAY + timedelta(hours=12))
    await office.settle()
    occasion = await first_occasion(office)
    assert ("suppressed", {"reason": "quiet_hours", "of": "reminder"}) in await history(office, occasion)
    assert reminders(office) == []


async def test_nobody_in_hospital_is_reminded(office: Office) -> None:
    await office.apply(ONLY_TEXTS)
    await in_conversation(office)
    today = office.clock.now().date()
    await record_state(office.rt, "RT-1", "hospital", today, today + timedelta(days=4), by="tester")
    await office.run(ASKED + 3 * DAY)
    assert reminders(office) == []
    await office.run(ASKED + 8 * DAY)
    asked = [text for text in office.texts() if "short questions" in text]
    assert len(asked) == 2, "after the hospital the weekly symptoms go on"


async def test_one_of_before_0_1_0_that_meant_a_rung_goes_on_to_it(office: Office) -> None:
    """One event meant a reminder, the next rung and a question that may be asked now."""
    await in_conversation(office)
    occasion, mails = await first_occasion(office), len(office.letters())
    old = SurveyReminderDue(
        id=uuid4(), participant_id=occasion["participant_id"], occurred_at=office.clock.now(),
        occasion_id=occasion["id"], n=1, rung=1,
    )  # fmt: skip
    await office.run(office.clock.now() + HOUR)
    await publish(office, old)
    assert ((await first_occasion(office))["rung"], len(office.letters())) == (1, mails + 2)


def test_one_of_before_0_1_0_is_read_as_what_it_meant() -> None:
    ref = OccasionRef(uuid4(), uuid4())
    plain = SurveyReminderDue.of(ref, ASKED, 0)
    assert plain.as_written_now() is plain
    rung = plain.model_copy(update={"rung": 2}).as_written_now()
    assert isinstance(rung, SurveyRungDue)
    assert (rung.id, rung.rung, rung.occasion_id) == (plain.id, 2, ref.id)
    resumed = plain.model_copy(update={"resumes": True}).as_written_now()
    assert isinstance(resumed, SurveyResumeDue)
    assert resumed.id == plain.id
