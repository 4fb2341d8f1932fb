"""Events are recorded once, and nobody waits for somebody who handles the same event."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from pro_collector.domain.events import TimelineChanged
from pro_collector.postgres.database import Database
from pro_collector.postgres.tables import agenda, outbox

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT_ONCE = 5.0
"""Real seconds; whoever waited would wait for ever here."""


async def test_an_event_that_is_there_is_not_waited_for(database_url: str) -> None:
    """Whoever marks it handled may wait for the participant that whoever records it again holds: a deadlock."""
    event = TimelineChanged(id=uuid4(), participant_id=uuid4(), occurred_at=NOW, cause="test")
    database = await Database(database_url).open()
    try:
        async with database.transaction() as tx:
            await outbox.add(tx, [event])
        async with database.transaction() as handling, database.transaction() as recording:
            assert await outbox.mark_handled(handling, [event.id]) == {event.id}
            await asyncio.wait_for(outbox.add(recording, [event]), AT_ONCE)
            await agenda.put(recording, [event])
            assert await asyncio.wait_for(agenda.fire(recording, NOW, 10), AT_ONCE) == 1
        async with database.transaction() as tx:
            rows = await (await tx.execute("SELECT handled_at IS NOT NULL AS handled FROM outbox")).fetchall()
        assert rows == [{"handled": True}]
    finally:
        await database.close()


async def test_events_keep_their_order_however_the_database_looks_for_those_that_are_there(database_url: str) -> None:
    """What happens to a participant is published in the order in which it was recorded."""
    events = [TimelineChanged(id=uuid4(), participant_id=uuid4(), occurred_at=NOW, cause=str(n)) for n in range(50)]
    database = await Database(database_url).open()
    try:
        async with database.transaction() as tx:
            await tx.execute(
                "INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload)"
                " SELECT gen_random_uuid(), 'x', gen_random_uuid(), now(), '{}' FROM generate_series(1, 5000)"
            )
            await tx.execute("ANALYZE outbox")
            await tx.execute("SET LOCAL enable_nestloop = off")  # as it may choose to for many rows
            await tx.execute("SET LOCAL enable_mergejoin = off")
            await outbox.add(tx, events)
            rows = await (await tx.execute("SELECT event_id FROM outbox WHERE type <> 'x' ORDER BY id")).fetchall()
        assert [row["event_id"] for row in rows] == [event.id for event in events]
    finally:
        await database.close()


async def test_an_event_that_a_batch_has_twice_is_handled_once(database_url: str) -> None:
    """It was published again before anybody had handled it."""
    one, other = (TimelineChanged(id=uuid4(), participant_id=uuid4(), occurred_at=NOW, cause="test") for _ in range(2))
    database = await Database(database_url).open()
    try:
        async with database.transaction() as tx:
            await outbox.add(tx, [one, other])
        async with database.once([one, other, one]) as (_, fresh):
            assert fresh == [one, other]
        async with database.once([one, other]) as (_, fresh):
            assert fresh == []
    finally:
        await database.close()
