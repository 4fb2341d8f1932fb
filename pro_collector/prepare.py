"""Makes an empty or older installation ready: the schema in PostgreSQL, its seal, the topics in Kafka."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pro_collector.errors import Conflict
from pro_collector.kafka.topics import create_topics
from pro_collector.postgres import sealed
from pro_collector.postgres.database import Database
from pro_collector.postgres.migrate import migrate
from pro_collector.runtime import vault_of
from pro_collector.settings import Settings
from pro_collector.vault import Vault


@dataclass(frozen=True, slots=True)
class Prepared:
    """What there was to do: migrations by name, addresses and texts sealed with a new key, topics by name."""

    migrations: Sequence[str]
    resealed: int
    topics: Sequence[str]


async def prepare(settings: Settings) -> Prepared:
    """Migrate the database, seal it with a new key if there is one, and create the topics.

    Raises Conflict when there is a new key and another process is at work with the old one.
    """
    vault, url = vault_of(settings), settings.database_url.get_secret_value()
    migrations = await asyncio.to_thread(migrate, url)
    resealed = await _reseal(url, vault, vault.before) if vault.before else 0
    return Prepared(migrations, resealed, await create_topics(settings))


async def _reseal(url: str, vault: Vault, before: Vault) -> int:
    def address(was: bytes) -> tuple[bytes, bytes]:
        said = before.unseal(was)
        return vault.seal(said), vault.lookup(said)

    def received(was: bytes) -> tuple[bytes, bytes]:
        fields = before.unseal_json(was)
        return vault.seal_json(fields), vault.lookup(fields["sender"])

    database = await Database(url).open()
    try:
        async with database.transaction(long=True) as tx:
            found = await sealed.sample(tx)
            if found is None or vault.opens(found):
                return 0
            if await sealed.others_at_work(tx):
                raise Conflict("PRO_VAULT_KEY: stop every part before the key is replaced: they work with the old one")
            return await sealed.replace(tx, address, received)
    finally:
        await database.close()
