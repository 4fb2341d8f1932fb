"""Prepares an empty or older installation: the schema in PostgreSQL, encryption with a new key, topics in Kafka."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from pro_collector.errors import Altered, Conflict
from pro_collector.kafka.topics import create_topics
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.migrate import migrate
from pro_collector.postgres.questions import sealed
from pro_collector.postgres.questions.sealed import SealedAddress, SealedRow
from pro_collector.runtime import vault_of
from pro_collector.settings import Settings
from pro_collector.vault import Vault, row_name


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done: migrations by name, the number of rows sealed with a new key, created topics by name."""

    migrations: Sequence[str]
    resealed: int
    topics: Sequence[str]


async def prepare(settings: Settings) -> Prepared:
    """Migrate the database, seal it with a new key if there is one, and create the topics.

    With a new key, raises Conflict while another process works with the old key, and when an address is not the one
    that was recorded: once it is sealed again, that could not be detected any more.
    """
    vault, url = vault_of(settings), settings.database_url.get_secret_value()
    migrations = await asyncio.to_thread(migrate, url)
    async with AsyncExitStack() as stack:
        database = await Database(url).open()
        stack.push_async_callback(database.close)
        async with database.transaction(long=True) as tx:
            resealed = await _reseal(tx, vault, vault.old) if vault.old else 0
            await bind_addresses(tx, vault)
    return Prepared(migrations, resealed, await create_topics(settings))


async def bind_addresses(tx: Tx, vault: Vault) -> int:
    """Bind addresses to their rows if an older version sealed them without a row; return their number.

    An address that is not the one that was recorded is not changed: nothing is sent there.
    """

    def bound(row: SealedAddress) -> tuple[bytes, bytes] | None:
        if not vault.opens(row.sealed) or vault.is_bound(row.sealed):
            return None
        try:
            return _sealed(vault, row, _address(vault, row)), row.lookup
        except Altered:
            return None

    return await sealed.reseal_addresses(tx, bound)


async def _reseal(tx: Tx, vault: Vault, old_vault: Vault) -> int:
    altered: list[str] = []

    def address(row: SealedAddress) -> tuple[bytes, bytes] | None:
        try:
            plain = _address(old_vault, row)
        except Altered:
            altered.append(str(row.id))
            return None
        return _sealed(vault, row, plain), vault.lookup(plain)

    def received(row: SealedRow) -> tuple[bytes, bytes]:
        fields = old_vault.unseal_json(row.sealed)
        return vault.seal_json(fields), vault.lookup(fields["sender"])

    def words(old: bytes) -> bytes:
        return vault.seal(old_vault.unseal(old))

    samples = await sealed.samples(tx)
    if not samples or vault.opens_any(samples):
        return 0
    if await sealed.other_process_connected(tx):
        raise Conflict("PRO_VAULT_KEY: stop every part before you replace the key: they work with the old key")
    if not old_vault.opens_any(samples):
        old_vault.unseal(samples[0])  # raises: neither key fits
    count = await sealed.reseal_all(tx, address, received, words)
    if altered:
        raise Conflict(
            "PRO_VAULT_KEY: nothing was sealed again. These rows of vault.contact do not have the recorded address; "
            f"record the addresses again (participant change) with the old key: {', '.join(altered)}"
        )
    return count


def _address(vault: Vault, row: SealedAddress) -> str:
    return vault.open_address(row.sealed, _row(row), row.lookup)


def _sealed(vault: Vault, row: SealedAddress, address: str) -> bytes:
    return vault.seal_address(address, _row(row))


def _row(row: SealedAddress) -> str:
    return row_name(row.participant_id, row.reporter, row.channel)
