"""Events are recorded once, and nobody waits for somebody who handles the same event."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from pro_collector.domain.events import TimelineChanged
from pro_collector.postgres import agenda, outbox
from pro_collector.postgres.agenda import Entry
from pro_collector.postgres.database import Database

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
            due = Entry(event.id, NOW, event.type, event.participant_id, None, {"cause": "test"})
            await agenda.put(recording, [due])
            assert await asyncio.wait_for(agenda.fire(recording, NOW, 10), AT_ONCE) == 1
        async with database.transaction() as tx:
            rows = await (await tx.execute("SELECT handled_at IS NOT NULL AS handled FROM outbox")).fetchall()
        assert rows == [{"handled": True}]
    finally:
        await database.close()
