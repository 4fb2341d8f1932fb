"""What is in a backup, in order: a head, the rows of each table as PostgreSQL copies them, and a digest of each.

It is a sequence of frames (one byte for the kind, four for the length, the content), compressed and encrypted.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Literal

from pro_collector.backup_file.encryption import EncryptedWriter, decrypted
from pro_collector.errors import Damaged

_HEAD, _TABLE, _ROWS, _END = b"H", b"T", b"R", b"E"
_LENGTH = 4
_LEVEL = 3
"""zlib's level: beyond it, a backup takes longer and is hardly smaller."""


Holds = Literal["record", "data keys"]
"""What a file holds: every table but the data keys, or the data keys."""


@dataclass(frozen=True, slots=True)
class Head:
    """When a backup was made, by which release and migrations; `sequences`: the last number that each has given.

    `database` tells the files of one database from those of others.
    """

    made_at: datetime
    release: str
    migrations: tuple[str, ...]
    server: str
    sequences: Mapping[str, int]
    database: str = ""
    holds: Holds = "record"


@dataclass(frozen=True, slots=True)
class TableHead:
    """A table with its schema, and the columns in the order in which rows have them."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableDigest:
    """How many rows a table has, and the SHA-256 (hex) of its rows as PostgreSQL copies them."""

    rows: int
    sha256: str


@dataclass(slots=True)
class Digesting:
    """Computes the digest of a table from its rows, piece by piece. In PostgreSQL's format every row ends with \\n."""

    rows: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, rows: bytes) -> None:
        """Add rows, or a part of them."""
        self.rows += rows.count(b"\n")
        self._hash.update(rows)

    def digest(self) -> TableDigest:
        """The digest of what was added."""
        return TableDigest(self.rows, self._hash.hexdigest())


class BackupWriter:
    """Writes a backup: `head`, then `table` and its `rows` for each table, then `end`."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._encrypted, self._packed = EncryptedWriter(file, key), zlib.compressobj(_LEVEL)
        self._digests: dict[str, Digesting] = {}
        self._table = ""

    def head(self, head: Head) -> None:
        """Write the head."""
        self._frame(_HEAD, _json({**asdict(head), "made_at": head.made_at.isoformat()}))

    def table(self, table: TableHead) -> None:
        """Begin a table."""
        self._table = table.name
        self._digests[table.name] = Digesting()
        self._frame(_TABLE, _json(asdict(table)))

    def rows(self, rows: bytes) -> None:
        """Add rows to the table that was begun."""
        self._digests[self._table].add(rows)
        self._frame(_ROWS, rows)

    def end(self) -> dict[str, TableDigest]:
        """Write the digests, and finish; return them."""
        digests = {name: digesting.digest() for name, digesting in self._digests.items()}
        self._frame(_END, _json({name: asdict(digest) for name, digest in digests.items()}))
        self._encrypted.write(self._packed.flush())
        self._encrypted.close()
        return digests

    def _frame(self, kind: bytes, content: bytes) -> None:
        frame = kind + len(content).to_bytes(_LENGTH, "big") + content
        self._encrypted.write(self._packed.compress(frame))


class BackupReader:
    """Reads a backup from its beginning. Raises Damaged, and Misconfigured when none of `keys` fits."""

    def __init__(self, file: BinaryIO, keys: Sequence[bytes]) -> None:
        self._frames = _frames(file, list(keys))
        self.head = _read_head(self._next())
        self.digests: dict[str, TableDigest] = {}
        """The digests of all tables, after `contents` has come to its end."""

    def contents(self) -> Iterator[TableHead | bytes]:
        """Each table, followed by its rows; at the end, checks every digest. Raises Damaged."""
        found: dict[str, Digesting] = {}
        table = ""
        while (frame := self._next())[0] != _END:
            kind, content = frame
            if kind == _TABLE:
                head = _read_table(content)
                table = head.name
                found[table] = Digesting()
                yield head
            elif kind == _ROWS and found:
                found[table].add(content)
                yield content
            else:
                raise Damaged("the backup is damaged: its parts are not in order")
        self.digests = {name: TableDigest(**each) for name, each in _object(frame[1]).items()}
        if self.digests != {name: digesting.digest() for name, digesting in found.items()}:
            raise Damaged("the backup is damaged: a table does not have the rows that were written")

    def _next(self) -> tuple[bytes, bytes]:
        try:
            return next(self._frames)
        except StopIteration:
            raise Damaged("the backup is cut off: its end is missing") from None


def _frames(file: BinaryIO, keys: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    unpacked = zlib.decompressobj()
    buffer = bytearray()
    for chunk in decrypted(file, keys):
        buffer += unpacked.decompress(chunk)
        start = 0
        while len(buffer) - start >= 1 + _LENGTH:
            end = start + 1 + _LENGTH + int.from_bytes(buffer[start + 1 : start + 1 + _LENGTH], "big")
            if len(buffer) < end:
                break
            yield bytes(buffer[start : start + 1]), bytes(buffer[start + 1 + _LENGTH : end])
            start = end
        del buffer[:start]


def _read_head(frame: tuple[bytes, bytes]) -> Head:
    kind, content = frame
    if kind != _HEAD:
        raise Damaged("the backup is damaged: it does not begin with its head")
    said = _object(content)
    return Head(
        datetime.fromisoformat(said["made_at"]),
        said["release"],
        tuple(said["migrations"]),
        said["server"],
        said["sequences"],
        said.get("database", ""),
        said.get("holds", "record"),
    )


def _read_table(content: bytes) -> TableHead:
    said = _object(content)
    return TableHead(said["name"], tuple(said["columns"]))


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value).encode()


def _object(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content)
    return found
