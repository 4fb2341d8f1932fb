"""Rows of `dead_letter`: events and records that could not be handled, with the reason, until redriven or dismissed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pro_collector.postgres.connection import Tx, notify_after_commit
from pro_collector.postgres.tables import outbox


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A Kafka record that cannot be parsed as an event; `headers` in base64, because they may be any bytes.

    `event_id` and `participant_id` come from its headers, which anybody may have written.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, str | None]]
    value: bytes
    fingerprint: bytes
    reason: str
    event_id: UUID | None
    participant_id: UUID | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event or record that could not be handled."""

    id: int
    topic: str
    event_id: UUID | None
    participant_id: UUID | None
    reason: str
    died_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetterInFull:
    """All columns of a dead letter; `partition` to `fingerprint` only of a record that cannot be parsed as an event."""

    id: int
    event_id: UUID | None
    topic: str
    participant_id: UUID | None
    value: bytes
    reason: str
    trace: str
    died_at: datetime
    redriven_at: datetime | None
    partition: int | None
    offset: int | None
    key: bytes | None
    headers: Sequence[tuple[str, str | None]] | None
    fingerprint: bytes | None
    dismissed_at: datetime | None
    dismissed_by: str | None
    dismissed_because: str | None


async def add(
    tx: Tx,
    *,
    topic: str,
    value: bytes,
    reason: str,
    trace: str = "",
    event_id: UUID | None = None,
    participant_id: UUID | None = None,
) -> None:
    """Store an event as a dead letter; idempotent, because Kafka may deliver it again."""
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


async def add_unreadable(tx: Tx, record: UnreadableRecord) -> bool:
    """Store a record that cannot be parsed as an event; false if it is already stored, even if dismissed.

    A record with the id of an event of ours that is not yet handled is stored as that event and can be redriven. Any
    other record is deduplicated by its content: it comes again if offsets are reset or if it is published again.
    """
    rows = await tx.execute(
        """
        INSERT INTO dead_letter (event_id, topic, participant_id, value, reason, partition, "offset", key, headers,
                                 fingerprint)
        SELECT ours.event_id, %(topic)s, %(participant)s::uuid, %(value)s, %(reason)s, %(partition)s, %(offset)s,
               %(key)s, %(headers)s, CASE WHEN ours.event_id IS NULL THEN %(fingerprint)s::bytea END
        FROM (SELECT 1) record LEFT JOIN outbox ours ON ours.event_id = %(event)s AND ours.handled_at IS NULL
        WHERE NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = ours.event_id AND d.redriven_at IS NULL)
        ON CONFLICT (topic, fingerprint) DO NOTHING
        """,
        {
            "event": record.event_id, "topic": record.topic, "participant": record.participant_id,
            "value": record.value, "reason": record.reason, "partition": record.partition, "offset": record.offset,
            "key": record.key, "headers": Jsonb(record.headers), "fingerprint": record.fingerprint,
        },
    )  # fmt: skip
    return rows.rowcount == 1


async def waiting(tx: Tx) -> list[DeadLetter]:
    """The dead letters that are neither redriven nor dismissed, oldest first."""
    async with tx.cursor(row_factory=class_row(DeadLetter)) as cursor:
        await cursor.execute(
            """
            SELECT id, topic, event_id, participant_id, reason, died_at FROM dead_letter
            WHERE redriven_at IS NULL AND dismissed_at IS NULL ORDER BY id
            """
        )
        return await cursor.fetchall()


async def find(tx: Tx, number: int) -> DeadLetterInFull | None:
    """All columns of one dead letter, with the bytes and the stack trace; None if there is none."""
    async with tx.cursor(row_factory=class_row(DeadLetterInFull)) as cursor:
        await cursor.execute(
            """
            SELECT id, event_id, topic, participant_id, value, reason, trace, died_at, redriven_at, partition,
                   "offset", key, headers, fingerprint, dismissed_at, dismissed_by, dismissed_because
            FROM dead_letter WHERE id = %s
            """,
            (number,),
        )
        return await cursor.fetchone()


async def no_events(tx: Tx, numbers: Sequence[int]) -> list[int]:
    """Those of these dead letters that wait and have no event in the outbox, so that they cannot be redriven."""
    rows = await tx.execute(
        """
        SELECT id FROM dead_letter d WHERE id = ANY(%s) AND redriven_at IS NULL AND dismissed_at IS NULL
        AND NOT EXISTS (SELECT FROM outbox o WHERE o.event_id = d.event_id) ORDER BY id
        """,
        (list(numbers),),
    )
    return [row["id"] for row in await rows.fetchall()]


async def redrive(tx: Tx, numbers: Sequence[int]) -> int:
    """Have the relay publish events again, also dismissed ones. Returns how many; others are left unchanged."""
    rows = await tx.execute(
        """
        UPDATE dead_letter d SET redriven_at = clock_timestamp()
        WHERE id = ANY(%s) AND redriven_at IS NULL
        AND EXISTS (SELECT FROM outbox o WHERE o.event_id = d.event_id) RETURNING event_id
        """,
        (list(numbers),),
    )
    events = [row["event_id"] for row in await rows.fetchall()]
    await tx.execute("UPDATE outbox SET published_at = NULL WHERE event_id = ANY(%s) AND handled_at IS NULL", (events,))
    notify_after_commit(tx, outbox.CHANNEL)
    return len(events)


async def mark_taken(tx: Tx, number: int) -> None:
    """Mark a dead letter of a foreign system as taken again; it has no event in the outbox."""
    await tx.execute("UPDATE dead_letter SET redriven_at = clock_timestamp() WHERE id = %s", (number,))


async def dismiss(tx: Tx, numbers: Sequence[int], *, by: str, reason: str) -> list[int]:
    """Mark dead letters dismissed. Returns the numbers of those that waited until now."""
    rows = await tx.execute(
        """
        UPDATE dead_letter SET dismissed_at = clock_timestamp(), dismissed_by = %s, dismissed_because = %s
        WHERE id = ANY(%s) AND redriven_at IS NULL AND dismissed_at IS NULL RETURNING id
        """,
        (by, reason, list(numbers)),
    )
    return sorted(row["id"] for row in await rows.fetchall())
