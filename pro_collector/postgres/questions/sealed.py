"""The sealed (encrypted) columns: samples to recognise the key, and all rows to seal them with another key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString, TypeVar
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from scheduler.rules import Channel, Reporter

_BATCH = 500
_SAMPLES: LiteralString = """
(SELECT sealed FROM vault.contact LIMIT 10) UNION ALL (SELECT sealed FROM vault.inbound LIMIT 10)
"""
# Each row with a sealed column also has a keyed hash, by which it is found.
_CONTACTS: LiteralString = (
    "SELECT id, participant_id, reporter, channel, sealed, lookup FROM vault.contact FOR NO KEY UPDATE"
)
_INBOUND: LiteralString = "SELECT id, sealed, sender_lookup AS lookup FROM vault.inbound"
_CHANGE_CONTACT: LiteralString = "UPDATE vault.contact SET sealed = %s, lookup = %s WHERE id = %s"
_CHANGE_INBOUND: LiteralString = "UPDATE vault.inbound SET sealed = %s, sender_lookup = %s WHERE id = %s"

_WORDS: tuple[tuple[LiteralString, LiteralString], ...] = (
    (
        "SELECT participant_id AS id, sealed FROM vault.nickname",
        "UPDATE vault.nickname SET sealed = %s WHERE participant_id = %s",
    ),
    (
        "SELECT message_id AS id, sealed FROM vault.written",
        "UPDATE vault.written SET sealed = %s WHERE message_id = %s",
    ),
)
"""Sealed words without a keyed hash: how they are read, and how they are changed."""


@dataclass(frozen=True, slots=True)
class SealedRow:
    """The sealed value of a row, and its keyed hash."""

    id: UUID
    sealed: bytes
    lookup: bytes


@dataclass(frozen=True, slots=True)
class SealedAddress(SealedRow):
    """A sealed address, with the reporter and channel that the seal is bound to."""

    participant_id: UUID
    reporter: Reporter
    channel: Channel


Resealed = tuple[bytes, bytes] | None
"""The new sealed value and the new keyed hash; None to leave the row unchanged."""
Row = TypeVar("Row", bound=SealedRow)


async def samples(tx: Tx) -> list[bytes]:
    """Some sealed values: several, because one may have been changed by hand."""
    rows = await tx.execute(_SAMPLES)
    return [bytes(row["sealed"]) for row in await rows.fetchall()]


async def other_process_connected(tx: Tx) -> bool:
    """Whether another process of ours is connected to this database."""
    rows = await tx.execute(
        """
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND application_name = current_setting('application_name') LIMIT 1
        """
    )
    return await rows.fetchone() is not None


async def reseal_all(
    tx: Tx,
    contact: Callable[[SealedAddress], Resealed],
    inbound: Callable[[SealedRow], Resealed],
    words: Callable[[bytes], bytes],
) -> int:
    """Seal every row again, with the tables locked against reads and writes. Returns how many rows changed."""
    await tx.execute("LOCK TABLE vault.contact, vault.inbound, vault.nickname, vault.written IN ACCESS EXCLUSIVE MODE")
    count = await reseal_addresses(tx, contact)
    for query, change in _WORDS:
        count += await _reseal_words(tx, query, change, words)
    return count + await _reseal(tx, SealedRow, _INBOUND, _CHANGE_INBOUND, inbound)


async def reseal_addresses(tx: Tx, contact: Callable[[SealedAddress], Resealed]) -> int:
    """Seal addresses again, except those for which `contact` returns None. Returns how many rows changed."""
    return await _reseal(tx, SealedAddress, _CONTACTS, _CHANGE_CONTACT, contact)


async def _reseal_words(tx: Tx, query: LiteralString, change: LiteralString, words: Callable[[bytes], bytes]) -> int:
    rows = await (await tx.execute(query)).fetchall()
    async with tx.cursor() as cursor:
        await cursor.executemany(change, [(words(bytes(row["sealed"])), row["id"]) for row in rows])
    return len(rows)


async def _reseal(
    tx: Tx, kind: type[Row], query: LiteralString, change: LiteralString, reseal: Callable[[Row], Resealed]
) -> int:
    count = 0
    async with tx.cursor(name="sealed", row_factory=class_row(kind)) as sealed, tx.cursor() as cursor:
        await sealed.execute(query)
        while rows := await sealed.fetchmany(_BATCH):
            changed = [(*new, row.id) for row in rows if (new := reseal(row))]
            await cursor.executemany(change, changed)
            count += len(changed)
    return count
