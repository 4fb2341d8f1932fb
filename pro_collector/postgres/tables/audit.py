"""Rows of `audit_entry` and `audit_checkpoint`: the chain over what only grows (domain/audit_chain.py)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg.rows import class_row

from pro_collector.domain.audit_chain import AuditCheckpoint, AuditEntry, AuditFault
from pro_collector.postgres.connection import Tx

BATCH = 5_000
"""How many rows are read at once."""
AT_ONCE = 100_000
"""How many rows are taken in in one transaction."""
_KEYS: Mapping[str, tuple[LiteralString, LiteralString]] = {
    "answer": ("r.occasion_id, r.instrument, r.item, r.seq, r.answered_at", "r.seq"),
    "score": ("r.response_id, r.scale, r.scoring_version, r.completed_at", "1"),
    "occasion_log": ("r.id", "r.id"),
    "treatment_event": ("r.id", "1"),
    "report": ("r.message_id, r.provider_id, r.status", "1"),
    "opt_out": ("r.id", "r.id"),
    "look": ("r.id", "r.id"),
    "erasure": ("r.id", "1"),
    "restoration": ("r.id", "1"),
    "account_grant": ("r.id", "r.id"),
    "account_event": ("r.id", "r.id"),
    "team_act": ("r.id", "r.id"),
    "audit_verification": ("r.id", "r.id"),
}
"""By table: its primary key, and the order in which its rows are taken in: by their sequence, if they have one."""
SOURCES = tuple(_KEYS)
_CONTENT: LiteralString = """
jsonb_strip_nulls(
    to_jsonb(r) - '{superseded_at, resumed_at, resumed_how, resumed_inbound_id, resumed_by, taken_at, taken_by,
                    http_status}'::text[])::text
"""
"""A row without what is filled later. Columns without a value do not count, so that a migration may add some."""


_ENTRY: LiteralString = "e.position, e.source, e.key, e.salt, e.digest, e.link"


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row of a table that only grows: its primary key and its content, as JSON."""

    key: str
    content: str


@dataclass(frozen=True, slots=True)
class EntryWithRow:
    """An entry of the chain with the content of its row, as JSON; None: there is no such row."""

    entry: AuditEntry
    content: str | None


async def lock(tx: Tx) -> None:
    """Let nobody else add to the chain, or erase what is in it, until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('audit chain'))")


async def last_entry(tx: Tx) -> AuditEntry | None:
    """The last entry of the chain; None if it has none."""
    async with tx.cursor(row_factory=class_row(AuditEntry)) as cursor:
        await cursor.execute(f"SELECT {_ENTRY} FROM audit_entry e ORDER BY e.position DESC LIMIT 1")  # noqa: S608
        return await cursor.fetchone()


async def not_yet_in(tx: Tx, source: str) -> AsyncIterator[list[KeptRow]]:
    """Up to AT_ONCE committed rows of a table that have no entry, in the order of their sequence, in batches."""
    key, order = _KEYS[source]
    async with tx.cursor(name="new", row_factory=class_row(KeptRow)) as cursor:
        await cursor.execute(
            f"""
            SELECT jsonb_build_array({key})::text AS key, {_CONTENT} AS content FROM {source} r
            WHERE NOT EXISTS (SELECT FROM audit_entry e
                              WHERE e.source = %s AND e.key = jsonb_build_array({key})::text)
            ORDER BY {order} LIMIT {AT_ONCE}
            """.encode(),  # noqa: S608  # names from this file
            (source,),
        )
        while rows := await cursor.fetchmany(BATCH):
            yield rows


async def add(tx: Tx, entries: Sequence[AuditEntry]) -> None:
    """Add entries to the chain."""
    query = "COPY audit_entry (position, source, key, salt, digest, link) FROM STDIN"
    async with tx.cursor() as cursor, cursor.copy(query) as copy:
        for e in entries:
            await copy.write_row((e.position, e.source, e.key, e.salt, e.digest, e.link))


async def add_checkpoint(tx: Tx, row: AuditCheckpoint, now: datetime) -> None:
    """Store that the chain was closed."""
    await tx.execute(
        "INSERT INTO audit_checkpoint (n, entries, link, made_at, signature) VALUES (%s, %s, %s, %s, %s)",
        (row.n, row.entries, row.link, now, row.signature),
    )


@dataclass(frozen=True, slots=True)
class Verification:
    """When the chain was verified at night, how many entries it had, and how many faults were found."""

    at: datetime
    entries: int
    faults: int


async def add_verification(tx: Tx, row: Verification) -> None:
    """Store what a verification found."""
    await tx.execute(
        "INSERT INTO audit_verification (at, entries, faults) VALUES (%s, %s, %s)", (row.at, row.entries, row.faults)
    )


async def last_verification(tx: Tx) -> Verification | None:
    """What the last verification found; None if there was none."""
    async with tx.cursor(row_factory=class_row(Verification)) as cursor:
        await cursor.execute("SELECT at, entries, faults FROM audit_verification ORDER BY id DESC LIMIT 1")
        return await cursor.fetchone()


async def checkpoints(tx: Tx) -> list[AuditCheckpoint]:
    """All checkpoints, in order: one for each night."""
    async with tx.cursor(row_factory=class_row(AuditCheckpoint)) as cursor:
        await cursor.execute("SELECT n, entries, link, signature FROM audit_checkpoint ORDER BY n")
        return await cursor.fetchall()


async def last_checkpoint(tx: Tx) -> AuditCheckpoint | None:
    """The last checkpoint; None if the chain was never closed."""
    async with tx.cursor(row_factory=class_row(AuditCheckpoint)) as cursor:
        await cursor.execute("SELECT n, entries, link, signature FROM audit_checkpoint ORDER BY n DESC LIMIT 1")
        return await cursor.fetchone()


async def entries(tx: Tx) -> AsyncIterator[list[AuditEntry]]:
    """The chain, in order, in batches."""
    async with tx.cursor(name="chain", row_factory=class_row(AuditEntry)) as cursor:
        await cursor.execute(f"SELECT {_ENTRY} FROM audit_entry e ORDER BY e.position")  # noqa: S608
        while batch := await cursor.fetchmany(BATCH):
            yield batch


async def entries_with_rows(tx: Tx, source: str) -> AsyncIterator[list[EntryWithRow]]:
    """The entries of a table whose rows were not erased, each with its row, in batches."""
    key, _ = _KEYS[source]
    async with tx.cursor(name="kept") as cursor:
        await cursor.execute(
            f"""
            SELECT {_ENTRY}, {_CONTENT} AS content FROM audit_entry e
            LEFT JOIN {source} r ON jsonb_build_array({key})::text = e.key
            WHERE e.source = %s AND e.key IS NOT NULL
            """.encode(),  # noqa: S608  # names from this file
            (source,),
        )
        while batch := await cursor.fetchmany(BATCH):
            yield [EntryWithRow(AuditEntry(**row), content) for row in batch for content in [row.pop("content")]]


async def emptied_without_erasure(tx: Tx) -> list[AuditFault]:
    """Faults for entries without key or salt that no recorded erasure accounts for, by the time when they were emptied.

    An erasure says how many entries it emptied; so does a restoration, after which people were erased again. Of those a
    later one may empty some again, so there may be fewer now.
    """
    rows = await tx.execute(
        """
        SELECT erased_at, count(*) AS n FROM audit_entry e
        WHERE erased_at IS NOT NULL OR key IS NULL OR salt IS NULL GROUP BY erased_at
        HAVING count(*) > coalesce((SELECT sum(entries) FROM (SELECT recorded_at, entries FROM erasure UNION ALL
                                                              SELECT recorded_at, entries FROM restoration) x
                                    WHERE x.recorded_at = e.erased_at), 0)
        """
    )
    return [
        AuditFault("audit_entry", f"{row['n']} entries at {row['erased_at']}", "emptied without an erasure")
        for row in await rows.fetchall()
    ]
