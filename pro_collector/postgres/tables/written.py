"""Rows of `vault.written`: the words that a person of the team wrote to a participant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """The sealed words of one message, who wrote them, and the task that they answer."""

    message_id: UUID
    participant_id: UUID
    task_id: UUID | None
    sealed: bytes
    written_at: datetime
    written_by: str


async def add(tx: Tx, rows: Sequence[WrittenRow]) -> None:
    """Store the words of messages that were requested in this transaction."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO vault.written (message_id, participant_id, task_id, sealed, written_at, written_by)
            VALUES (%s, %s, %s, %s, %s, %s)
            """,
            [(r.message_id, r.participant_id, r.task_id, r.sealed, r.written_at, r.written_by) for r in rows],
        )


async def latest_to(tx: Tx, lookup: bytes, since: datetime) -> WrittenRow | None:
    """What the team wrote last to an address after `since`, if it was not refused; None if nothing."""
    async with tx.cursor(row_factory=class_row(WrittenRow)) as cursor:
        await cursor.execute(
            """
            SELECT w.message_id, w.participant_id, w.task_id, w.sealed, w.written_at, w.written_by
            FROM vault.written w JOIN message m ON m.id = w.message_id
            JOIN vault.contact c ON c.id = m.contact_id
            WHERE c.lookup = %s AND w.written_at > %s AND m.state NOT IN ('requested', 'failed', 'suppressed')
            ORDER BY w.written_at DESC LIMIT 1
            """,
            (lookup, since),
        )
        return await cursor.fetchone()
