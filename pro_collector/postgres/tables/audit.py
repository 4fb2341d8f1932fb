"""Rows of `audit_entry` and `audit_checkpoint`: the chain over what only grows (domain/audit_chain.py)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg.rows import class_row

from pro_collector.domain.audit_chain import AuditCheckpoint, AuditEntry
from pro_collector.postgres.connection import Tx

BATCH = 5000
"""How many rows are taken in or read at once."""
_KEYS: Mapping[str, tuple[LiteralString, LiteralString]] = {
    "answer": ("r.occasion_id, r.instrument, r.item, r.seq, r.answered_at", "r.seq"),
    "score": ("r.response_id, r.scale, r.scoring_version, r.completed_at", "1"),
    "occasion_log": ("r.id", "r.id"),
    "treatment_event": ("r.id", "1"),
    "report": ("r.message_id, r.provider_id, r.status", "1"),
    "opt_out": ("r.id", "r.id"),
    "look": ("r.id", "r.id"),
    "erasure": ("r.id", "1"),
}
"""By table: its primary key, and the order in which its rows are taken in: by their sequence, if they have one."""
SOURCES = tuple(_KEYS)
_CONTENT: LiteralString = """
jsonb_strip_nulls(
    to_jsonb(r) - '{superseded_at, resumed_at, resumed_how, resumed_inbound_id, resumed_by}'::text[])::text
"""
"""A row without what is filled later. Columns without a value do not count, so that a migration may add some."""


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row of a table that only grows: its primary key and its content, as JSON."""

    key: str
    content: str


async def lock(tx: Tx) -> None:
    """Let nobody else add to the chain until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('audit chain'))")


async def last_entry(tx: Tx) -> AuditEntry | None:
    """The last entry of the chain; None if it has none."""
    async with tx.cursor(row_factory=class_row(AuditEntry)) as cursor:
        await cursor.execute(
            "SELECT position, source, key, salt, digest, link FROM audit_entry ORDER BY position DESC LIMIT 1"
        )
        return await cursor.fetchone()


async def not_yet_in(tx: Tx, source: str) -> list[KeptRow]:
    """Up to some thousand committed rows of a table that have no entry, in the order of their sequence."""
    key, order = _KEYS[source]
    async with tx.cursor(row_factory=class_row(KeptRow)) as cursor:
        await cursor.execute(
            f"""
            SELECT jsonb_build_array({key})::text AS key, {_CONTENT} AS content FROM {source} r
            WHERE NOT EXISTS (SELECT FROM audit_entry e
                              WHERE e.source = %s AND e.key = jsonb_build_array({key})::text)
            ORDER BY {order} LIMIT {BATCH}
            """.encode(),  # noqa: S608  # names from this file
            (source,),
        )
        return await cursor.fetchall()


async def add(tx: Tx, entries: Sequence[AuditEntry]) -> None:
    """Add entries to the chain."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO audit_entry (position, source, key, salt, digest, link) VALUES (%s, %s, %s, %s, %s, %s)",
            [(e.position, e.source, e.key, e.salt, e.digest, e.link) for e in entries],
        )


async def add_checkpoint(tx: Tx, row: AuditCheckpoint, now: datetime) -> None:
    """Store that the chain was closed."""
    await tx.execute(
        "INSERT INTO audit_checkpoint (n, entries, link, made_at, signature) VALUES (%s, %s, %s, %s, %s)",
        (row.n, row.entries, row.link, now, row.signature),
    )


async def checkpoints(tx: Tx) -> list[AuditCheckpoint]:
    """All checkpoints, in order."""
    async with tx.cursor(row_factory=class_row(AuditCheckpoint)) as cursor:
        await cursor.execute("SELECT n, entries, link, signature FROM audit_checkpoint ORDER BY n")
        return await cursor.fetchall()


async def entries(tx: Tx, after: int) -> list[AuditEntry]:
    """Some entries of the chain after a position, in order."""
    async with tx.cursor(row_factory=class_row(AuditEntry)) as cursor:
        await cursor.execute(
            "SELECT position, source, key, salt, digest, link FROM audit_entry WHERE position > %s"
            " ORDER BY position LIMIT %s",
            (after, BATCH),
        )
        return await cursor.fetchall()


async def contents(tx: Tx, source: str) -> AsyncIterator[KeptRow]:
    """Every row of a table that only grows, one after the other."""
    key, _ = _KEYS[source]
    async with tx.cursor(name="kept", row_factory=class_row(KeptRow)) as cursor:
        cursor.itersize = BATCH
        await cursor.execute(
            f"SELECT jsonb_build_array({key})::text AS key, {_CONTENT} AS content FROM {source} r".encode()  # noqa: S608
        )
        async for row in cursor:
            yield row
