"""Close the chain over what only grows, and verify it."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pro_collector.domain.audit_chain import (
    START,
    AuditCheckpoint,
    AuditEntry,
    AuditFault,
    append,
    chain_faults,
    row_fault,
    statement,
)
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import audit
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """What a verification read, and what is wrong."""

    entries: int
    last: AuditCheckpoint | None
    erased: int
    """How many entries are of rows that were erased."""
    findings: tuple[AuditFault, ...]


async def close_chain(rt: Runtime) -> AuditCheckpoint:
    """Take in every committed row that is new, then sign the last link; also when there is nothing new."""
    for source in audit.SOURCES:
        while await _take_in(rt, source) == audit.BATCH:
            pass
    async with rt.database.transaction(long=True) as tx:
        await audit.lock(tx)
        last, before = await audit.last_entry(tx), await audit.checkpoints(tx)
        n = before[-1].n + 1 if before else 1
        entries, link = (last.position, last.link) if last else (0, START)
        signed = rt.vault.sign(statement(n, entries, link, before[-1].signature if before else ""))
        made = AuditCheckpoint(n, entries, link, signed)
        await audit.add_checkpoint(tx, made, rt.clock.now())
    return made


async def verify_chain(rt: Runtime) -> VerifiedChain:
    """Compare every entry with its row, and every link and checkpoint with what was signed. Changes nothing."""
    async with rt.database.snapshot() as tx:
        entries = [entry async for entry in _entries(tx)]
        checkpoints = await audit.checkpoints(tx)
        findings = list(chain_faults(entries, checkpoints, rt.vault.sign))
        for source in audit.SOURCES:
            findings += await _row_faults(tx, source, [each for each in entries if each.source == source])
    erased = sum(entry.key is None for entry in entries)
    return VerifiedChain(len(entries), checkpoints[-1] if checkpoints else None, erased, tuple(findings))


async def _take_in(rt: Runtime, source: str) -> int:
    """Take in some new rows of a table; return how many."""
    async with rt.database.transaction(long=True) as tx:
        await audit.lock(tx)
        last, added = await audit.last_entry(tx), list[AuditEntry]()
        for row in await audit.not_yet_in(tx, source):
            last = append(last, source, row.key, secrets.token_bytes(16), row.content)
            added.append(last)
        await audit.add(tx, added)
    return len(added)


async def _row_faults(tx: Tx, source: str, entries: list[AuditEntry]) -> list[AuditFault]:
    missing = {entry.key: entry for entry in entries if entry.key is not None}
    findings = []
    async for row in audit.contents(tx, source):
        entry = missing.pop(row.key, None)
        if entry is not None and (found := row_fault(entry, row.content)):
            findings.append(found)
    return findings + [found for entry in missing.values() if (found := row_fault(entry, None))]


async def _entries(tx: Tx) -> AsyncIterator[AuditEntry]:
    after = 0
    while some := await audit.entries(tx, after):
        for entry in some:
            yield entry
        after = some[-1].position
