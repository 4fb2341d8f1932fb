"""Rows of `message`: every message to a person, from its request to its final state."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.domain.conversation.reply_limit import Sent
from pro_collector.domain.conversation.survey import State
from pro_collector.postgres.connection import Tx
from scheduler.rules import Channel, Reporter

MessageState = Literal[
    "requested", "claimed", "unknown", "accepted", "sent", "delivered", "failed", "suppressed"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message to send. `body` contains `{link}`, which the sender replaces by the link."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    contact_id: UUID
    channel: Channel
    purpose: MessagePurpose
    rung: int
    language: str
    subject: str | None
    body: str
    html: str | None
    item: str | None
    urgency: int
    requested_at: datetime
    expires_at: datetime
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A locked message that waits, with the facts that decide whether it may leave.

    `occasion_...`: None if it belongs to no occasion.
    """

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    channel: Channel
    purpose: MessagePurpose
    item: str | None
    expires_at: datetime
    reporter: Reporter
    opted_out: bool
    broken: bool
    occasion_state: State | None
    occasion_reason: str | None
    occasion_asked: str | None
    occasion_anchor: str | None
    occasion_assessment: str | None
    occasion_released: bool
    of_patient: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this sender has claimed, with the sealed address and what its gaps are filled with."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    contact_id: UUID
    channel: Channel
    purpose: MessagePurpose
    language: str
    subject: str | None
    body: str
    html: str | None
    expires_at: datetime
    attempts: int
    reporter: Reporter
    sealed: bytes
    lookup: bytes
    written: bytes | None = None
    nickname: bytes | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of an attempt to send a message, as values of the columns."""

    id: UUID
    state: MessageState
    reason: str | None = None
    provider_id: str | None = None
    segments: int | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportedMessage:
    """A message that has a delivery report, with the facts that decide the consequences."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    contact_id: UUID
    channel: Channel
    purpose: MessagePurpose
    rung: int
    item: str | None
    state: MessageState
    attempts: int
    provider_id: str | None
    held_since: datetime | None


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """The time, channel, purpose and state of a message."""

    requested_at: datetime
    channel: Channel
    purpose: MessagePurpose
    state: MessageState


_COLUMNS = (
    "id", "participant_id", "occasion_id", "contact_id", "channel", "purpose", "rung", "language", "subject", "body",
    "html", "item", "urgency", "requested_at", "expires_at",
    "not_before",
)  # fmt: skip
_ADD = f"""
INSERT INTO message ({", ".join(_COLUMNS)}) VALUES ({", ".join(["%s"] * len(_COLUMNS))}) ON CONFLICT (id) DO NOTHING
"""  # noqa: S608  # column names only


async def add(tx: Tx, rows: Sequence[MessageRow]) -> None:
    """Request messages; idempotent, because ids are derived."""
    async with tx.cursor() as cursor:
        await cursor.executemany(_ADD, [tuple(getattr(row, column) for column in _COLUMNS) for row in rows])


async def count(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, int]:
    """How many messages were ever requested for each participant: the number of the next message."""
    rows = await tx.execute(
        "SELECT participant_id, count(*) AS n FROM message WHERE participant_id = ANY(%s) GROUP BY 1",
        (list(participants),),
    )
    return {row["participant_id"]: row["n"] for row in await rows.fetchall()}


WAITING = """
SELECT m.id, m.participant_id, m.occasion_id, m.channel, m.purpose, m.item, m.expires_at, c.reporter,
       c.opted_out_at IS NOT NULL AS opted_out, c.broken_at IS NOT NULL AS broken,
       o.state AS occasion_state, o.reason AS occasion_reason, o.asked AS occasion_asked,
       o.anchor AS occasion_anchor, o.assessment AS occasion_assessment, o.released_at IS NOT NULL AS occasion_released,
       EXISTS (SELECT FROM vault.contact p WHERE p.participant_id = c.participant_id AND p.reporter = 'self'
               AND p.lookup = c.lookup) AS of_patient
FROM message m JOIN vault.contact c ON c.id = m.contact_id LEFT JOIN occasion o ON o.id = m.occasion_id
WHERE m.state = 'requested' AND m.channel = %(channel)s AND (m.not_before IS NULL OR m.not_before <= %(now)s)
  AND (%(only)s::text[] IS NULL OR m.purpose = ANY(%(only)s))
ORDER BY m.urgency, m.requested_at, m.id LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED
"""


async def lock_waiting(
    tx: Tx, channel: Channel, limit: int, now: datetime, only: Collection[MessagePurpose] | None = None
) -> list[WaitingMessage]:
    """Lock up to `limit` waiting messages of a channel, the most urgent first; skip those that others have locked.

    `only`: of these purposes; None for all.

    The order is by urgency, not by ticket: if a ticket is used for a more urgent message, the next ticket sends its
    own message.
    """
    async with tx.cursor(row_factory=class_row(WaitingMessage)) as cursor:
        purposes = None if only is None else sorted(only)
        await cursor.execute(WAITING, {"channel": channel, "limit": limit, "now": now, "only": purposes})
        return await cursor.fetchall()


async def claim(tx: Tx, ids: Sequence[UUID]) -> list[Claimed]:
    """Claim messages that this transaction has locked. Returns them, the most urgent first."""
    if not ids:
        return []
    async with tx.cursor(row_factory=class_row(Claimed)) as cursor:
        await cursor.execute(
            """
            WITH taken AS (
                UPDATE message SET state = 'claimed', reason = NULL, claimed_at = clock_timestamp(),
                       attempts = attempts + 1, ended_at = NULL
                WHERE id = ANY(%s) RETURNING *)
            SELECT m.id, m.participant_id, m.occasion_id, m.contact_id, m.channel, m.purpose, m.language, m.subject,
                   m.body, m.html, m.expires_at, m.attempts, c.reporter,
                   vault.with_key(c.participant_id::text, c.sealed) AS sealed, c.lookup,
                   (SELECT vault.with_key(w.participant_id::text, w.sealed) FROM vault.written w
                    WHERE w.message_id = m.id) AS written,
                   (SELECT vault.with_key(n.participant_id::text, n.sealed) FROM vault.nickname n
                    WHERE n.participant_id = m.participant_id) AS nickname
            FROM taken m JOIN vault.contact c ON c.id = m.contact_id ORDER BY m.urgency, m.requested_at, m.id
            """,
            (list(ids),),
        )
        return await cursor.fetchall()


async def suppress(tx: Tx, refused: Sequence[tuple[UUID, str]], now: datetime) -> None:
    """Mark messages that must not leave as suppressed, each with its reason."""
    if refused:
        await tx.execute(
            """
            UPDATE message m SET state = 'suppressed', reason = refused.reason, claimed_at = clock_timestamp(),
                   ended_at = %s
            FROM unnest(%s::uuid[], %s::text[]) AS refused (id, reason) WHERE m.id = refused.id
            """,
            (now, [id for id, _ in refused], [str(reason) for _, reason in refused]),
        )


async def settle(tx: Tx, outcomes: Sequence[Settled], now: datetime) -> None:
    """Record the outcomes of attempts; only a failure sets `ended_at`."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            """
            UPDATE message SET state = %s, reason = %s, provider_id = coalesce(%s, provider_id),
                   segments = coalesce(%s, segments), not_before = %s, ended_at = CASE WHEN %s THEN %s::timestamptz END
            WHERE id = %s AND state IN ('claimed', 'unknown')
            """,
            [
                (o.state, o.reason, o.provider_id, o.segments, o.not_before, o.state == "failed", now, o.id)
                for o in sorted(outcomes, key=lambda outcome: outcome.id)  # as whoever stores their reports locks them
            ],
        )  # fmt: skip


async def load(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, ReportedMessage]:
    """The messages with these ids, by id."""
    async with tx.cursor(row_factory=class_row(ReportedMessage)) as cursor:
        await cursor.execute(
            """
            SELECT id, participant_id, occasion_id, contact_id, channel, purpose, rung, item, state, attempts,
                   provider_id, held_since
            FROM message WHERE id = ANY(%s)
            """,
            (list(ids),),
        )
        return {row.id: row async for row in cursor}


async def of_occasion(tx: Tx, occasion: UUID) -> list[MessageSummary]:
    """The messages about an occasion, oldest first."""
    async with tx.cursor(row_factory=class_row(MessageSummary)) as cursor:
        await cursor.execute(
            "SELECT requested_at, channel, purpose, state FROM message WHERE occasion_id = %s"
            " ORDER BY requested_at, id",
            (occasion,),
        )
        return await cursor.fetchall()


async def identify(tx: Tx, known: Sequence[tuple[UUID, str]]) -> None:
    """Store the provider's ids that delivery reports have, as (id, provider's id); no message twice.

    A doubtful message with a report was accepted.
    """
    if known:
        await tx.execute(
            """
            UPDATE message m SET provider_id = coalesce(m.provider_id, known.provider_id),
                   state = CASE WHEN m.state IN ('claimed', 'unknown') THEN 'accepted' ELSE m.state END
            FROM unnest(%s::uuid[], %s::text[]) AS known (id, provider_id) WHERE m.id = known.id
            """,
            ([id for id, _ in known], [provider_id for _, provider_id in known]),
        )


async def advance(tx: Tx, states: Sequence[tuple[UUID, MessageState, str | None]], now: datetime) -> set[UUID]:
    """Move messages to a state if that is a later one than the stored one, as (id, state, reason); no message twice.

    Returns the ids of those that have moved.
    """
    rows = await tx.execute(
        """
        UPDATE message m SET state = new.state, reason = coalesce(new.reason, m.reason),
               ended_at = CASE WHEN new.state IN ('failed', 'delivered') THEN %(now)s::timestamptz END
        FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(reasons)s::text[]) AS new (id, state, reason)
        WHERE m.id = new.id AND m.state <> 'suppressed' AND (m.ended_at IS NULL OR new.state = 'delivered')
          AND array_position(ARRAY['requested', 'claimed', 'unknown', 'accepted', 'sent', 'failed', 'delivered'],
                             m.state)
            < array_position(ARRAY['requested', 'claimed', 'unknown', 'accepted', 'sent', 'failed', 'delivered'],
                             new.state)
        RETURNING m.id
        """,
        {
            "ids": [id for id, _, _ in states], "states": [state for _, state, _ in states],
            "reasons": [reason for _, _, reason in states], "now": now,
        },
    )  # fmt: skip
    return {row["id"] for row in await rows.fetchall()}


async def sent_by_purpose(
    tx: Tx, lookups: Sequence[bytes], since: datetime
) -> dict[tuple[bytes, MessagePurpose], Sent]:
    """How many messages were requested after `since`, by address and purpose, for all people of the address."""
    rows = await tx.execute(
        """
        SELECT c.lookup, m.purpose, count(*) AS n, max(m.requested_at) AS last FROM vault.contact c
        JOIN message m ON m.contact_id = c.id AND m.participant_id = c.participant_id
        WHERE c.lookup = ANY(%s) AND m.requested_at > %s AND m.state <> 'suppressed' GROUP BY 1, 2
        """,
        (list(lookups), since),
    )
    return {(bytes(row["lookup"]), row["purpose"]): Sent(row["n"], row["last"]) for row in await rows.fetchall()}


async def last_mails(tx: Tx, lookup: bytes) -> list[str]:
    """The subjects and bodies of the last 20 mails to an address, for all its people."""
    rows = await tx.execute(
        """
        SELECT m.subject, m.body FROM message m JOIN vault.contact c ON c.id = m.contact_id
        WHERE c.lookup = %s AND m.channel = 'email' ORDER BY m.requested_at DESC LIMIT 20
        """,
        (lookup,),
    )
    return [words for row in await rows.fetchall() for words in (row["subject"], row["body"]) if words]


async def text_of(tx: Tx, id: UUID) -> list[str]:
    """The subject and body of a message; empty if there is no such message."""
    rows = await tx.execute("SELECT subject, body FROM message WHERE id = %s", (id,))
    return [words for row in await rows.fetchall() for words in (row["subject"], row["body"]) if words]


async def reopen(tx: Tx, id: UUID, most_attempts: int, not_before: datetime) -> bool:
    """Request a failed message again, unless it had more than `most_attempts` attempts. Returns whether it was."""
    rows = await tx.execute(
        """
        UPDATE message SET state = 'requested', ended_at = NULL, provider_id = NULL, not_before = %s
        WHERE id = %s AND state = 'failed' AND attempts <= %s
        """,
        (not_before, id, most_attempts),
    )
    return rows.rowcount == 1


async def record_left(tx: Tx, moments: Sequence[tuple[UUID, datetime]]) -> None:
    """Record when texts left the carrier, as (id, instant)."""
    if not moments:
        return
    await tx.execute(
        """
        UPDATE message m SET left_at = gone.left_at FROM unnest(%s::uuid[], %s::timestamptz[]) AS gone (id, left_at)
        WHERE m.id = gone.id
        """,
        ([id for id, _ in moments], [moment for _, moment in moments]),
    )


async def failures(tx: Tx, id: UUID) -> int:
    """How often messages with the same item, occasion and contact as this one have failed, this one included."""
    rows = await tx.execute(
        """
        SELECT count(*) AS n FROM message m JOIN message other ON other.occasion_id = m.occasion_id
            AND other.contact_id = m.contact_id AND other.item IS NOT DISTINCT FROM m.item AND other.state = 'failed'
        WHERE m.id = %s
        """,
        (id,),
    )
    row = await rows.fetchone()
    return int(row["n"]) if row else 0


async def count_by_channel(tx: Tx) -> dict[Channel, int]:
    """How many messages a provider has accepted, by channel."""
    rows = await tx.execute(
        """
        SELECT channel, count(*) AS n FROM message WHERE state IN ('accepted', 'sent', 'delivered') GROUP BY channel
        """
    )
    return {row["channel"]: row["n"] for row in await rows.fetchall()}
