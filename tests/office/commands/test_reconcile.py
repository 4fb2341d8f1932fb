"""`reconcile` on a record with nothing missing, and on records from which something was taken."""

from datetime import timedelta

import pytest

from pro_collector.commands.reconcile import UNPLANNED, reconcile
from pro_collector.postgres.questions.holes import QUERIES
from tests.shared.office import Office
from tests.shared.scenes import ASKED, in_conversation, treated


async def kinds(office: Office) -> set[str]:
    return {hole.kind for hole in (await reconcile(office.rt)).holes}


async def change(office: Office, statement: str) -> None:
    async with office.rt.database.transaction() as tx:
        await tx.execute(statement.encode())


async def test_nothing_is_missing_before_during_and_after_a_survey(office: Office) -> None:
    assert await kinds(office) == set()
    await in_conversation(office)
    assert await kinds(office) == set()
    await office.reply("7", "3", "0", "1", "2", "0")
    await office.run(ASKED + timedelta(days=3))
    account = await reconcile(office.rt)
    assert account.holes == []
    assert account.planned == await office.one("SELECT count(*) FROM occasion")
    assert account.states["completed"] == 1


# A kind of hole, what makes one, and what mends it again (the office checks the laws of the record at its end).
TAKEN = {
    "planned, and nothing will open it": (
        "CREATE TABLE kept AS TABLE agenda; DELETE FROM agenda WHERE type = 'survey.due'",
        "INSERT INTO agenda TABLE kept ON CONFLICT DO NOTHING",
    ),
    "ended, and it had not begun": (
        "CREATE TABLE kept AS SELECT id FROM occasion WHERE state = 'planned' ORDER BY due_at DESC LIMIT 1; "
        "UPDATE occasion SET state = 'missed', reason = 'lost', ended_at = due_at WHERE id IN (TABLE kept)",
        "UPDATE occasion SET state = 'planned', reason = NULL, ended_at = NULL WHERE id IN (TABLE kept)",
    ),
    "planned for a year, and nothing will plan the next": (
        "CREATE TABLE kept AS TABLE agenda; DELETE FROM agenda WHERE type = 'timeline.changed'",
        "INSERT INTO agenda TABLE kept ON CONFLICT DO NOTHING",
    ),
    UNPLANNED: (
        "UPDATE occasion SET due_at = due_at + interval '1 day' WHERE state = 'planned'",
        "UPDATE occasion SET due_at = due_at - interval '1 day' WHERE state = 'planned'",
    ),
    "an event was recorded, and nobody handled it": (
        "UPDATE outbox SET handled_at = NULL, recorded_at = clock_timestamp() - interval '2 hours' "
        "WHERE type = 'participant.enrolled'",
        "UPDATE outbox SET handled_at = clock_timestamp() WHERE handled_at IS NULL",
    ),
}


async def test_what_would_be_opened_after_its_window_is_missing_too(office: Office) -> None:
    await treated(office)
    await change(office, "UPDATE agenda SET due_at = due_at + interval '1 year' WHERE type = 'survey.due'")
    assert await kinds(office) == {"planned, and nothing will open it"}
    await change(office, "UPDATE agenda SET due_at = due_at - interval '1 year' WHERE type = 'survey.due'")


@pytest.mark.parametrize("kind", TAKEN)
async def test_what_is_missing_is_found(kind: str, office: Office) -> None:
    assert kind in QUERIES or kind == UNPLANNED
    await treated(office)
    took, mended = TAKEN[kind]
    await change(office, took)
    assert await kinds(office) == {kind}
    await change(office, mended)
    assert await kinds(office) == set()


async def test_a_survey_that_is_being_closed_at_this_moment_is_no_hole(office: Office) -> None:
    await in_conversation(office)
    await change(office, "CREATE TABLE kept AS TABLE agenda; DELETE FROM agenda WHERE type = 'survey.expired'")
    assert await kinds(office) == {"open, and nothing will close it"}
    await change(
        office,
        "INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload) "
        "SELECT gen_random_uuid(), 'survey.expired', participant_id, clock_timestamp(), "
        "jsonb_build_object('occasion_id', id) FROM occasion WHERE state IN ('open', 'invited', 'started')",
    )
    assert await kinds(office) == set()
    await change(
        office, "DELETE FROM outbox WHERE handled_at IS NULL; INSERT INTO agenda TABLE kept ON CONFLICT DO NOTHING"
    )
