"""The chain over what only grows: which digest a row has, how entries are linked, what a change breaks.

Each row has an entry with the digest of its salt, key and content. Each entry has a link: a digest of the link before,
of the table and of the row's digest. So nobody can change, remove or reorder rows or entries without breaking a link,
unless they compute all later links anew; then the links differ from the checkpoints, which are signed.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

START = bytes(32)
"""The link before the first entry."""

AuditFaultKind = Literal[
    "row changed", "row removed", "entry changed", "entry missing", "checkpoint changed", "checkpoint missing"
]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the chain. `key`: None if the row was erased; `salt`: None if the row or words in it were erased."""

    position: int
    source: str
    key: str | None
    salt: bytes | None
    digest: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class AuditCheckpoint:
    """The chain as it was closed for the nth time: how many entries it had, and the link of the last."""

    n: int
    entries: int
    link: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class AuditFault:
    """What was tampered with: the table, the key of the row or the number of entry or checkpoint, and how."""

    source: str
    key: str
    fault: AuditFaultKind


def digest(salt: bytes, key: str, content: str) -> bytes:
    """The digest of a row (SHA-256); without the salt nobody can find out from it what the row was."""
    return _hash(salt, key.encode(), content.encode())


def append(last: AuditEntry | None, source: str, key: str, salt: bytes, content: str) -> AuditEntry:
    """The entry of a row, after the `last` one."""
    own = digest(salt, key, content)
    position, before = (last.position + 1, last.link) if last else (1, START)
    return AuditEntry(position, source, key, salt, own, _link(before, source, own))


def statement(n: int, entries: int, link: bytes, before: str) -> str:
    """The text of a checkpoint that is signed; `before`: the signature of the checkpoint before, '' for the first."""
    return f"audit checkpoint {n}: {entries} entries, {link.hex()}, after {before or 'nothing'}"


def row_fault(entry: AuditEntry, content: str | None) -> AuditFault | None:
    """What is wrong with the row of an entry; `content`: None if there is no such row now."""
    if entry.key is None:
        return None
    if content is None:
        return AuditFault(entry.source, entry.key, "row removed")
    if entry.salt is not None and digest(entry.salt, entry.key, content) != entry.digest:
        return AuditFault(entry.source, entry.key, "row changed")
    return None


def chain_faults(
    entries: Iterable[AuditEntry], checkpoints: Iterable[AuditCheckpoint], signature_of: Callable[[str], str]
) -> Iterator[AuditFault]:
    """What is wrong with the chain itself; both in order. After a fault, it goes on from what is stored."""
    kept = list(checkpoints)
    closed = {each.entries: each.link for each in kept}
    seen, before = 0, START
    for entry in entries:
        if entry.position != seen + 1:
            yield AuditFault("audit_entry", str(seen + 1), "entry missing")
        elif _link(before, entry.source, entry.digest) != entry.link:
            yield AuditFault(entry.source, entry.key or f"entry {entry.position}", "entry changed")
        seen, before = entry.position, entry.link
        if closed.get(seen, before) != before:
            yield AuditFault("audit_entry", str(seen), "entry changed")
    yield from _checkpoint_faults(kept, seen, signature_of)


def _checkpoint_faults(
    checkpoints: Iterable[AuditCheckpoint], entries: int, signature_of: Callable[[str], str]
) -> Iterator[AuditFault]:
    last, before = 0, ""
    for each in checkpoints:
        if each.n != last + 1:
            yield AuditFault("audit_checkpoint", str(last + 1), "checkpoint missing")
        elif signature_of(statement(each.n, each.entries, each.link, before)) != each.signature:
            yield AuditFault("audit_checkpoint", str(each.n), "checkpoint changed")
        if each.entries > entries:
            yield AuditFault("audit_entry", str(entries + 1), "entry missing")
        last, before = each.n, each.signature


def _link(before: bytes, source: str, own: bytes) -> bytes:
    return _hash(before, source.encode(), own)


def _hash(*parts: bytes) -> bytes:
    """SHA-256 of the parts, each with its length before it, so that no two lists of parts give the same bytes."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.digest()
