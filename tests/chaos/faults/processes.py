"""Processes that are killed, that hang, or that are told to end."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from tests.chaos.faults.fault import fault
from tests.chaos.house import House
from tests.chaos.needs import apache
from tests.chaos.record import connect

FREEZES = 0.3
"""Seconds after which a connection that is idle in a transaction belongs to the process that was frozen."""


@asynccontextmanager
async def without(house: House, name: str) -> AsyncIterator[None]:
    house.kill_part(name)
    yield
    house.start_part(name)


@fault(lasts=5)
async def worker_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with without(house, house.one_of("worker", dice)):
        yield


@fault(lasts=5)
async def sender_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with without(house, house.one_of("sender", dice)):
        yield


@fault(lasts=5)
async def relay_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with without(house, house.one_of("relay", dice)):
        yield


@fault(lasts=5)
async def scheduler_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with without(house, house.one_of("scheduler", dice)):
        yield


@fault(lasts=20)
async def web_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with without(house, house.one_of("web", dice)):
        yield


@asynccontextmanager
async def _frozen(house: House, name: str) -> AsyncIterator[None]:
    house.signal_part(name, signal.SIGSTOP)
    try:
        yield
    finally:
        house.signal_part(name, signal.SIGCONT)


@fault(lasts=25)
async def worker_frozen(house: House, dice: Random) -> AsyncIterator[None]:
    async with _frozen(house, house.one_of("worker", dice)):
        yield


@fault(lasts=22)
async def sender_frozen(house: House, dice: Random) -> AsyncIterator[None]:
    async with _frozen(house, house.one_of("sender", dice)):
        yield


@fault(lasts=20)
async def relay_frozen(house: House, dice: Random) -> AsyncIterator[None]:
    async with _frozen(house, house.one_of("relay", dice)):
        yield


@asynccontextmanager
async def _frozen_in_transaction(house: House, name: str) -> AsyncIterator[None]:
    """Freeze it again and again until it holds a transaction open; after 20 s wherever it is."""
    deadline, held = time.monotonic() + 20, 0
    with connect(house.database.direct) as connection:
        while True:
            house.signal_part(name, signal.SIGSTOP)
            await asyncio.sleep(FREEZES)
            held = connection.execute(
                b"SELECT count(*) AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'"
                b" AND state_change < clock_timestamp() - make_interval(secs => %s)",
                (FREEZES / 2,),
            ).fetchall()[0]["n"]
            if held or time.monotonic() > deadline:
                break
            house.signal_part(name, signal.SIGCONT)
            await asyncio.sleep(0.03)
    house.log.note("frozen", part=name, in_transaction=bool(held))
    try:
        yield
    finally:
        house.signal_part(name, signal.SIGCONT)


@fault(lasts=60)
async def worker_frozen_in_a_transaction(house: House, dice: Random) -> AsyncIterator[None]:
    async with _frozen_in_transaction(house, house.one_of("worker", dice)):
        yield


@fault(lasts=60)
async def sender_frozen_in_a_transaction(house: House, dice: Random) -> AsyncIterator[None]:
    async with _frozen_in_transaction(house, house.one_of("sender", dice)):
        yield


@fault(lasts=40)
async def relay_frozen_in_a_transaction(house: House, dice: Random) -> AsyncIterator[None]:
    async with _frozen_in_transaction(house, house.one_of("relay", dice)):
        yield


@fault(lasts=0)
async def each_part_ended(house: House, dice: Random) -> AsyncIterator[None]:
    """SIGTERM to one process of each part, one after the other, as an update does."""
    for kind in ("scheduler", "relay", "worker", "sender", "web"):
        name = house.one_of(kind, dice)
        house.log.note("terminated", part=name, seconds=round(await house.end_part(name), 1))
        house.start_part(name)
    yield


@fault(lasts=0, needs=apache)
async def each_part_ended_while_the_broker_is_away(house: House, dice: Random) -> AsyncIterator[None]:
    await house.broker.kill()
    ended = [house.one_of(kind, dice) for kind in ("relay", "worker", "sender")]
    await asyncio.sleep(2)
    for name in ended:
        house.log.note("terminated", part=name, seconds=round(await house.end_part(name), 1))
    await house.broker.start_again()
    for name in ended:
        house.start_part(name)
    yield
