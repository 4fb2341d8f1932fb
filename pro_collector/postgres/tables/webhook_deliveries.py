"""Rows of `webhook_delivery`: an event for a webhook, until it was delivered, or nobody took it for a day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pro_collector.postgres.connection import Tx, notify_after_commit

CHANNEL = "webhook_delivery"
"""The NOTIFY channel of whoever delivers to webhooks."""
DeliveryState = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that this process sends now, and where. `tries` counts this one."""

    webhook_id: UUID
    url: str
    event_id: UUID
    type: str
    occurred_at: datetime
    data: Mapping[str, Any]
    tries: int
    first_tried_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as a list shows it: without the event itself."""

    event_id: UUID
    type: str
    state: DeliveryState
    occurred_at: datetime
    due_at: datetime
    tries: int
    ended_at: datetime | None
    http_status: int | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class DeliveryCount:
    """How many deliveries of a webhook are in each state, and since when the oldest waits."""

    webhook_id: UUID
    waiting: int
    delivered: int
    dead: int
    oldest: datetime | None


async def add_test(tx: Tx, webhook: UUID, id: UUID, type: str, data: Mapping[str, Any], now: datetime) -> None:
    """Add a message that tries a webhook."""
    await tx.execute(
        "INSERT INTO webhook_delivery (webhook_id, event_id, type, occurred_at, data, due_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (webhook, id, type, now, Jsonb(data), now),
    )
    notify_after_commit(tx, CHANNEL)


async def claim(tx: Tx, now: datetime, lease: timedelta, each: int, busy: Collection[UUID]) -> list[ClaimedDelivery]:
    """Take deliveries that are due, at most `each` of a webhook, the oldest first; not of the webhooks in `busy`.

    They are due again after `lease`: if this process ends meanwhile, they are sent again, with the same ids.
    """
    async with tx.cursor(row_factory=class_row(ClaimedDelivery)) as cursor:
        await cursor.execute(
            """
            UPDATE webhook_delivery d SET due_at = %(now)s + %(lease)s::interval, tries = d.tries + 1,
                   first_tried_at = coalesce(d.first_tried_at, %(now)s)
            FROM webhook w CROSS JOIN LATERAL (
                SELECT x.event_id FROM webhook_delivery x
                WHERE x.webhook_id = w.id AND x.state = 'waiting' AND x.due_at <= %(now)s
                ORDER BY x.due_at LIMIT %(each)s FOR UPDATE SKIP LOCKED) due
            WHERE d.webhook_id = w.id AND d.event_id = due.event_id AND w.paused_at IS NULL AND w.ended_at IS NULL
              AND w.id <> ALL(%(busy)s)
            RETURNING d.webhook_id, w.url, d.event_id, d.type, d.occurred_at, d.data, d.tries, d.first_tried_at
            """,
            {"now": now, "lease": lease, "each": each, "busy": list(busy)},
        )
        return sorted(await cursor.fetchall(), key=lambda row: row.occurred_at)


async def delivered(tx: Tx, row: ClaimedDelivery, status: int, now: datetime) -> None:
    """Record that the receiver took it, also if another process has begun to send it again meanwhile."""
    await tx.execute(
        "UPDATE webhook_delivery SET state = 'delivered', ended_at = %s, http_status = %s, problem = NULL"
        " WHERE webhook_id = %s AND event_id = %s AND state <> 'delivered'",
        (now, status, row.webhook_id, row.event_id),
    )


async def failed(
    tx: Tx, row: ClaimedDelivery, status: int | None, problem: str, again: datetime | None, now: datetime
) -> None:
    """Record why a try failed, and when it is sent again; None: it is a dead letter."""
    await tx.execute(
        """
        UPDATE webhook_delivery SET http_status = %(status)s, problem = %(problem)s,
               state = CASE WHEN %(again)s::timestamptz IS NULL THEN 'dead' ELSE state END,
               due_at = coalesce(%(again)s, due_at),
               ended_at = CASE WHEN %(again)s::timestamptz IS NULL THEN %(now)s::timestamptz END
        WHERE webhook_id = %(webhook)s AND event_id = %(event)s AND state = 'waiting' AND tries = %(tries)s
        """,
        {
            "status": status, "problem": problem, "again": again, "now": now, "webhook": row.webhook_id,
            "event": row.event_id, "tries": row.tries,
        },
    )  # fmt: skip


async def give_up(tx: Tx, webhook: UUID, problem: str, now: datetime) -> int:
    """Make dead letters of all deliveries of a webhook that wait; return how many."""
    ended = await tx.execute(
        "UPDATE webhook_delivery SET state = 'dead', ended_at = %s, problem = %s"
        " WHERE webhook_id = %s AND state = 'waiting'",
        (now, problem, webhook),
    )
    return ended.rowcount


async def send_again(tx: Tx, webhook: UUID, event: UUID | None, now: datetime) -> int:
    """Send dead letters of a webhook again, one or (None) all; return how many."""
    sent = await tx.execute(
        """
        UPDATE webhook_delivery SET state = 'waiting', ended_at = NULL, due_at = %(now)s, tries = 0,
               first_tried_at = NULL
        WHERE webhook_id = %(webhook)s AND state = 'dead'
          AND (%(event)s::uuid IS NULL OR event_id = %(event)s::uuid)
        """,
        {"now": now, "webhook": webhook, "event": event},
    )
    notify_after_commit(tx, CHANNEL)
    return sent.rowcount


async def of_webhook(tx: Tx, webhook: UUID, limit: int) -> list[DeliveryRow]:
    """The deliveries of a webhook that wait or are dead letters, oldest first, and then the newest others."""
    async with tx.cursor(row_factory=class_row(DeliveryRow)) as cursor:
        await cursor.execute(
            """
            SELECT event_id, type, state, occurred_at, due_at, tries, ended_at, http_status, problem
            FROM webhook_delivery WHERE webhook_id = %s
            ORDER BY state = 'delivered', CASE WHEN state <> 'delivered' THEN occurred_at END, ended_at DESC
            LIMIT %s
            """,
            (webhook, limit),
        )
        return await cursor.fetchall()


async def counts(tx: Tx, webhooks: Sequence[UUID]) -> dict[UUID, DeliveryCount]:
    """How many deliveries of each of these webhooks there are."""
    async with tx.cursor(row_factory=class_row(DeliveryCount)) as cursor:
        await cursor.execute(
            """
            SELECT w.id AS webhook_id, count(*) FILTER (WHERE d.state = 'waiting') AS waiting,
                   count(*) FILTER (WHERE d.state = 'delivered') AS delivered,
                   count(*) FILTER (WHERE d.state = 'dead') AS dead,
                   min(d.occurred_at) FILTER (WHERE d.state = 'waiting') AS oldest
            FROM webhook w LEFT JOIN webhook_delivery d ON d.webhook_id = w.id WHERE w.id = ANY(%s) GROUP BY w.id
            """,
            (list(webhooks),),
        )
        return {row.webhook_id: row async for row in cursor}


async def totals(tx: Tx) -> DeliveryCount | None:
    """The counts of all webhooks together, for monitoring; deliveries of a paused one wait, but are not late."""
    async with tx.cursor(row_factory=class_row(DeliveryCount)) as cursor:
        await cursor.execute(
            """
            SELECT '00000000-0000-0000-0000-000000000000'::uuid AS webhook_id,
                   count(*) FILTER (WHERE d.state = 'waiting') AS waiting,
                   count(*) FILTER (WHERE d.state = 'delivered') AS delivered,
                   count(*) FILTER (WHERE d.state = 'dead') AS dead,
                   min(d.occurred_at) FILTER (WHERE d.state = 'waiting' AND w.paused_at IS NULL) AS oldest
            FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
            """
        )
        return await cursor.fetchone()


async def forget(tx: Tx, before: datetime) -> int:
    """Delete deliveries that ended before this; return how many."""
    return (await tx.execute("DELETE FROM webhook_delivery WHERE ended_at < %s", (before,))).rowcount
