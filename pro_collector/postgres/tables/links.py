"""Rows of `link`: what a link opens; only the hash of its token is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.survey import Mode
from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link to the form of an occasion, and to the own page of whom its message was sent to.

    `occasion_id`: None if it opens only the own page. `message_id`: None for a telephone interview or a tablet.
    """

    token_hash: bytes
    occasion_id: UUID | None
    message_id: UUID | None
    mode: Mode = "web"


@dataclass(frozen=True, slots=True)
class Link:
    """The occasion that a link opens, the mode of its answers, and the contact it was sent to, if any."""

    occasion_id: UUID
    contact_id: UUID | None
    mode: Mode


async def add(tx: Tx, rows: Sequence[LinkRow]) -> None:
    """Store links; idempotent, because tokens are derived."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO link (token_hash, occasion_id, message_id, mode) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [(row.token_hash, row.occasion_id, row.message_id, row.mode) for row in rows],
        )


async def find(tx: Tx, token_hash: bytes) -> Link | None:
    """The link to a form with this token; None if there is none."""
    async with tx.cursor(row_factory=class_row(Link)) as cursor:
        await cursor.execute(
            "SELECT l.occasion_id, m.contact_id, l.mode FROM link l LEFT JOIN message m ON m.id = l.message_id"
            " WHERE l.token_hash = %s AND l.occasion_id IS NOT NULL",
            (token_hash,),
        )
        return await cursor.fetchone()


async def contact(tx: Tx, token_hash: bytes) -> UUID | None:
    """The contact that the link with this token was sent to; None if there is none."""
    rows = await tx.execute(
        "SELECT m.contact_id FROM link l JOIN message m ON m.id = l.message_id WHERE l.token_hash = %s", (token_hash,)
    )
    row = await rows.fetchone()
    return row["contact_id"] if row else None
