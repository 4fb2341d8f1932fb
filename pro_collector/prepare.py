"""Prepares an empty or older installation: the schema in PostgreSQL, encryption with a new key, topics in Kafka."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from pro_collector.errors import Altered, Conflict, Misconfigured
from pro_collector.kafka.topics import create_topics
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.migrate import migrate
from pro_collector.postgres.questions import sealed
from pro_collector.postgres.questions.sealed import Resealed, SealedRow
from pro_collector.postgres.tables import data_keys, studies
from pro_collector.postgres.tables.data_keys import LOOKUP
from pro_collector.runtime import NO_KEYS, WRONG_KEY, vault_of
from pro_collector.settings import Settings
from pro_collector.vault import Vault, owner_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done: migrations by name, the number of values that were sealed again, created topics by name."""

    migrations: Sequence[str]
    resealed: int
    topics: Sequence[str]


async def prepare(settings: Settings) -> Prepared:
    """Migrate the database, seal it with a new key or in the present format if needed, and create the topics.

    Raises Conflict when something must be sealed again while another process works.
    """
    vault, url = vault_of(settings), settings.database_url.get_secret_value()
    migrations = await asyncio.to_thread(migrate, url, settings.database_roles)
    async with AsyncExitStack() as stack:
        database = await Database(url).open()
        stack.push_async_callback(database.close)
        async with database.transaction(long=True) as tx:
            resealed = await set_up_vault(tx, vault)
            await studies.fill_definitions(tx)
    return Prepared(migrations, resealed, await create_topics(settings))


async def set_up_vault(tx: Tx, vault: Vault) -> int:
    """Bring the sealed values to the key of `vault` and to the present format; return how many were sealed again.

    After an older version all values are, with a new key the data keys alone. Raises Conflict as `prepare` does, and
    Misconfigured when no key fits.
    """
    lookup_key = await data_keys.find(tx, LOOKUP)
    if lookup_key is not None and vault.seals_key(lookup_key):
        return 0
    await data_keys.lock(tx)
    lookup_key = await data_keys.find(tx, LOOKUP)  # another `migrate` may have done it meanwhile
    if lookup_key is None:
        return await _convert(tx, vault)
    if vault.seals_key(lookup_key):
        return 0
    if vault.old is None or not vault.old.seals_key(lookup_key):
        raise Misconfigured(WRONG_KEY)
    await _alone(tx)
    old = vault.old
    try:
        count = await data_keys.change_all(tx, lambda owner, key: vault.seal_key(owner, old.open_key(owner, key)))
    except Altered as error:
        raise Conflict(
            f"PRO_VAULT_KEY: nothing was sealed again: a row of vault.data_key was changed: {error}"
        ) from None
    vault.lookup_key = old.open_key(LOOKUP, lookup_key)
    await _name_altered(tx, vault)
    return count


async def _name_altered(tx: Tx, vault: Vault) -> None:
    """Log every value that is not the one that was recorded in its row; it stays as it is, and nobody can open it."""

    async def check(rows: Sequence[SealedRow]) -> Resealed:
        keys = await data_keys.find_all(tx, [owner_of(row.row) for row in rows])
        for row in rows:
            opened = keys.get(owner_of(row.row), b"") + row.sealed
            try:
                if row.table == "contact" and row.lookup is not None:
                    vault.open_address(opened, row.row, row.lookup)
                else:
                    vault.unseal(opened, row.row)
            except Altered:
                _log_altered(row)
        return {}

    await sealed.reseal_all(tx, check)


def _log_altered(row: SealedRow) -> None:
    log.error("a value is not the one that was recorded: nobody can open it", table=row.table, id=str(row.id))


async def _convert(tx: Tx, vault: Vault) -> int:
    """Seal again what an older version sealed, each value for its row, and store the key that hashes addresses.

    A value that is not the one that was recorded stays as it is, and nobody can open it any more.
    """
    samples = await sealed.samples(tx)
    known = [each for each in (vault, vault.old) if each is not None and each.before.sealed_any(samples)]
    if samples and not known:
        raise Misconfigured(NO_KEYS)
    source = known[0] if known else vault
    if samples:
        await _alone(tx)
    await data_keys.one(tx, LOOKUP, lambda owner: vault.seal_key(owner, source.lookup_key))
    altered: list[SealedRow] = []

    async def reseal(rows: Sequence[SealedRow]) -> Resealed:
        texts = {row: text for row in rows if (text := _recorded(source, row, altered)) is not None}
        keys = await data_keys.of(tx, [owner_of(row.row) for row in texts], vault.new_key)
        return {row.id: vault.seal(text, row.row, keys[owner_of(row.row)]) for row, text in texts.items()}

    count = await sealed.reseal_all(tx, reseal)
    for row in altered:
        _log_altered(row)
    return count


def _recorded(vault: Vault, row: SealedRow, altered: list[SealedRow]) -> str | None:
    """What an older version sealed for a row; None, and the row is `altered`, if it is not what was recorded there."""
    before = f"{row.id}/written" if row.table == "written" else row.row
    try:
        text = vault.before.unseal(row.sealed, before, bound=row.table in ("nickname", "written"))
        address = text if row.table == "contact" else _sender(text) if row.table == "inbound" else None
        if address is not None and vault.lookup(address) != row.lookup:
            raise Altered(f"{row.row}: its lookup does not match")
    except Altered:
        altered.append(row)
        return None
    return text


def _sender(fields: str) -> str | None:
    """The sender of a text or mail; None for a question from an own page, which has none."""
    read: Mapping[str, str] = json.loads(fields)
    return read.get("sender")


async def _alone(tx: Tx) -> None:
    """Raise Conflict if another process of ours is connected: it would work with the old key or format."""
    if await sealed.other_process_connected(tx):
        raise Conflict("stop every part first: they cannot read what is sealed again")
