"""Restores a backup into an empty database; afterwards nothing is sent until somebody resumes."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from pro_collector.backup_file.files import reading
from pro_collector.backup_file.frames import BackupReader, Digesting, Head, TableHead
from pro_collector.casework.sending import holding
from pro_collector.commands import key_file
from pro_collector.commands.erase_again import erase_again
from pro_collector.domain.conversation.after_restore import Restoration
from pro_collector.domain.events import derived_id
from pro_collector.errors import Conflict, Damaged, NotMigrated
from pro_collector.postgres import grants, score_weekly
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.migrate import migrate, names
from pro_collector.postgres.questions import erasure, sealed, whole_record
from pro_collector.postgres.questions.waiting import waiting_by_channel
from pro_collector.postgres.questions.whole_record import TableShape
from pro_collector.postgres.tables import data_keys, outbox, polls, restorations
from pro_collector.postgres.tables.data_keys import LOOKUP
from pro_collector.runtime import Runtime
from pro_collector.vault import Vault

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Resumption:
    """What leaves when somebody resumes: messages and people by channel; `restoration`: what was restored, and when."""

    restoration: Restoration
    texts: int
    texted: int
    mails: int
    mailed: int


@dataclass(frozen=True, slots=True)
class Restored:
    """Of when the record and the data keys are, and how many people were erased again."""

    at: datetime
    keys_at: datetime
    erased: int


async def restore(
    url: str,
    vault: Vault,
    file: Path,
    by: str,
    now: datetime,
    keys: Path | None = None,
    *,
    roles: str = grants.PREFIX,
) -> Restored:
    """Restore a backup into the empty database at `url`, in one transaction.

    Every table is read again and compared with its digest; then who was erased since the backup is erased again. `keys`
    is the newest file of data keys, the one in the same folder unless another is given. The login of `url` must own the
    database: no role of a part may do this. `roles` stands before the names of the roles. Raises Damaged, Misconfigured
    when the vault key does not fit, Conflict when the database is not empty or in use, the backup is of another schema,
    or the data keys are older than it or of another database.
    """
    with (
        reading(file, vault.backup_keys(), "record") as reader,
        reading(keys or key_file.beside(file), vault.backup_keys(), "data keys") as key_reader,
    ):
        _check_schema(reader.head)
        key_file.check_fit(reader.head, key_reader.head)
        database = await Database(url).open()
        try:
            await _check_empty(database)
            await asyncio.to_thread(migrate, url, roles)
            async with database.transaction(long=True) as tx:
                await _load(tx, reader)
                erased = await _take_over(tx, key_reader, reader.head.made_at, by, now)
            await score_weekly.refresh(database)
            await database.run_alone("ANALYZE")
        finally:
            await database.close()
    return Restored(reader.head.made_at, key_reader.head.made_at, erased)


async def take_over(url: str, vault: Vault, keys: Path, at: datetime, by: str, now: datetime) -> Restored:
    """Treat the database at `url` as restored: another program brought it back to its state `at` that moment.

    Its data keys become those of the newest key file, who was erased since is erased again, and no message leaves until
    somebody resumes. Raises as `restore` does, and NotMigrated when the database is not of this release.
    """
    with reading(keys, vault.backup_keys(), "data keys") as key_reader:
        database = await Database(url).open()
        try:
            async with database.transaction(long=True) as tx:
                await _check_alone(tx)
                here = await key_file.head_of(tx, vault, at, "record")
                if await data_keys.find(tx, LOOKUP) is None:  # restored without data keys
                    here = replace(here, database=key_reader.head.database)
                key_file.check_fit(here, key_reader.head)
                erased = await _take_over(tx, key_reader, at, by, now)
            await score_weekly.refresh(database)
        finally:
            await database.close()
    return Restored(at, key_reader.head.made_at, erased)


async def _take_over(tx: Tx, key_reader: BackupReader, at: datetime, by: str, now: datetime) -> int:
    """Take the data keys, erase again who was erased since `at`, and hold messages; return how many were erased."""
    before = await erasure.recorded(tx)
    await _load_keys(tx, key_reader)
    erased = await erase_again(tx, before)
    await restorations.add(tx, derived_id("restoration", at, now), at, now, by)
    log.error("restored: no message leaves until somebody resumes", backup_at=at.isoformat())
    return erased


async def waiting(rt: Runtime) -> Resumption:
    """What waits since the database was restored.

    Raises Conflict when nothing is to be resumed, and while texts that people wrote meanwhile are not read: one of them
    may be a stop.
    """
    async with rt.database.transaction() as tx:
        restoration = await restorations.last(tx)
        if restoration is None or restoration.resumed_at is not None:
            raise Conflict("nothing is to be resumed: this database was not restored, or somebody has resumed")
        await _check_read(tx, rt, restoration)
        rows = {row.channel: row for row in await waiting_by_channel(tx, rt.clock.now())}
    texts, mails = rows.get("sms"), rows.get("email")
    return Resumption(
        restoration,
        texts=texts.messages if texts else 0,
        texted=texts.people if texts else 0,
        mails=mails.messages if mails else 0,
        mailed=mails.people if mails else 0,
    )


async def resume(rt: Runtime, by: str) -> None:
    """Let messages leave again. What may have left before the restore is not sent before the provider was asked."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        restoration = await restorations.last(tx)
        if restoration is None or restoration.resumed_at is not None:
            raise Conflict("nothing is to be resumed")
        await _check_read(tx, rt, restoration)
        await restorations.resume(tx, now, by)
        await holding.resume(tx, restoration.restored_at, now)


async def _check_read(tx: Tx, rt: Runtime, restoration: Restoration) -> None:
    if rt.twilio is not None:
        until = await polls.read_until(tx, polls.InboundLog("twilio", rt.settings.twilio_sender))
        if until is None or until < restoration.restored_at:
            raise Conflict("the carrier's log of inbound texts has not been read since: start all parts, wait a minute")
    unread = await outbox.count_unhandled(tx, "message.received")
    if unread:
        raise Conflict(f"{unread} texts and mails are not read yet; one may be a stop: start all parts, wait a minute")


def _check_schema(head: Head) -> None:
    mine = names()
    if list(head.migrations) == mine:
        return
    here, there = mine[-1], head.migrations[-1] if head.migrations else "none"
    raise Conflict(
        f"the backup has the schema {there}, this release has {here}: install pro-collector {head.release}, with which "
        "it was made, restore there, then upgrade"
    )


async def _check_alone(tx: Tx) -> None:
    if await sealed.other_process_connected(tx):
        raise Conflict("another process uses this database: stop every part, then restore")


async def _check_empty(database: Database) -> None:
    try:
        async with database.transaction() as tx:
            await _check_alone(tx)
            found = await whole_record.filled(tx, await whole_record.tables(tx))
            found = [table for table in found if table != "vault.data_key"]  # `migrate` makes the first key
    except NotMigrated:
        return
    if found:
        raise Conflict(f"the database is not empty ({', '.join(found[:5])}): a backup is restored into an empty one")


async def _load(tx: Tx, reader: BackupReader) -> None:
    await whole_record.use_portable_format(tx)
    shapes = {shape.name: shape for shape in await whole_record.tables(tx)}
    parts = reader.contents()
    part = next(parts, None)
    loaded = []
    while isinstance(part, TableHead):
        shape = shapes.get(part.name)
        if shape is None or set(shape.columns) != set(part.columns):
            raise Conflict(f"the table {part.name} of the backup is not as the one of this release")
        rows = _Rows(parts)
        await whole_record.copy_in(tx, shape, part.columns, rows)
        loaded.append(shape)
        part = rows.following
    await whole_record.set_sequences(tx, reader.head.sequences)
    for shape in loaded:
        await _check_table(tx, shape, reader)


async def _load_keys(tx: Tx, reader: BackupReader) -> None:
    """Take the data keys, and add which erasures were done since the backup."""
    await data_keys.remove_all(tx)
    await whole_record.use_portable_format(tx)
    shapes = {shape.name: shape for shape in await key_file.tables(tx)}
    parts = reader.contents()
    part = next(parts, None)
    while isinstance(part, TableHead):
        shape = shapes.get(part.name)
        if shape is None or shape.columns != list(part.columns):
            raise Conflict(f"the table {part.name} of the file of data keys is not as the one of this release")
        rows = _Rows(parts)
        await whole_record.add_missing(tx, shape, rows)
        part = rows.following


class _Rows:
    """The rows of the table that was begun; then `following` is the next table, None at the end."""

    def __init__(self, parts: Iterator[TableHead | bytes]) -> None:
        self._parts = parts
        self.following: TableHead | None = None

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, TableHead):
                self.following = part
                return
            yield part


async def _check_table(tx: Tx, shape: TableShape, reader: BackupReader) -> None:
    digesting = Digesting()
    async for rows in whole_record.copy_out(tx, shape):
        digesting.add(rows)
    if digesting.digest() != reader.digests[shape.name]:
        raise Damaged(f"{shape.name}: the restored rows are not those of the backup; nothing was restored")
