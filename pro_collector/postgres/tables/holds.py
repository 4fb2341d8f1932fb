"""Rows of `channel_hold`, and the messages on hold: they wait until a fault of our own is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.permission import MessagePurpose, Refusal
from pro_collector.postgres.connection import Tx
from scheduler.rules import Channel


@dataclass(frozen=True, slots=True)
class Hold:
    """A channel on hold: only one message, at `try_again_at`, may leave; `reported`: only a report can end the hold."""

    channel: Channel
    reason: str
    since: datetime
    try_again_at: datetime
    tries: int
    reported: bool


@dataclass(frozen=True, slots=True)
class LastHeldMessage:
    """The last message about an occasion, if it was on hold: it left at `left_at`, still `waits`, or has expired.

    `alone`: no other message about the occasion has left, on any rung.
    """

    rung: int
    left_at: datetime | None
    waits: bool
    alone: bool


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message that was put on hold."""

    participant_id: UUID
    occasion_id: UUID | None
    channel: Channel
    purpose: MessagePurpose


@dataclass(frozen=True, slots=True)
class ReadyMessage:
    """A message that may leave if its channel is not on hold."""

    id: UUID
    participant_id: UUID


async def lock(tx: Tx, channel: Channel) -> Hold | None:
    """Lock the hold of a channel until the transaction ends, so that only one sender decides; None if there is none."""
    async with tx.cursor(row_factory=class_row(Hold)) as cursor:
        await cursor.execute("SELECT * FROM channel_hold WHERE channel = %s FOR UPDATE", (channel,))
        return await cursor.fetchone()


async def load_all(tx: Tx) -> list[Hold]:
    """All holds, by channel."""
    async with tx.cursor(row_factory=class_row(Hold)) as cursor:
        await cursor.execute("SELECT * FROM channel_hold ORDER BY channel")
        return await cursor.fetchall()


async def begin(tx: Tx, hold: Hold) -> bool:
    """Put a channel on hold, or update the reason of its hold. Returns whether the hold is new."""
    rows = await tx.execute(
        """
        INSERT INTO channel_hold (channel, reason, since, try_again_at, tries, reported)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (channel) DO UPDATE SET reason = excluded.reason,
            reported = channel_hold.reported OR excluded.reported
        RETURNING xmax = 0 AS new
        """,
        (hold.channel, hold.reason, hold.since, hold.try_again_at, hold.tries, hold.reported),
    )
    row = await rows.fetchone()
    return bool(row and row["new"])


async def record_try(tx: Tx, channel: Channel, try_again_at: datetime) -> None:
    """Count a try with one message; the next try is at `try_again_at`."""
    await tx.execute(
        "UPDATE channel_hold SET tries = tries + 1, try_again_at = %s WHERE channel = %s", (try_again_at, channel)
    )


async def end(tx: Tx, channels: Sequence[Channel], *, reported: bool | None) -> list[Hold]:
    """End the holds of these channels: those with this `reported`, or all (None). Returns the ended holds."""
    async with tx.cursor(row_factory=class_row(Hold)) as cursor:
        await cursor.execute(
            "DELETE FROM channel_hold WHERE channel = ANY(%s) AND reported = coalesce(%s, reported) RETURNING *",
            (list(channels), reported),
        )
        return await cursor.fetchall()


async def mark_held(tx: Tx, ids: Sequence[UUID], now: datetime) -> list[HeldMessage]:
    """Mark messages as on hold. Returns those that were not marked before."""
    async with tx.cursor(row_factory=class_row(HeldMessage)) as cursor:
        await cursor.execute(
            """
            UPDATE message SET held_since = %s WHERE id = ANY(%s) AND state = 'requested' AND held_since IS NULL
            RETURNING participant_id, occasion_id, channel, purpose
            """,
            (now, list(ids)),
        )
        return await cursor.fetchall()


async def put_back(tx: Tx, ids: Sequence[UUID], reason: str, not_before: datetime | None) -> None:
    """Make messages that failed because of a fault of ours wait again; the attempt is not counted."""
    await tx.execute(
        """
        UPDATE message SET state = 'requested', reason = %s, not_before = %s, provider_id = NULL, ended_at = NULL,
               held_until = NULL, attempts = greatest(attempts - 1, 0)
        WHERE id = ANY(%s) AND state IN ('claimed', 'unknown', 'failed')
        """,
        (reason, not_before, list(ids)),
    )


async def record_left(tx: Tx, ids: Sequence[UUID], now: datetime) -> None:
    """Record that those of these messages that were on hold have left."""
    await tx.execute(
        "UPDATE message SET held_until = %s WHERE id = ANY(%s) AND held_since IS NOT NULL", (now, list(ids))
    )


async def ready(tx: Tx, channel: Channel, now: datetime) -> list[ReadyMessage]:
    """The waiting messages of a channel that may leave now, the most urgent first."""
    async with tx.cursor(row_factory=class_row(ReadyMessage)) as cursor:
        await cursor.execute(
            """
            SELECT id, participant_id FROM message
            WHERE state = 'requested' AND channel = %s AND (not_before IS NULL OR not_before <= %s)
            ORDER BY urgency, requested_at, id
            """,
            (channel, now),
        )
        return await cursor.fetchall()


async def of_occasions(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, LastHeldMessage]:
    """By occasion: its last message, if that was on hold."""
    rows = await tx.execute(
        """
        SELECT occasion_id, rung, held_until, state = 'requested' AS waits,
            NOT EXISTS (SELECT FROM message m WHERE m.occasion_id = last.occasion_id AND m.id <> last.id
                        AND m.state NOT IN ('requested', 'suppressed', 'failed')) AS alone
        FROM (SELECT DISTINCT ON (occasion_id) * FROM message
              WHERE occasion_id = ANY(%s) AND (state <> 'suppressed' OR reason = %s)
              ORDER BY occasion_id, requested_at DESC, id) last
        WHERE held_since IS NOT NULL AND (state IN ('requested', 'suppressed') OR held_until IS NOT NULL)
        """,
        (list(ids), Refusal.TOO_LATE),
    )
    return {
        row["occasion_id"]: LastHeldMessage(row["rung"], row["held_until"], row["waits"], row["alone"])
        for row in await rows.fetchall()
    }


async def never_left(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """The occasions among these with a message on hold and no message that ever left."""
    rows = await tx.execute(
        """
        SELECT occasion_id FROM message WHERE occasion_id = ANY(%s) GROUP BY occasion_id
        HAVING bool_or(held_since IS NOT NULL)
           AND bool_and(state = 'requested' OR state = 'suppressed' AND reason = %s)
        """,
        (list(ids), Refusal.TOO_LATE),
    )
    return {row["occasion_id"] for row in await rows.fetchall()}
