"""Close the chain over what only grows, and verify it. Both read some thousand rows at a time."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pro_collector import audit_heads
from pro_collector.audit_keys import AuditKeys
from pro_collector.domain.audit_chain import (
    START,
    AuditCheckpoint,
    AuditEntry,
    AuditFault,
    ChainReader,
    KeptHead,
    append,
    head_faults,
    row_fault,
    statement,
)
from pro_collector.postgres.tables import audit, restorations
from pro_collector.postgres.tables.audit import EntryWithRow, KeptRow, Verification
from pro_collector.runtime import Runtime

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """What a verification read, and what is wrong."""

    entries: int
    last: AuditCheckpoint | None
    erased: int
    """How many entries are of rows that were erased."""
    kept_outside: int
    """How many checkpoints the file outside the database has."""
    findings: tuple[AuditFault, ...]


async def close_chain(rt: Runtime) -> AuditCheckpoint:
    """Take in every committed row that is new, then sign the last link; also when there is nothing new.

    The checkpoint is also written to the file of PRO_AUDIT_HEAD_FILE. Raises OSError when that fails.
    """
    keys, now = AuditKeys.of(rt.settings), rt.clock.now()
    for source in audit.SOURCES:
        while await _take_in(rt, source) == audit.AT_ONCE:
            pass
    async with rt.database.transaction(long=True) as tx:
        await audit.lock(tx)
        last, before = await audit.last_entry(tx), await audit.last_checkpoint(tx)
        n = before.n + 1 if before else 1
        entries, link = (last.position, last.link) if last else (0, START)
        signed = keys.sign(statement(n, entries, link, before.signature if before else ""))
        made = AuditCheckpoint(n, entries, link, signed)
        await audit.add_checkpoint(tx, made, now)
    if file := rt.settings.audit_head_file:
        await asyncio.to_thread(audit_heads.keep, Path(file), KeptHead(n, entries, link, signed, now))
    return made


async def verify_chain(rt: Runtime) -> VerifiedChain:
    """Compare every entry with its row, and every link and checkpoint with what was signed. Changes nothing.

    Raises BadInput when the file of PRO_AUDIT_HEAD_FILE cannot be read.
    """
    file = rt.settings.audit_head_file
    heads = await asyncio.to_thread(audit_heads.read, Path(file)) if file else []
    findings: list[AuditFault] = []
    async with rt.database.snapshot() as tx:
        checkpoints = await audit.checkpoints(tx)
        reader = ChainReader(checkpoints, AuditKeys.of(rt.settings).verify)
        async for entries in audit.entries(tx):
            findings += await asyncio.to_thread(reader.read, entries)
        findings += reader.end()
        for source in audit.SOURCES:
            async for rows in audit.entries_with_rows(tx, source):
                findings += await asyncio.to_thread(_row_faults, rows)
        findings += await audit.emptied_without_erasure(tx)
        findings += head_faults(heads, checkpoints, await restorations.lost(tx))
    last = checkpoints[-1] if checkpoints else None
    return VerifiedChain(reader.seen, last, reader.erased, len(heads), tuple(findings))


async def record_verification(rt: Runtime, verified: VerifiedChain) -> None:
    """Store that the chain was verified, and how many faults there are; which ones, `verify_chain` tells anew."""
    row = Verification(rt.clock.now(), verified.entries, len(verified.findings))
    async with rt.database.transaction() as tx:
        await audit.add_verification(tx, row)


async def _take_in(rt: Runtime, source: str) -> int:
    """Take in new rows of a table; return how many."""
    count = 0
    async with rt.database.transaction(long=True) as tx:
        await audit.lock(tx)
        last = await audit.last_entry(tx)
        async for rows in audit.not_yet_in(tx, source):
            added = await asyncio.to_thread(_entries, last, source, rows)
            await audit.add(tx, added)
            last, count = added[-1], count + len(added)
    return count


def _entries(last: AuditEntry | None, source: str, rows: Sequence[KeptRow]) -> list[AuditEntry]:
    added = []
    for row in rows:
        last = append(last, source, row.key, secrets.token_bytes(SALT_BYTES), row.content)
        added.append(last)
    return added


def _row_faults(rows: Sequence[EntryWithRow]) -> list[AuditFault]:
    return [fault for each in rows if (fault := row_fault(each.entry, each.content))]
