"""The messages between the study and one reporter of a participant: what a person may see on their own page."""

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions.transcript import SentText
from pro_collector.postgres.tables.inbound import COLUMNS, InboundRow
from scheduler.rules import Reporter

SENT = ("accepted", "sent", "delivered")


async def to_reporter(tx: Tx, participant: UUID, reporter: Reporter) -> Sequence[SentText]:
    """The messages that left for the addresses of a reporter, oldest first, without the codes."""
    async with tx.cursor(row_factory=class_row(SentText)) as cursor:
        await cursor.execute(
            """
            SELECT m.requested_at, m.channel, m.purpose, m.state, m.subject, m.body, m.id, m.participant_id,
                   (SELECT vault.with_key(w.participant_id::text, w.sealed) FROM vault.written w
                    WHERE w.message_id = m.id) AS written,
                   (SELECT vault.with_key(n.participant_id::text, n.sealed) FROM vault.nickname n
                    WHERE n.participant_id = m.participant_id) AS nickname
            FROM message m JOIN vault.contact c ON c.id = m.contact_id
            WHERE m.participant_id = %s AND c.reporter = %s AND m.state = ANY(%s) AND m.purpose <> 'code'
            ORDER BY m.requested_at, m.id
            """,
            (participant, reporter, list(SENT)),
        )
        return await cursor.fetchall()


async def from_reporter(tx: Tx, participant: UUID, reporter: Reporter, session_hash: bytes) -> Sequence[InboundRow]:
    """The texts and mails that the reporter of a session wrote about a participant, oldest first.

    One about no survey is left out if the address may have been somebody else's when it came: if several participants
    share it, or if it came before our first message to this participant or before a change of their addresses.
    """
    async with tx.cursor(row_factory=class_row(InboundRow)) as cursor:
        await cursor.execute(
            f"""
            SELECT {COLUMNS} FROM vault.texts_behind(%(session)s, %(id)s) i
            WHERE (i.occasion_id IN (SELECT id FROM occasion WHERE participant_id = %(id)s)
                   OR (i.occasion_id IS NULL AND NOT EXISTS (
                       SELECT FROM vault.contact o
                       WHERE o.lookup = i.sender_lookup AND (o.participant_id, o.reporter) <> (%(id)s, %(reporter)s))
                       AND i.received_at > (SELECT min(requested_at) FROM message WHERE participant_id = %(id)s)
                       AND NOT EXISTS (SELECT FROM participant_change c  -- of an address: it holds neither value
                                       WHERE c.participant_id = %(id)s AND c.was IS NULL AND c.became IS NULL
                                         AND c.recorded_at >= i.received_at)))
            ORDER BY i.received_at, i.id
            """,  # noqa: S608  # no value in it
            {"id": participant, "reporter": reporter, "session": session_hash},
        )
        return await cursor.fetchall()
