"""What a participant wrote and what was sent to them: the texts and mails of both directions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.inbound import COLUMNS, InboundRow
from pro_collector.postgres.tables.messages import MessageState
from scheduler.rules import Channel, Reporter

_OF_PARTICIPANT: LiteralString = """
    i.occasion_id IN (SELECT id FROM occasion WHERE participant_id = %(id)s)
    OR (i.occasion_id IS NULL
        AND i.sender_lookup IN (SELECT lookup FROM vault.contact WHERE participant_id = %(id)s))
    OR i.id IN (SELECT (detail ->> 'inbound')::uuid FROM task WHERE participant_id = %(id)s
                UNION SELECT jsonb_array_elements_text(detail -> 'earlier')::uuid FROM task
                      WHERE participant_id = %(id)s)
"""
"""A text belongs to the participant of its survey; without a survey, to everybody who is reached at its sender."""
_WRITTEN: LiteralString = f"""
    SELECT {COLUMNS} FROM vault.inbound i WHERE i.received_at > %(since)s AND ({_OF_PARTICIPANT})
    ORDER BY i.received_at, i.id
"""  # noqa: S608  # no value in it

_REPORTERS: LiteralString = """
    SELECT i.id, coalesce(
        (SELECT o.reporter FROM occasion o WHERE o.id = i.occasion_id),
        (SELECT 'caregiver' FROM task t WHERE t.participant_id = %(id)s AND t.detail ? 'caregiver'
           AND (t.detail ->> 'inbound' = i.id::text OR t.detail -> 'earlier' ? i.id::text) LIMIT 1),
        (SELECT min(c.reporter) FROM vault.contact c WHERE c.participant_id = %(id)s AND c.lookup = i.sender_lookup),
        'self') AS reporter
    FROM vault.inbound i WHERE i.id = ANY(%(texts)s)
"""


@dataclass(frozen=True, slots=True)
class SentText:
    """A message to a participant with its text, in which `{link}` stands for the link.

    `written`, `nickname`: what other gaps are filled with, sealed. `reporter`: to whom it went.
    """

    requested_at: datetime
    channel: Channel
    purpose: MessagePurpose
    state: MessageState
    subject: str | None
    body: str
    id: UUID
    participant_id: UUID
    written: bytes | None = None
    nickname: bytes | None = None
    reporter: Reporter = "self"


async def written_by(tx: Tx, participant: UUID, since: datetime) -> list[InboundRow]:
    """The texts and mails of a participant after `since`, oldest first."""
    async with tx.cursor(row_factory=class_row(InboundRow)) as cursor:
        await cursor.execute(_WRITTEN, {"id": participant, "since": since})
        return await cursor.fetchall()


async def reporters_of(tx: Tx, participant: UUID, texts: Sequence[UUID]) -> dict[UUID, Reporter]:
    """Who wrote each of these texts and mails: by its survey, by the task that it raised, or by its address today."""
    rows = await tx.execute(_REPORTERS, {"id": participant, "texts": list(texts)})
    return {row["id"]: row["reporter"] for row in await rows.fetchall()}


async def sent_to(tx: Tx, participant: UUID, since: datetime) -> list[SentText]:
    """The messages to a participant that were requested after `since`, oldest first."""
    async with tx.cursor(row_factory=class_row(SentText)) as cursor:
        await cursor.execute(
            """
            SELECT requested_at, channel, purpose, state, subject, body, id, participant_id,
                   (SELECT vault.with_key(w.participant_id::text, w.sealed) FROM vault.written w
                    WHERE w.message_id = m.id) AS written,
                   (SELECT vault.with_key(n.participant_id::text, n.sealed) FROM vault.nickname n
                    WHERE n.participant_id = m.participant_id) AS nickname,
                   coalesce((SELECT c.reporter FROM vault.contact c WHERE c.id = m.contact_id), 'self') AS reporter
            FROM message m WHERE participant_id = %s AND requested_at > %s ORDER BY requested_at, id
            """,
            (participant, since),
        )
        return await cursor.fetchall()


async def find_by_prefix(tx: Tx, start: str) -> Sequence[InboundRow]:
    """Up to 20 texts and mails whose id begins with `start`."""
    async with tx.cursor(row_factory=class_row(InboundRow)) as cursor:
        await cursor.execute(
            f"SELECT {COLUMNS} FROM vault.inbound i WHERE starts_with(id::text, %s) ORDER BY received_at LIMIT 20",  # noqa: S608
            (start,),
        )
        return await cursor.fetchall()


async def authors(tx: Tx, inbound: UUID) -> list[UUID]:
    """The participants in whose transcript a text or mail is, in id order; empty for a stranger's."""
    rows = await tx.execute(
        """
        SELECT c.participant_id AS id FROM vault.inbound i JOIN vault.contact c ON c.lookup = i.sender_lookup
        WHERE i.id = %(id)s AND i.occasion_id IS NULL
        UNION SELECT o.participant_id FROM vault.inbound i JOIN occasion o ON o.id = i.occasion_id WHERE i.id = %(id)s
        ORDER BY 1
        """,
        {"id": inbound},
    )
    return [row["id"] for row in await rows.fetchall()]
