"""Rows of `outbox`: every event, in the transaction that caused it, until it is published and handled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from pro_collector import tracing
from pro_collector.domain import webhook
from pro_collector.domain.events import Event, derived_id
from pro_collector.postgres.connection import Tx, notify_after_commit
from pro_collector.postgres.tables import webhook_deliveries

CHANNEL = "outbox"
"""The NOTIFY channel of the relay."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event to publish: `payload` is the JSON text of the whole event; `null`: the key is deleted.

    `compaction_key`: the key of its record, if that is not the participant.
    """

    id: int
    event_id: UUID
    type: str
    participant_id: UUID
    occurred_at: datetime
    payload: str
    traceparent: str | None = None
    compaction_key: str | None = None


async def add(tx: Tx, events: Sequence[Event]) -> None:
    """Record events in their order; idempotent, because ids are derived.

    The existing row is not waited for, which would deadlock: a worker that marks it handled may wait for the
    participant that this transaction has locked.
    """
    if not events:
        return
    async with tx.cursor() as cursor:
        await cursor.execute(
            """
            INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload, traceparent, compaction_key)
            SELECT new.event_id, new.type, new.participant_id, new.occurred_at, new.payload, new.traceparent,
                   new.compaction_key
            FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::timestamptz[], %s::jsonb[], %s::text[], %s::text[])
                WITH ORDINALITY
                AS new (event_id, type, participant_id, occurred_at, payload, traceparent, compaction_key, place)
            WHERE NOT EXISTS (SELECT FROM outbox there WHERE there.event_id = new.event_id)
            ORDER BY new.place
            ON CONFLICT (event_id) DO NOTHING
            """,
            (
                [event.id for event in events],
                [event.type for event in events],
                [event.participant_id for event in events],
                [event.occurred_at for event in events],
                [event.model_dump_json() for event in events],
                [tracing.traceparent(event.participant_id) for event in events],
                [event.compaction_key for event in events],
            ),
        )
    notify_after_commit(tx, CHANNEL)
    if any(event.type in webhook.EVENTS for event in events):  # a trigger has added them to the deliveries
        notify_after_commit(tx, webhook_deliveries.CHANNEL)


async def delete_keys(tx: Tx, type: str, keys: Sequence[UUID], whose: UUID, at: datetime) -> None:
    """Record that these keys are deleted from the topic of `type`.

    `whose`: the participant; of one who is erased, the erasure.
    """
    await tx.execute(
        """
        INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload, compaction_key)
        SELECT gone.event_id, %s, %s, %s, 'null', gone.key FROM unnest(%s::uuid[], %s::text[]) AS gone (event_id, key)
        ON CONFLICT (event_id) DO NOTHING
        """,
        (type, whose, at, [derived_id("deleted", type, key, at) for key in keys], [str(key) for key in keys]),
    )
    notify_after_commit(tx, CHANNEL)


async def mark_handled(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Mark events handled. Returns the ids of those that were not handled before."""
    rows = await tx.execute(
        """
        UPDATE outbox SET handled_at = clock_timestamp()
        WHERE event_id = ANY(%s) AND handled_at IS NULL RETURNING event_id
        """,
        (list(ids),),
    )
    return {row["event_id"] for row in await rows.fetchall()}


async def unhandled(tx: Tx, ids: Sequence[UUID]) -> list[OutboxRow]:
    """Those of these events that are not yet handled, in the order in which they were recorded."""
    async with tx.cursor(row_factory=class_row(OutboxRow)) as cursor:
        await cursor.execute(
            """
            SELECT id, event_id, type, participant_id, occurred_at, payload::text AS payload, traceparent,
                   compaction_key
            FROM outbox WHERE event_id = ANY(%s) AND handled_at IS NULL ORDER BY id
            """,
            (list(ids),),
        )
        return await cursor.fetchall()


async def lock(tx: Tx, key: int) -> bool:
    """Lock `key` for this relay until the transaction ends; false if another relay has the lock."""
    rows = await tx.execute("SELECT pg_try_advisory_xact_lock(%s) AS mine", (key,))
    row = await rows.fetchone()
    return bool(row and row["mine"])


async def unpublished(tx: Tx, limit: int) -> list[OutboxRow]:
    """Up to `limit` events that are not yet published, oldest first."""
    async with tx.cursor(row_factory=class_row(OutboxRow)) as cursor:
        await cursor.execute(
            """
            SELECT id, event_id, type, participant_id, occurred_at, payload::text AS payload, traceparent,
                   compaction_key
            FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT %s
            """,
            (limit,),
        )
        return await cursor.fetchall()


async def mark_published(tx: Tx, ids: Sequence[int], unhandled_types: Sequence[str]) -> None:
    """Mark rows published; events of the types in `unhandled_types` have no handler, so they are marked handled too."""
    await tx.execute(
        """
        UPDATE outbox SET published_at = clock_timestamp(), published = published + 1,
               handled_at = CASE WHEN type = ANY(%s) THEN clock_timestamp() ELSE handled_at END
        WHERE id = ANY(%s)
        """,
        (list(unhandled_types), list(ids)),
    )


async def republish(tx: Tx, older_than: timedelta) -> int:
    """Have the relay publish events again that are older than `older_than` and neither handled nor dead letters.

    An event that was published in the future is one of them: the server's clock has been set back. Returns how many.
    """
    rows = await tx.execute(
        """
        UPDATE outbox o SET published_at = NULL
        WHERE handled_at IS NULL
          AND published_at NOT BETWEEN clock_timestamp() - %s::interval AND clock_timestamp()
          AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = o.event_id AND d.redriven_at IS NULL)
        """,
        (older_than,),
    )
    if rows.rowcount:
        notify_after_commit(tx, CHANNEL)
    return rows.rowcount


async def count_unhandled(tx: Tx, type: str) -> int:
    """How many events of a type are not handled yet, without dead letters."""
    rows = await tx.execute(
        """
        SELECT count(*) AS n FROM outbox o WHERE handled_at IS NULL AND type = %s
          AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = o.event_id AND d.redriven_at IS NULL)
        """,
        (type,),
    )
    row = await rows.fetchone()
    return int(row["n"]) if row else 0


async def count_unfinished(tx: Tx) -> int:
    """How many events are not yet published and handled, without dead letters."""
    rows = await tx.execute(
        """
        SELECT count(*) AS n FROM outbox o WHERE (handled_at IS NULL OR published_at IS NULL)
          AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = o.event_id AND d.redriven_at IS NULL)
        """
    )
    row = await rows.fetchone()
    return int(row["n"]) if row else 0
