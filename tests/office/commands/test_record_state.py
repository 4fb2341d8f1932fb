"""A state that was recorded by mistake is taken back: plans follow, and the record keeps both."""

from datetime import date, timedelta

import pytest

from pro_collector.commands.record_state import record_state, retract_state
from pro_collector.errors import BadInput, NotFound
from tests.shared.office import Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, first_occasion, in_conversation, treated

HOUR = timedelta(hours=1)


async def asked(office: Office) -> int:
    """How often the first question has come."""
    return len([text for text in office.texts() if "how bad was your worst pain" in text])


@pytest.mark.parametrize("kind", ["withdrew", "died"])
async def test_whoever_was_ended_by_mistake_is_asked_again_what_is_still_open(office: Office, kind: str) -> None:
    await in_conversation(office)
    before = {row["id"] for row in await office.rows("SELECT id FROM occasion WHERE state = 'planned'")}
    await record_state(office.rt, "RT-1", kind, None, None, by="tester")
    await office.settle()
    assert (await first_occasion(office))["state"] == "cancelled"
    await office.run(ASKED + HOUR)
    diff = await retract_state(office.rt, "RT-1", kind, None, by="other", reason="another patient's", dry_run=True)
    assert (await first_occasion(office))["state"] == "cancelled", "a dry run changes nothing"
    assert await retract_state(office.rt, "RT-1", kind, None, by="other", reason="another patient's") == diff
    await office.run(ASKED + HOUR + SOON)
    assert await asked(office) == 2, "what was open is asked again"
    assert (await office.reply(*ANSWERS)).startswith("Thank you")
    assert (await first_occasion(office))["state"] == "completed"
    planned = {row["id"] for row in await office.rows("SELECT id FROM occasion WHERE state = 'planned'")}
    assert before <= planned, "the rest is planned under the same ids"
    (kept,) = await office.rows("SELECT * FROM participant_state")
    assert (kept["kind"], kept["retracted_by"], kept["retracted_reason"]) == (kind, "other", "another patient's")
    assert kept["retracted_at"] is not None
    (told,) = await office.rows("SELECT * FROM participant_change")
    assert (told["field"], told["was"], told["became"]) == ("state", f"{kind} from 2026-03-03", None)


async def test_what_is_asked_again_has_its_reminders_and_its_ladder(office: Office) -> None:
    await in_conversation(office)
    await record_state(office.rt, "RT-1", "withdrew", None, None, by="tester")
    await office.run(ASKED + HOUR)
    await retract_state(office.rt, "RT-1", "withdrew", None, by="tester")
    await office.run(ASKED + HOUR + DAY + HOUR)
    assert (await first_occasion(office))["rung"] == 1, "a day after it was asked again, by mail"
    await office.run(ASKED + 5 * DAY)
    assert (await first_occasion(office))["state"] == "missed"


async def test_what_has_closed_meanwhile_stays_closed(office: Office) -> None:
    await in_conversation(office)
    await record_state(office.rt, "RT-1", "died", None, None, by="tester")
    await office.run(ASKED + 5 * DAY)
    await retract_state(office.rt, "RT-1", "died", None, by="tester")
    await office.run(ASKED + 6 * DAY)
    assert (await first_occasion(office))["state"] == "cancelled"
    assert await asked(office) == 1
    await office.run(ASKED + 7 * DAY + SOON)
    assert await asked(office) == 2, "the next week is asked"


async def test_a_stop_of_their_own_outlives_the_mistake(office: Office) -> None:
    await in_conversation(office)
    await office.reply("STOP")
    await record_state(office.rt, "RT-1", "withdrew", None, None, by="tester")
    await retract_state(office.rt, "RT-1", "withdrew", None, by="tester")
    before = len(office.texts())
    await office.run(ASKED + 15 * DAY)
    assert len(office.texts()) == before


async def test_which_of_several_is_meant_is_asked(office: Office) -> None:
    await treated(office)
    for day in (date(2026, 3, 9), date(2026, 4, 9)):
        await record_state(office.rt, "RT-1", "paused", day, day + timedelta(days=7), by="tester")
    with pytest.raises(BadInput, match="recorded: paused since 2026-03-09, paused since 2026-04-09"):
        await retract_state(office.rt, "RT-1", "paused", None, by="tester")
    with pytest.raises(NotFound, match="has no state paused since 2026-03-10"):
        await retract_state(office.rt, "RT-1", "paused", date(2026, 3, 10), by="tester")
    with pytest.raises(BadInput, match="with the correct zone"):
        await retract_state(office.rt, "RT-1", "moved", None, by="tester")
    diff = await retract_state(office.rt, "RT-1", "paused", date(2026, 3, 9), by="tester")
    assert diff.moved, "what was put off until after the pause comes in its own time"
    assert not diff.cancelled


async def test_what_was_taken_back_can_be_recorded_again_and_both_stay(office: Office) -> None:
    await treated(office)
    for _ in range(2):
        await record_state(office.rt, "RT-1", "withdrew", None, None, by="tester")
        await retract_state(office.rt, "RT-1", "withdrew", None, by="tester")
    assert await office.one("SELECT count(*) FROM participant_state WHERE retracted_at IS NOT NULL") == 2
    await office.run(ASKED + SOON)
    assert await asked(office) == 1
