"""Connections of the pool: whoever is told to stop while it waits for one stops."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

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


async def test_a_part_that_is_ended_while_it_connects_ends(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`asyncio.wait_for` of Python 3.11 may lose the cancellation when the pool is open in the same instant."""
    database = Database(database_url)
    began, opened = asyncio.Event(), database._pool.open

    async def lose_cancellation(**options: Any) -> None:
        await opened(**options)
        began.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)

    monkeypatch.setattr(database._pool, "open", lose_cancellation)
    task = asyncio.create_task(database.open())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert database._pool.closed
