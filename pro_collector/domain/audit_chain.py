"""The chain over what only grows: which digest a row has, how entries are linked, what a change breaks.

Each row has an entry with the digest of its salt, key and content. Each entry has a link: a digest of the link before,
of the table and of the row's digest. So nobody can change, remove or reorder rows or entries without breaking a link,
unless they compute all later links anew; then the links differ from the checkpoints, which are signed.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

START = bytes(32)
"""The link before the first entry."""

AuditFaultKind = Literal[
    "row changed",
    "row removed",
    "entry changed",
    "entry missing",
    "checkpoint changed",
    "checkpoint missing",
    "signed with a key that is not here",
    "emptied without an erasure",
    "not as it was kept outside",
]
Verify = Callable[[str, str], bool | None]
"""Whether a signature is that of a text; None: with which key it was signed is known, but the key is not here."""


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


class ChainReader:
    """Reads the chain once, in order, some entries at a time; after a fault it goes on from what is stored."""

    def __init__(self, checkpoints: Sequence[AuditCheckpoint], verify: Verify) -> None:
        self._checkpoints = checkpoints
        self._verify = verify
        self._closed = {each.entries: each.link for each in checkpoints}
        self._link = START
        self.seen = 0
        """The position of the last entry that was read."""
        self.erased = 0
        """How many entries were of erased rows."""

    def read(self, entries: Iterable[AuditEntry]) -> list[AuditFault]:
        """What is wrong with the next entries."""
        return [fault for entry in entries for fault in self._faults(entry)]

    def end(self) -> list[AuditFault]:
        """What is wrong with the checkpoints, when all entries were read."""
        return list(_checkpoint_faults(self._checkpoints, self.seen, self._verify))

    def _faults(self, entry: AuditEntry) -> Iterator[AuditFault]:
        if entry.position != self.seen + 1:
            yield AuditFault("audit_entry", str(self.seen + 1), "entry missing")
        elif _link(self._link, entry.source, entry.digest) != entry.link:
            yield AuditFault(entry.source, entry.key or f"entry {entry.position}", "entry changed")
        self.seen, self._link = entry.position, entry.link
        self.erased += entry.key is None
        if self._closed.get(self.seen, self._link) != self._link:
            yield AuditFault("audit_entry", str(self.seen), "entry changed")


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A checkpoint as it was written to a file outside the database."""

    n: int
    entries: int
    link: bytes
    signature: str
    made_at: datetime


def head_faults(
    heads: Iterable[KeptHead], checkpoints: Iterable[AuditCheckpoint], lost: Sequence[tuple[datetime, datetime]]
) -> Iterator[AuditFault]:
    """The heads kept outside that the database does not have any more as they were.

    `lost`: from when to when the database forgot what was recorded, because it was restored from a backup.
    """
    stored = {each.n: (each.entries, each.link, each.signature) for each in checkpoints}
    for head in heads:
        if stored.get(head.n) != (head.entries, head.link, head.signature) and not any(
            since < head.made_at <= until for since, until in lost
        ):
            yield AuditFault("audit_checkpoint", str(head.n), "not as it was kept outside")


def _checkpoint_faults(checkpoints: Sequence[AuditCheckpoint], entries: int, verify: Verify) -> Iterator[AuditFault]:
    last, before = 0, ""
    for each in checkpoints:
        known = verify(statement(each.n, each.entries, each.link, before), each.signature)
        if each.n != last + 1:
            yield AuditFault("audit_checkpoint", str(last + 1), "checkpoint missing")
        elif known is False:
            yield AuditFault("audit_checkpoint", str(each.n), "checkpoint changed")
        elif known is None and each is checkpoints[-1]:  # a later one, with a key that is here, confirms earlier ones
            yield AuditFault("audit_checkpoint", str(each.n), "signed with a key that is not here")
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
