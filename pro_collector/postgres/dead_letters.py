"""Rows of `dead_letter`: events that could not be handled, with the reason, until someone sends them again."""

from collections.abc import Sequence
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from pro_collector.postgres import outbox
from pro_collector.postgres.connection import ring


async def add(
    tx: AsyncConnection[DictRow],
    *,
    topic: str,
    value: bytes,
    reason: str,
    trace: str = "",
    event_id: UUID | None = None,
    participant_id: UUID | None = None,
) -> None:
    """Lay an event aside, with why; one that lies there already (Kafka delivers again) does not lie there twice."""
    await tx.execute(
        """
        INSERT INTO dead_letter (event_id, topic, participant_id, value, reason, trace)
        SELECT %(event)s::uuid, %(topic)s, %(participant)s::uuid, %(value)s, %(reason)s, %(trace)s
        WHERE NOT EXISTS (SELECT FROM dead_letter WHERE event_id = %(event)s AND redriven_at IS NULL)
        """,
        {
            "event": event_id, "topic": topic, "participant": participant_id, "value": value, "reason": reason,
            "trace": trace,
        },
    )  # fmt: skip


async def waiting(tx: AsyncConnection[DictRow]) -> list[DictRow]:
    """Those not sent again yet, oldest first."""
    rows = await tx.execute(
        """
        SELECT id, topic, event_id, participant_id, reason, died_at FROM dead_letter
        WHERE redriven_at IS NULL ORDER BY id
        """
    )
    return await rows.fetchall()


async def one(tx: AsyncConnection[DictRow], number: int) -> DictRow | None:
    """All of one, the record's bytes and the trace included."""
    rows = await tx.execute("SELECT * FROM dead_letter WHERE id = %s", (number,))
    return await rows.fetchone()


async def redrive(tx: AsyncConnection[DictRow], numbers: Sequence[int]) -> int:
    """Give events back to the relay; how many went (those that were never events of ours stay)."""
    rows = await tx.execute(
        """
        UPDATE dead_letter SET redriven_at = clock_timestamp()
        WHERE id = ANY(%s) AND redriven_at IS NULL AND event_id IS NOT NULL RETURNING event_id
        """,
        (list(numbers),),
    )
    events = [row["event_id"] for row in await rows.fetchall()]
    await tx.execute("UPDATE outbox SET published_at = NULL WHERE event_id = ANY(%s) AND handled_at IS NULL", (events,))
    ring(tx, outbox.CHANNEL)
    return len(events)
