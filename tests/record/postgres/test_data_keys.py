"""The keys of people and addresses: made once, and destroyed only when nothing is sealed with them."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from pro_collector.postgres.database import Database
from pro_collector.postgres.tables import data_keys, inbound
from pro_collector.postgres.tables.inbound import InboundRow
from tests.shared.clock import START

ADDRESS = b"a" * 32
PERSON = UUID(int=1)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database(database_url).open()
    yield opened
    await opened.close()


async def owners(database: Database) -> list[str]:
    async with database.transaction() as tx:
        return [row["owner"] async for row in await tx.execute("SELECT owner FROM vault.data_key ORDER BY owner")]


async def test_a_key_is_made_once_also_by_two_at_once(database: Database) -> None:
    async def made(key: bytes) -> bytes:
        async with database.transaction() as tx:
            return await data_keys.one(tx, "x", lambda _: key)

    first, second = await asyncio.gather(made(b"1"), made(b"2"))
    assert first == second == await made(b"3")


async def test_a_key_is_not_destroyed_under_whoever_seals_with_it(database: Database) -> None:
    async def destroy() -> int:
        async with database.transaction() as tx:
            return await data_keys.destroy(tx, [PERSON])

    async with database.transaction() as tx:
        await data_keys.of(tx, [ADDRESS.hex(), "b" * 64, str(PERSON), "lookup"], lambda _: b"key")
    async with database.transaction() as tx:
        await data_keys.one(tx, ADDRESS.hex(), lambda _: b"another")
        destroying = asyncio.create_task(destroy())
        await asyncio.wait({destroying}, timeout=0.2)
        assert not destroying.done()
        await inbound.add(tx, [InboundRow(UUID(int=2), "twilio", "SM1", START, ADDRESS, b"words")])
    assert await destroying == 2, "the person's, and that of the address that nothing came from"
    assert await owners(database) == [ADDRESS.hex(), "lookup"]
