"""The file of data keys beside the backups: it is replaced whenever it is written, and has nobody who was erased."""

import hashlib
from datetime import datetime
from pathlib import Path

from pro_collector import __version__
from pro_collector.backup_file.files import reading, writing
from pro_collector.backup_file.frames import BackupWriter, Head, Holds, TableDigest, TableHead
from pro_collector.errors import Conflict, Damaged, Misconfigured
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import whole_record
from pro_collector.postgres.questions.whole_record import TableShape
from pro_collector.postgres.tables import data_keys
from pro_collector.postgres.tables.data_keys import LOOKUP
from pro_collector.runtime import WRONG_KEY
from pro_collector.vault import Vault

DATA_KEY = "vault.data_key"
"""The table that is in the key file, and in no backup."""
_COLUMNS = {
    DATA_KEY: ("owner", "sealed", "made_at"),
    "vault.erased_text": ("id",),
    "public.erasure": (
        "id",
        "study",
        "kept_answers",
        "erased_at",
        "erased_by",
        "reason",
        "recorded_at",
        "entries",
    ),
}
"""The tables of a key file, with their columns. Keys come first: who is erased meanwhile is erased again."""


def beside(backup: Path) -> Path:
    """The key file in the folder of a backup."""
    return backup.with_name("data-keys")


async def back_up_keys(database: Database, vault: Vault, file: Path, now: datetime) -> dict[str, TableDigest]:
    """Write all data keys and the record of erasures in place of the key file; return the digest of each table.

    Raises Conflict when another file has this name, Misconfigured when the vault key is not that of the database.
    """
    async with database.transaction(long=True) as tx:
        await data_keys.wait_for_other_copies(tx)
        made_at = max(now, await _made_before(tx, vault, file) or now)
        await whole_record.use_portable_format(tx)
        with writing(file) as stream:
            writer = BackupWriter(stream, vault.backup_keys()[0])
            writer.head(await head_of(tx, vault, made_at, "data keys"))
            for shape in await tables(tx):
                writer.table(TableHead(shape.name, tuple(shape.columns)))
                async for rows in whole_record.copy_out(tx, shape):
                    writer.rows(rows)
            return writer.end()


async def tables(tx: Tx) -> list[TableShape]:
    """The tables of a key file, in its order."""
    shapes = {shape.name: shape for shape in await whole_record.tables(tx)}
    return [whole_record.only(shapes[name], columns) for name, columns in _COLUMNS.items()]


async def head_of(tx: Tx, vault: Vault, made_at: datetime, holds: Holds) -> Head:
    """The head of a file of this database. Raises Misconfigured when the vault key is not that of the database."""
    migrations = tuple(await whole_record.migrations(tx))
    server, last = await whole_record.server_version(tx), await whole_record.sequences(tx)
    return Head(made_at, __version__, migrations, server, last, await _database(tx, vault), holds)


def check_fit(record: Head, keys: Head) -> None:
    """Raise Conflict when these data keys cannot open what is in that backup."""
    if keys.database != record.database:
        raise Conflict("the data keys are those of another database")
    if keys.made_at < record.made_at:
        raise Conflict(
            f"the data keys are of {keys.made_at:%Y-%m-%d %H:%M:%S} UTC, older than the backup, so some are missing: "
            "take the newest file of them"
        )


async def _made_before(tx: Tx, vault: Vault, file: Path) -> datetime | None:
    """When the key file that is there was made; None when there is none."""
    if not file.exists():
        return None
    try:
        with reading(file, vault.backup_keys(), "data keys") as reader:
            if reader.head.database == await _database(tx, vault):
                return reader.head.made_at
    except (Conflict, Damaged, Misconfigured):
        pass
    raise Conflict(f"{file} is not the file of data keys of this database: it is not replaced; name another file")


async def _database(tx: Tx, vault: Vault) -> str:
    """What tells the files of one database from those of others: a hash of the key that hashes its addresses."""
    sealed = await data_keys.find(tx, LOOKUP)
    if sealed is None:  # nothing was sealed here yet
        key = vault.lookup_key
    else:
        owner = next((each for each in (vault, vault.old) if each is not None and each.seals_key(sealed)), None)
        if owner is None:
            raise Misconfigured(WRONG_KEY)
        key = owner.open_key(LOOKUP, sealed)
    return hashlib.sha256(b"database" + key).hexdigest()[:16]
