"""Connections of the pool: whoever is told to stop while it waits for one stops."""

import asyncio

from pro_collector.postgres.database import Database


async def test_no_cancellation_is_lost_where_connections_are_few(database_url: str) -> None:
    database = await Database(database_url, connections=2).open()

    async def pump() -> None:
        while True:
            async with database.transaction() as tx:
                await tx.execute("SELECT 1")

    try:
        for turn in range(60):
            pumps = [asyncio.create_task(pump()) for _ in range(5)]
            await asyncio.sleep(0.001 + turn % 20 * 0.0003)
            for task in pumps:
                task.cancel()
            _, going_on = await asyncio.wait(pumps, timeout=5)
            assert not going_on
    finally:
        await database.close()
