"""A death that is reported pauses the patient at once; a person confirms it or takes it back, and may be told again."""

from datetime import date

from pro_collector.commands.record_state import retract_state
from tests.shared.office import Office
from tests.shared.scenes import in_conversation

STANDING = "SELECT kind, starts_on, ends_on, recorded_by FROM participant_state WHERE retracted_at IS NULL"


async def test_it_is_a_pause_without_an_end_that_the_program_recorded(office: Office) -> None:
    await in_conversation(office)
    await office.reply("Ana passed away this morning")
    (state,) = await office.rows(STANDING)
    assert (state["kind"], state["ends_on"], state["recorded_by"]) == ("paused", None, "system")
    planned = await office.one("SELECT count(*) FROM occasion WHERE state = 'planned'")
    assert planned == 0, "everything that was to come"


async def test_one_that_was_taken_back_pauses_again_when_it_is_reported_again_on_that_day(office: Office) -> None:
    await in_conversation(office)
    await office.reply("Ana passed away this morning")
    await retract_state(office.rt, "RT-1", "paused", None, by="nurse")
    await office.settle()
    assert await office.rows(STANDING) == []
    await office.reply("please understand, Ana passed away")
    (state,) = await office.rows(STANDING)
    assert isinstance(state["starts_on"], date)
    assert await office.one("SELECT count(*) FROM participant_state") == 2, "the first stays in the record"


async def test_reported_twice_it_is_one_pause(office: Office) -> None:
    await in_conversation(office)
    await office.reply("Ana passed away this morning", "she died")
    assert len(await office.rows(STANDING)) == 1
