"""What is asked because participation ended: a family is asked kindly, by a person's decision, or not at all."""

from datetime import timedelta

import pytest

from pro_collector.commands.ask_unscheduled import ask_unscheduled
from pro_collector.commands.record_consent import give_consent
from pro_collector.commands.record_state import record_state, retract_state
from pro_collector.commands.release import decline, release
from pro_collector.errors import Conflict, NotFound
from tests.shared.office import DEMO, PHONE, Office
from tests.shared.scenes import ASKED, DAY, MOTHER, SOON, TREATED, first_occasion, history_names, treated

NURSE = "garcia"
FAMILY = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "  weekly-symptoms:\n",
    """\
  bereaved:
    title: {en: The last weeks, es: Las últimas semanas}
    instruments: [symptom-diary]
    after: {participation: deceased, asks: proxy}
    window: {closes: 30d}
    reminders: [7d]

  leaving:
    title: {en: Why you left, es: Por qué lo dejó}
    instruments: [symptom-diary]
    after: {participation: withdrawn}
    window: {closes: 14d}

  weekly-symptoms:
""",
    1,
)
DUE = ASKED + 42 * DAY + SOON
TASKS = "SELECT kind, done_by, note FROM task WHERE kind IN ('release', 'contact', 'call') ORDER BY raised_at"


async def died(office: Office, **addresses: str) -> None:
    """RT-1 died on the day the treatment started; a wife who agreed to be asked has these addresses."""
    await office.apply(FAMILY)
    await treated(office, **addresses)
    await give_consent(office.rt, "RT-1", "proxy", "bereavement", None, by=NURSE)
    await office.run(ASKED - SOON)
    with pytest.raises(Conflict, match="after the end of participation only"):
        await ask_unscheduled(office.rt, "RT-1", "bereaved", "proxy", reason="by mistake", by=NURSE)
    await record_state(office.rt, "RT-1", "died", TREATED, None, by=NURSE)


async def test_a_widow_is_asked_weeks_later_once_the_team_has_decided_it(office: Office) -> None:
    await died(office, proxy_phone=MOTHER)
    texts = len(office.texts())
    await office.run(DUE - DAY)
    assert (office.texts(MOTHER), await office.rows(TASKS)) == ([], []), "nothing within six weeks"
    await office.run(DUE + 2 * DAY)
    assert office.texts(MOTHER) == [], "nothing before somebody of the team has decided it"
    assert [row["kind"] for row in await office.rows(TASKS)] == ["release"]
    released = await release(office.rt, "RT-1", "bereaved", by=NURSE)
    assert released.reporter == "proxy"
    await office.run(DUE + 2 * DAY + SOON)
    (invited,) = office.texts(MOTHER)
    assert "so sorry for your loss" in invited
    assert not [word for word in ("check-in", "emergency", "HELP", "today") if word in invited]
    assert await office.rows(TASKS) == [{"kind": "release", "done_by": NURSE, "note": "released"}]
    assert {"postponed", "released", "due"} <= set(
        await history_names(office, await first_occasion(office, "bereaved", "proxy"))
    )
    answered = await office.reply("please stop these messages", number=MOTHER)
    assert "We will not write to you any more" in answered
    assert "still in the study" not in answered
    await office.run(DUE + 20 * DAY)
    assert len(office.texts(MOTHER)) == 2, "a stop is honoured at once: no reminder"
    assert len(office.texts()) == texts, "and nothing ever goes to the patient's own phone"
    with pytest.raises(NotFound, match="waits for the team"):
        await release(office.rt, "RT-1", "bereaved", by=NURSE)


async def test_nothing_reaches_a_phone_that_was_the_patients_and_nobody_is_asked_without_consent(
    office: Office,
) -> None:
    await died(office, proxy_phone=PHONE)
    texts = len(office.texts())
    await office.run(DUE)
    await release(office.rt, "RT-1", "bereaved", by=NURSE)
    await office.run(DUE + 2 * DAY)
    assert len(office.texts()) == texts, "the wife has the phone that was his, too"
    assert [row["kind"] for row in await office.rows(TASKS)] == ["release", "contact"]

    await record_state(office.rt, "RT-1", "died", TREATED, None, by=NURSE, no_further_contact=True)
    await office.run(DUE + 30 * DAY)
    assert len(office.texts()) == texts


async def test_a_family_that_is_not_asked_and_a_death_that_was_a_mistake(office: Office) -> None:
    await died(office, proxy_phone=MOTHER)
    await office.run(DUE)
    row = await decline(office.rt, "RT-1", "bereaved", by=NURSE, reason="the son asked us not to")
    assert (row.state, row.reason) == ("cancelled", "declined_by_team")
    assert await office.rows(TASKS) == [{"kind": "release", "done_by": NURSE, "note": "the son asked us not to"}]
    await retract_state(office.rt, "RT-1", "died", None, by=NURSE)
    await office.run(DUE + DAY)
    assert office.texts(MOTHER) == []


@pytest.mark.parametrize("dies", [False, True])
async def test_whoever_left_is_asked_why_if_they_agreed_and_never_after_their_death(office: Office, dies: bool) -> None:
    await office.apply(FAMILY)
    await treated(office)
    await give_consent(office.rt, "RT-1", "self", "exit", None, by=NURSE)
    await office.run(ASKED - SOON)
    await record_state(office.rt, "RT-1", "withdrew", TREATED, None, by=NURSE)
    texts = len(office.texts())
    await office.run(ASKED + 6 * DAY)
    assert len(office.texts()) == texts
    if dies:
        await record_state(office.rt, "RT-1", "died", TREATED + timedelta(days=5), None, by=NURSE)
    await office.run(ASKED + 10 * DAY)
    asked = [text for text in office.texts()[texts:] if "a few last questions" in text]
    assert len(asked) == (0 if dies else 1)
    assert len(office.texts()) == texts + len(asked)
    left = await first_occasion(office, "leaving")
    assert (left["state"], left["reason"]) == (("cancelled", "died") if dies else ("invited", None))
    if not dies:
        with pytest.raises((Conflict, NotFound)):
            await release(office.rt, "RT-1", "leaving", by=NURSE)
