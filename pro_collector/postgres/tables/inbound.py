"""Rows of `vault.inbound`: each received text and mail, as the provider delivered it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

STRANGER = "unknown sender"
"""The outcome of a text or mail from a stranger."""
COLUMNS: LiteralString = """
    i.id, i.provider, i.provider_id, i.received_at, i.sender_lookup,
    vault.with_key(encode(i.sender_lookup, 'hex'), i.sealed) AS sealed, i.outcome, i.occasion_id
"""
"""The columns of an `InboundRow` from `vault.inbound i`."""


@dataclass(frozen=True, slots=True)
class InboundRow:
    """A received text or mail; `sealed` holds the provider's fields.

    A row that was read has the sealed key before the sealed fields, a row to be stored has the fields alone.
    """

    id: UUID
    provider: str
    provider_id: str
    received_at: datetime
    sender_lookup: bytes
    sealed: bytes
    outcome: str | None = None
    occasion_id: UUID | None = None

    @property
    def row(self) -> str:
        """The name of this row, for which its words are sealed."""
        return row_name(self.id, self.provider, self.sender_lookup)


def row_name(id: UUID, provider: str, sender_lookup: bytes) -> str:
    """The row of `vault.inbound` that the words of this sender are sealed for, as text."""
    return f"{sender_lookup.hex()}/{provider}/{id}"


async def add(tx: Tx, rows: Sequence[InboundRow]) -> set[UUID]:
    """Store texts and mails; return the ids of new ones: neither stored before (providers repeat) nor erased."""
    stored = await tx.execute(
        """
        INSERT INTO vault.inbound (id, provider, provider_id, received_at, sender_lookup, sealed)
        SELECT new.id, new.provider, new.provider_id, new.received_at, new.sender_lookup, new.sealed
        FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::bytea[], %s::bytea[])
            AS new (id, provider, provider_id, received_at, sender_lookup, sealed)
        WHERE NOT EXISTS (SELECT FROM vault.erased_text e WHERE e.id = new.id) ON CONFLICT DO NOTHING RETURNING id
        """,
        (
            [row.id for row in rows], [row.provider for row in rows], [row.provider_id for row in rows],
            [row.received_at for row in rows], [row.sender_lookup for row in rows], [row.sealed for row in rows],
        ),
    )  # fmt: skip
    return {row["id"] for row in await stored.fetchall()}


async def already_stored(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Those of these ids that are stored, or were stored and erased."""
    rows = await tx.execute(
        """
        SELECT id FROM vault.inbound WHERE id = ANY(%(ids)s)
        UNION SELECT id FROM vault.erased_text WHERE id = ANY(%(ids)s)
        """,
        {"ids": list(ids)},
    )
    return {row["id"] for row in await rows.fetchall()}


async def load(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, InboundRow]:
    """The texts and mails with these ids, by id."""
    async with tx.cursor(row_factory=class_row(InboundRow)) as cursor:
        await cursor.execute(f"SELECT {COLUMNS} FROM vault.inbound i WHERE id = ANY(%s)", (list(ids),))  # noqa: S608
        return {row.id: row async for row in cursor}


async def unread_with(tx: Tx, ids: Sequence[UUID], limit: int) -> list[UUID]:
    """The ids of up to `limit` texts and mails: these, and all unread ones from their addresses; oldest first."""
    rows = await tx.execute(
        """
        SELECT id FROM vault.inbound
        WHERE sender_lookup IN (SELECT sender_lookup FROM vault.inbound WHERE id = ANY(%(ids)s))
          AND (outcome IS NULL OR id = ANY(%(ids)s)) ORDER BY received_at, id LIMIT %(limit)s
        """,
        {"ids": list(ids), "limit": limit},
    )
    return [row["id"] for row in await rows.fetchall()]


async def previous(tx: Tx, row: InboundRow, within: timedelta) -> InboundRow | None:
    """The last text or mail from the same address less than `within` before this one; None if there is none."""
    async with tx.cursor(row_factory=class_row(InboundRow)) as cursor:
        await cursor.execute(
            f"""
            SELECT {COLUMNS} FROM vault.inbound i WHERE sender_lookup = %s AND id <> %s
            AND received_at > %s AND received_at <= %s ORDER BY received_at DESC LIMIT 1
            """,  # noqa: S608  # no value in it
            (row.sender_lookup, row.id, row.received_at - within, row.received_at),
        )
        return await cursor.fetchone()


async def count_from(tx: Tx, lookup: bytes, provider: str, since: datetime) -> int:
    """How many messages of a provider came from an address since an instant."""
    rows = await tx.execute(
        "SELECT count(*) AS n FROM vault.inbound WHERE sender_lookup = %s AND provider = %s AND received_at > %s",
        (lookup, provider, since),
    )
    row = await rows.fetchone()
    return int(row["n"]) if row else 0


async def last_sender(tx: Tx, lookups: Sequence[bytes]) -> bytes | None:
    """The one of these addresses from which a text or mail came last; None if none came."""
    rows = await tx.execute(
        "SELECT sender_lookup FROM vault.inbound WHERE sender_lookup = ANY(%s) ORDER BY received_at DESC LIMIT 1",
        (list(lookups),),
    )
    row = await rows.fetchone()
    return bytes(row["sender_lookup"]) if row else None


async def last_received(tx: Tx, provider: str) -> datetime | None:
    """When the last text or mail of a provider was received; None if never."""
    rows = await tx.execute("SELECT max(received_at) AS last FROM vault.inbound WHERE provider = %s", (provider,))
    row = await rows.fetchone()
    return row["last"] if row else None


async def of_strangers(tx: Tx, since: datetime) -> list[InboundRow]:
    """The texts and mails of strangers after `since`, oldest first."""
    async with tx.cursor(row_factory=class_row(InboundRow)) as cursor:
        await cursor.execute(
            f"SELECT {COLUMNS} FROM vault.inbound i WHERE outcome = %s AND received_at > %s ORDER BY received_at, id",  # noqa: S608
            (STRANGER, since),
        )
        return await cursor.fetchall()


async def count_of_strangers(tx: Tx, since: datetime) -> int:
    """How many texts and mails of strangers came after `since`."""
    rows = await tx.execute(
        "SELECT count(*) AS n FROM vault.inbound WHERE outcome = %s AND received_at > %s", (STRANGER, since)
    )
    row = await rows.fetchone()
    return int(row["n"]) if row else 0


async def record_outcome(tx: Tx, id: UUID, outcome: str, occasion: UUID | None) -> None:
    """Record the outcome of a text or mail, and the occasion it belongs to."""
    await tx.execute("UPDATE vault.inbound SET outcome = %s, occasion_id = %s WHERE id = %s", (outcome, occasion, id))
