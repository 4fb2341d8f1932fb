"""Writes the whole record into one encrypted file, and its data keys into another; checks such files."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pro_collector.backup_file.files import reading, writing
from pro_collector.backup_file.frames import BackupReader, BackupWriter, TableDigest, TableHead
from pro_collector.commands import key_file
from pro_collector.commands.key_file import DATA_KEY, back_up_keys, check_fit, head_of
from pro_collector.errors import Conflict
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import whole_record
from pro_collector.vault import Vault


@dataclass(frozen=True, slots=True)
class Verified:
    """A file that is whole, and the key file that opens what is in it; None for a key file itself."""

    file: BackupReader
    keys: BackupReader | None


async def back_up(
    database: Database, vault: Vault, file: Path, now: datetime, keys: Path | None = None
) -> dict[str, TableDigest]:
    """Write all tables, as they are at one moment, into a new file; return the digest of each table.

    The data keys, without which nobody can read addresses and texts, are in no backup: `keys`, a file in the same
    folder unless another is given, is replaced by the present ones. Both files are encrypted with a key derived from
    the vault key. Raises Conflict if the file exists, or if another file has the name of the key file.
    """
    if file.exists():
        raise Conflict(f"{file} exists; a backup replaces no file")
    with writing(file) as stream:
        writer = BackupWriter(stream, vault.backup_keys()[0])
        async with database.snapshot() as tx:
            await _write(tx, writer, vault, now)
        digests = writer.end()
        await back_up_keys(database, vault, keys or key_file.beside(file), now)  # with the newest key in the record
    return digests


def verify(file: Path, vault: Vault, keys: Path | None = None) -> Verified:
    """Read a backup and its key file to their ends and check every byte, or a key file alone.

    Raises Damaged, Misconfigured when the vault key does not fit, BadInput when a file cannot be read, Conflict when
    the data keys are not those of the backup.
    """
    with reading(file, vault.backup_keys()) as reader:
        _read_through(reader)
    if reader.head.holds == "data keys":
        return Verified(reader, None)
    with reading(keys or key_file.beside(file), vault.backup_keys(), "data keys") as key_reader:
        check_fit(reader.head, key_reader.head)
        _read_through(key_reader)
    return Verified(reader, key_reader)


def _read_through(reader: BackupReader) -> None:
    for _ in reader.contents():
        pass


async def _write(tx: Tx, writer: BackupWriter, vault: Vault, now: datetime) -> None:
    await whole_record.use_portable_format(tx)
    writer.head(await head_of(tx, vault, now, "record"))
    for shape in await whole_record.tables(tx):
        if shape.name != DATA_KEY:
            writer.table(TableHead(shape.name, tuple(shape.columns)))
            async for rows in whole_record.copy_out(tx, shape):
                writer.rows(rows)
