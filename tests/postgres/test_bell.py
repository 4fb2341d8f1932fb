"""The bell wakes who waits, and holds nobody who is told to stop."""

import asyncio

import pytest

from pro_collector.postgres.bell import Bell


@pytest.mark.parametrize("moments", range(5))
async def test_who_is_stopped_just_as_it_rings_does_stop(moments: int) -> None:
    """A pump whose cancellation were lost would go on, and whoever stops all parts would wait for it for ever."""
    bell = Bell("postgresql://nobody@127.0.0.1:1/nothing", ["outbox"])
    pump = asyncio.create_task(_pump(bell))
    await asyncio.sleep(0.01)
    bell._ring_all()
    for _ in range(moments):
        await asyncio.sleep(0)
    pump.cancel()
    await asyncio.wait({pump}, timeout=5)
    assert pump.cancelled()


async def _pump(bell: Bell) -> None:
    while True:
        await bell.wait("outbox")
