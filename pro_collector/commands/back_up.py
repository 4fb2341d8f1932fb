"""Writes the whole record into one encrypted file, and checks such a file without a database."""

import os
from datetime import datetime
from pathlib import Path

from pro_collector import __version__
from pro_collector.backup_file.frames import BackupReader, BackupWriter, Head, TableDigest, TableHead
from pro_collector.errors import BadInput, Conflict, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import whole_record
from pro_collector.vault import Vault

UNFINISHED = ".unfinished"
"""The end of the name of a backup that is being written."""


async def back_up(database: Database, vault: Vault, file: Path, now: datetime) -> dict[str, TableDigest]:
    """Write all tables, as they are at one moment, into a new file; return the digest of each table.

    Addresses and texts are in it sealed, as they are stored, and the file is encrypted with a key derived from the
    vault key. While it is written, its name ends in `.unfinished`. Raises Conflict if the file exists.
    """
    if file.exists():
        raise Conflict(f"{file} exists; a backup replaces no file")
    unfinished = file.with_name(file.name + UNFINISHED)
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BadInput([Problem(str(file), None, "", f"cannot be written: {error.strerror}")]) from error
    with os.fdopen(descriptor, "wb") as stream:
        writer = BackupWriter(stream, vault.backup_keys()[0])
        async with database.snapshot() as tx:
            await _write(tx, writer, now)
        digests = writer.end()
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.rename(file)
    return digests


def verify(file: Path, vault: Vault) -> BackupReader:
    """Read a backup to its end and check every byte; return the reader with its head and digests.

    Raises Damaged, Misconfigured when the key does not fit, BadInput when the file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            reader = BackupReader(stream, vault.backup_keys())
            for _ in reader.contents():
                pass
    except OSError as error:
        raise BadInput([Problem(str(file), None, "", f"cannot be read: {error.strerror}")]) from error
    return reader


async def _write(tx: Tx, writer: BackupWriter, now: datetime) -> None:
    await whole_record.use_portable_format(tx)
    shapes = await whole_record.tables(tx)
    migrations = await whole_record.migrations(tx)
    server, last = await whole_record.server_version(tx), await whole_record.sequences(tx)
    writer.head(Head(now, __version__, tuple(migrations), server, last))
    for shape in shapes:
        writer.table(TableHead(shape.name, tuple(shape.columns)))
        async for rows in whole_record.copy_out(tx, shape):
            writer.rows(rows)
