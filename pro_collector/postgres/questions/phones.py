"""Which questions each phone was asked, and which participants share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

LAST_QUESTIONS = 4
"""How many of the last questions of each survey are checked that were sent but not reported as delivered."""

_LEFT = """
    CASE WHEN m.state IN ('accepted', 'sent', 'delivered') THEN true
         WHEN m.state = 'requested' AND m.reason IS DISTINCT FROM 'not found at the provider' THEN false END
"""
"""Whether a message left, as far as we know without asking the carrier; NULL for a doubtful message."""


@dataclass(frozen=True, slots=True)
class TextedQuestion:
    """A question that was texted, with its phone. `left`: whether the text left; None if nobody knows.

    `bundle`: that of its survey, if others were asked together with it.
    """

    id: UUID
    lookup: bytes
    occasion_id: UUID
    item: str
    again: bool
    asked_at: datetime
    left: bool | None
    bundle: UUID | None


@dataclass(frozen=True, slots=True)
class UndeliveredQuestion:
    """A texted question without a final report; `left` as in TextedQuestion."""

    id: UUID
    lookup: bytes
    provider_id: str | None
    left: bool | None


async def with_shared_phone(tx: Tx, participants: Sequence[UUID]) -> list[UUID]:
    """These participants and everybody who shares a phone with one of them, ordered by id."""
    rows = await tx.execute(
        """
        SELECT theirs.participant_id FROM vault.contact mine JOIN vault.contact theirs ON theirs.lookup = mine.lookup
        WHERE mine.participant_id = ANY(%(ids)s) AND mine.channel = 'sms' AND theirs.channel = 'sms'
        UNION SELECT unnest(%(ids)s::uuid[]) ORDER BY 1
        """,
        {"ids": list(participants)},
    )
    return [row["participant_id"] for row in await rows.fetchall()]


async def texted_questions(
    tx: Tx, participants: Sequence[UUID], occasions: Sequence[UUID], since: datetime
) -> list[TextedQuestion]:
    """The questions texted for these occasions, and all questions texted to these participants after `since`.

    Oldest first.
    """
    async with tx.cursor(row_factory=class_row(TextedQuestion)) as cursor:
        await cursor.execute(
            f"""
            SELECT m.id, c.lookup, m.occasion_id, m.item, m.purpose = 'again' AS again,
                   greatest(m.left_at, m.requested_at) AS asked_at, {_LEFT} AS "left",
                   o.bundle
            FROM message m JOIN vault.contact c ON c.id = m.contact_id JOIN occasion o ON o.id = m.occasion_id
            WHERE m.participant_id = ANY(%s) AND m.channel = 'sms' AND m.item IS NOT NULL
              AND m.state NOT IN ('suppressed', 'failed') AND (m.occasion_id = ANY(%s) OR m.requested_at > %s)
            ORDER BY asked_at, m.item IS NOT DISTINCT FROM o.asked, m.purpose = 'again'
            """.encode(),  # noqa: S608  # no value in it
            (list(participants), list(occasions), since),
        )
        return await cursor.fetchall()


async def undelivered_questions(tx: Tx, lookups: Sequence[bytes], since: datetime) -> list[UndeliveredQuestion]:
    """The questions texted to these phones after `since` that have no final report.

    A text that has not left the carrier counts at any age: it may have queued while later questions were answered. Of
    the texts that the carrier has sent, only the last few of each survey count (LAST_QUESTIONS): they may be lost.
    """
    async with tx.cursor(row_factory=class_row(UndeliveredQuestion)) as cursor:
        await cursor.execute(
            f"""
            SELECT id, lookup, provider_id, "left" FROM (
                SELECT m.id, c.lookup, m.provider_id, m.left_at, m.state, {_LEFT} AS "left",
                       row_number() OVER (PARTITION BY c.lookup, m.occasion_id ORDER BY m.requested_at DESC) AS n
                FROM message m JOIN vault.contact c ON c.id = m.contact_id
                WHERE c.lookup = ANY(%s) AND m.channel = 'sms' AND m.item IS NOT NULL AND m.requested_at > %s
                  AND m.state NOT IN ('suppressed', 'failed')) last
            WHERE left_at IS NULL OR (state <> 'delivered' AND n <= %s)
            """.encode(),  # noqa: S608  # no value in it
            (list(lookups), since, LAST_QUESTIONS),
        )
        return await cursor.fetchall()


async def ambiguous(tx: Tx, lookups: Sequence[bytes], since: datetime) -> set[bytes]:
    """The phones at which a reply may answer another question than the open one.

    Either two surveys wait for an answer there, or another question was asked after `since`.
    """
    rows = await tx.execute(
        """
        SELECT c.lookup FROM vault.contact c
        JOIN occasion o ON o.participant_id = c.participant_id AND o.reporter = c.reporter
        JOIN message m ON m.occasion_id = o.id AND m.contact_id = c.id AND m.item IS NOT NULL
        WHERE c.lookup = ANY(%s) AND c.channel = 'sms'
        AND (m.requested_at > %s OR (o.state IN ('open', 'invited', 'started') AND m.item = o.asked))
        GROUP BY c.lookup HAVING count(DISTINCT (o.id, m.item)) > 1
        """,
        (list(lookups), since),
    )
    return {row["lookup"] for row in await rows.fetchall()}
