"""Doubtful messages (nobody knows whether they left), and the messages that surely left for the same address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.after_restore import WaitingSince
from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.postgres.connection import Tx
from scheduler.rules import Channel, Reporter


@dataclass(frozen=True, slots=True)
class DoubtfulMessage:
    """A doubtful message with the sealed address; `since`: it did not leave earlier."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    contact_id: UUID
    channel: Channel
    purpose: MessagePurpose
    body: str
    since: datetime
    expires_at: datetime
    attempts: int
    looked_for_at: datetime
    reporter: Reporter
    sealed: bytes
    lookup: bytes
    written: bytes | None = None
    nickname: bytes | None = None


async def take(tx: Tx, older_than: timedelta, limit: int) -> list[DoubtfulMessage]:
    """Take up to `limit` messages that were claimed longer ago than `older_than` and are still doubtful.

    One that was claimed in the future is taken too: the server's clock has been set back. Then nobody knows since when
    the provider may have it, and its log of a whole day is searched.

    `looked_for_at` becomes the present time. So no other process takes them for another `older_than`, and no row stays
    locked while the provider is asked.
    """
    async with tx.cursor(row_factory=class_row(DoubtfulMessage)) as cursor:
        await cursor.execute(
            """
            WITH old AS (
                SELECT id FROM message WHERE state IN ('claimed', 'unknown')
                AND greatest(claimed_at, looked_for_at)
                    NOT BETWEEN clock_timestamp() - %s::interval AND clock_timestamp()
                ORDER BY claimed_at LIMIT %s FOR UPDATE SKIP LOCKED)
            UPDATE message m SET looked_for_at = clock_timestamp() FROM old, vault.contact c
            WHERE m.id = old.id AND c.id = m.contact_id
            RETURNING m.id, m.participant_id, m.occasion_id, m.contact_id, m.channel, m.purpose, m.body,
                      CASE WHEN greatest(m.requested_at, m.claimed_at) > clock_timestamp()
                           THEN clock_timestamp() - interval '1 day'
                           ELSE least(m.requested_at, m.claimed_at) END AS since,
                      m.expires_at, m.attempts, m.looked_for_at, c.reporter, c.lookup,
                      vault.with_key(c.participant_id::text, c.sealed) AS sealed,
                      (SELECT vault.with_key(w.participant_id::text, w.sealed) FROM vault.written w
                       WHERE w.message_id = m.id) AS written,
                      (SELECT vault.with_key(n.participant_id::text, n.sealed) FROM vault.nickname n
                       WHERE n.participant_id = m.participant_id) AS nickname
            """,
            (older_than, limit),
        )
        return await cursor.fetchall()


async def waiting_since(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, WaitingSince]:
    """By id: what decides whether a message may have left before the database was restored."""
    rows = await tx.execute(
        """
        SELECT m.id, m.channel, m.purpose, m.requested_at, o.due_at, m.looked_for_at
        FROM message m LEFT JOIN occasion o ON o.id = m.occasion_id WHERE m.id = ANY(%s)
        """,
        (list(ids),),
    )
    return {
        row["id"]: WaitingSince(
            row["channel"], row["purpose"], row["requested_at"], row["due_at"], row["looked_for_at"]
        )
        for row in await rows.fetchall()
    }


async def doubt(tx: Tx, ids: Sequence[UUID], since: datetime) -> None:
    """Make claimed messages doubtful: they may have left at any moment after `since`."""
    await tx.execute(
        """
        UPDATE message SET state = 'unknown', claimed_at = %s, reason = 'may have left before the database was restored'
        WHERE id = ANY(%s) AND state = 'claimed'
        """,
        (since, list(ids)),
    )


async def lock_if_doubtful(tx: Tx, id: UUID, looked_for_at: datetime) -> bool:
    """Lock a message; return whether it is still doubtful and nobody took it after `looked_for_at`."""
    rows = await tx.execute(
        "SELECT 1 FROM message WHERE id = %s AND looked_for_at = %s AND state IN ('claimed', 'unknown') FOR UPDATE",
        (id, looked_for_at),
    )
    return await rows.fetchone() is not None


async def provider_ids(tx: Tx, contact: UUID) -> list[str]:
    """The provider's ids of all messages that surely left for this address, including earlier attempts."""
    rows = await tx.execute(
        """
        WITH there AS (
            SELECT m.id, m.provider_id FROM vault.contact mine JOIN vault.contact c ON c.lookup = mine.lookup
            JOIN message m ON m.contact_id = c.id AND m.participant_id = c.participant_id WHERE mine.id = %s)
        SELECT provider_id FROM there WHERE provider_id IS NOT NULL
        UNION SELECT r.provider_id FROM there JOIN report r ON r.message_id = there.id
        """,
        (contact,),
    )
    return [row["provider_id"] for row in await rows.fetchall()]
