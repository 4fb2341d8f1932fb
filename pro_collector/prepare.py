"""Prepares an empty or older installation: the schema in PostgreSQL, encryption with a new key, topics in Kafka."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import structlog

from pro_collector.errors import Altered, Conflict, Misconfigured
from pro_collector.kafka.topics import create_topics
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.migrate import migrate
from pro_collector.postgres.questions import sealed
from pro_collector.postgres.questions.sealed import Resealed, SealedRow, Table
from pro_collector.runtime import vault_of
from pro_collector.settings import Settings
from pro_collector.vault import Vault

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done: migrations by name, the number of rows that were sealed again, created topics by name."""

    migrations: Sequence[str]
    resealed: int
    topics: Sequence[str]


async def prepare(settings: Settings) -> Prepared:
    """Migrate the database, seal what is sealed with an old key or in an old format again, and create the topics.

    Raises Conflict when something must be sealed again while another process works, and with a new key when an address
    is not the one that was recorded: a person can record it again.
    """
    vault, url = vault_of(settings), settings.database_url.get_secret_value()
    migrations = await asyncio.to_thread(migrate, url)
    async with AsyncExitStack() as stack:
        database = await Database(url).open()
        stack.push_async_callback(database.close)
        async with database.transaction(long=True) as tx:
            resealed = await reseal(tx, vault)
    return Prepared(migrations, resealed, await create_topics(settings))


async def reseal(tx: Tx, vault: Vault) -> int:
    """Seal every value with the key of `vault`, unless that is done; return how many.

    Raises Conflict as `prepare` does, and Misconfigured when no key fits. A value that is not the one that was recorded
    in its row stays as it is: nobody can open it any more.
    """
    samples = await sealed.samples(tx)
    if not samples or vault.sealed_any(samples):
        return 0
    source = _source(vault, samples)
    if await sealed.other_process_connected(tx):
        raise Conflict("stop every part first: everything is sealed again, and they cannot read that")
    work = _Resealing(source, vault)
    count = await sealed.reseal_all(tx, work.seal)
    if work.altered.get("contact") and source.vault is vault.old:
        raise Conflict(
            "PRO_VAULT_KEY: nothing was sealed again. These rows of vault.contact do not have the recorded address; "
            f"record the addresses again (participant change) with the old key: {', '.join(work.altered['contact'])}"
        )
    for table, rows in work.altered.items():
        log.error("sealed values are not those that were recorded: nobody can open them", table=table, rows=rows)
    return count


@dataclass(frozen=True, slots=True)
class _Source:
    """What opens the values: a vault with their key, and whether an earlier version sealed them."""

    vault: Vault
    fernet: bool

    def open(self, table: Table, row: SealedRow) -> str:
        """The text of a row. Raises Altered when it is not the one that was recorded there."""
        if self.fernet:
            text = self.vault.before.unseal(row.sealed, row.row, bound=table in ("nickname", "written"))
        else:
            text = self.vault.unseal(row.sealed, row.row)
        address = text if table == "contact" else _sender(text) if table == "inbound" else None
        if address is not None and self.vault.lookup(address) != row.lookup:
            raise Altered(f"{row.row}: its lookup does not match")
        return text


@dataclass(frozen=True, slots=True)
class _Resealing:
    """Seals rows again, keeps the ids of those that were altered, and the new keyed hash of each address."""

    source: _Source
    vault: Vault
    altered: dict[Table, list[str]] = field(default_factory=dict)
    lookups: dict[bytes, bytes] = field(default_factory=dict)

    def seal(self, table: Table, row: SealedRow) -> Resealed:
        """The new value and the new keyed hash of a row; None if it was altered."""
        try:
            text = self.source.open(table, row)
        except Altered:
            self.altered.setdefault(table, []).append(str(row.id))
            return None
        if row.lookup is None:
            return self.vault.seal(text, row.row), None
        address = text if table == "contact" else _sender(text)
        lookup = self.lookups.get(row.lookup, row.lookup) if address is None else self.vault.lookup(address)
        self.lookups[row.lookup] = lookup
        name = row.row if table == "contact" else f"{row.row.rpartition('/')[0]}/{lookup.hex()}"
        return self.vault.seal(text, name), lookup


def _sender(fields: str) -> str | None:
    """The sender of a text or mail; None for a question from an own page, which has none."""
    read: Mapping[str, str] = json.loads(fields)
    return read.get("sender")


def _source(vault: Vault, samples: Sequence[bytes]) -> _Source:
    """What these values were sealed with. Raises Misconfigured when it is none of the keys."""
    for each in (vault, vault.old):
        if each is not None and each.sealed_any(samples):
            return _Source(each, fernet=False)
        if each is not None and each.before.sealed_any(samples):
            return _Source(each, fernet=True)
    raise Misconfigured("PRO_VAULT_KEY is not the key this database was sealed with")
