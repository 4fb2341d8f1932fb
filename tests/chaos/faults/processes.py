"""The faults: each begins, holds for a while, and ends. `recovers` is how many seconds the product may then take."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from random import Random

import psycopg

from tests.chaos import topics
from tests.chaos.house import House
from tests.chaos.record import connect

Hold = Callable[[House, Random], AbstractAsyncContextManager[None]]

FREEZES = 0.3
"""Seconds after which a connection that is idle in a transaction belongs to the process that was frozen."""


RECOVERS = 90.0
"""Seconds. What Kafka lost, or what died in a process, is published again after 60 s; the relay looks every 15 s."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: for how long it holds, and within how many seconds after its end nothing may be late any more."""

    name: str
    hold: Hold
    lasts: float
    recovers: float
    apache: bool
    """Whether only Apache Kafka stands it: the embedded broker loses everything, and `up` ends with it."""


FAULTS: dict[str, Fault] = {}


def fault(
    *, lasts: float, recovers: float = RECOVERS, apache: bool = False
) -> Callable[[Callable[[House, Random], AsyncIterator[None]]], Hold]:
    """Name a fault after its function."""

    def named(function: Callable[[House, Random], AsyncIterator[None]]) -> Hold:
        hold: Hold = asynccontextmanager(function)
        name = function.__name__.replace("_", " ")
        FAULTS[name] = Fault(name, hold, lasts, recovers, apache)
        return hold

    return named


@asynccontextmanager
async def _without(house: House, name: str) -> AsyncIterator[None]:
    house.kill_part(name)
    yield
    house.start_part(name)


@fault(lasts=5)
async def worker_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with _without(house, house.one_of("worker", dice)):
        yield


@fault(lasts=5)
async def sender_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with _without(house, house.one_of("sender", dice)):
        yield


@fault(lasts=5)
async def relay_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with _without(house, house.one_of("relay", dice)):
        yield


@fault(lasts=5)
async def scheduler_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with _without(house, house.one_of("scheduler", dice)):
        yield


@fault(lasts=20)
async def web_killed(house: House, dice: Random) -> AsyncIterator[None]:
    async with _without(house, house.one_of("web", dice)):
        yield


@fault(lasts=5)
async def postgres_killed(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    await asyncio.to_thread(house.database.kill)
    yield
    await house.database.start_again()


@fault(lasts=8, apache=True)
async def broker_killed(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    """It keeps its log."""
    await house.broker.kill()
    yield
    await house.broker.start_again()


@fault(lasts=5, apache=True)
async def broker_wiped(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    await house.broker.stop()
    yield
    await house.broker.start()


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
async def connections_silent(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    """The open connections carry nothing any more, for ever; new ones work."""
    house.log.note("silenced", connections=house.database.proxy.silence())
    yield


@fault(lasts=0)
async def connections_cut(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    house.database.proxy.cut()
    yield


@fault(lasts=15)
async def connections_exhausted(house: House, dice: Random) -> AsyncIterator[None]:
    """Every connection that is free is taken, while a worker is killed and started again."""
    with ExitStack() as taken:
        async with _without(house, house.one_of("worker", dice)):
            while True:
                try:
                    taken.enter_context(connect(house.database.direct))
                except psycopg.OperationalError:
                    break
        yield


@fault(lasts=15)
async def database_read_only(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    with connect(house.database.direct) as connection:
        connection.execute(b"ALTER SYSTEM SET default_transaction_read_only = on")
        connection.execute(b"SELECT pg_reload_conf()")
        try:
            yield
        finally:
            connection.execute(b"ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute(b"SELECT pg_reload_conf()")


@fault(lasts=0)
async def poison_in_every_topic(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    house.log.note("poisoned", records=await topics.poison(house.broker.address))
    yield


@fault(lasts=0)
async def every_record_again(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    house.log.note("repeated", records=await topics.repeat_all(house.broker.address))
    yield


@fault(lasts=0)
async def offsets_to_the_earliest(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    readers = [*house.of_kind("worker"), *house.of_kind("sender")]
    await asyncio.gather(*(house.end_part(name) for name in readers))
    house.log.note("rewound", groups=await topics.rewind(house.broker.address))
    for name in readers:
        house.start_part(name)
    yield


@fault(lasts=0)
async def each_part_ended(house: House, dice: Random) -> AsyncIterator[None]:
    """SIGTERM to one process of each part, one after the other, as an update does."""
    for kind in ("scheduler", "relay", "worker", "sender", "web"):
        name = house.one_of(kind, dice)
        house.log.note("terminated", part=name, seconds=round(await house.end_part(name), 1))
        house.start_part(name)
    yield


@fault(lasts=0, apache=True)
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


@asynccontextmanager
async def _carrier(house: House, **temper: float) -> AsyncIterator[None]:
    before = house.carrier.temper
    house.carrier.temper = replace(before, **temper)
    try:
        yield
    finally:
        house.carrier.temper = before


@fault(lasts=30)
async def carrier_takes_150_ms(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    async with _carrier(house, delay=0.15):
        yield


@fault(lasts=30)
async def carrier_takes_20_s(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    async with _carrier(house, delay=20.0):
        yield


@fault(lasts=20)
async def carrier_takes_nothing(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    async with _carrier(house, busy=1.0):
        yield


def chosen(names: Sequence[str], dice: Random, *, apache: bool = False) -> list[Fault]:
    """The faults with these names, or all that the broker stands, in an order that the dice choose."""
    unknown = set(names) - FAULTS.keys()
    if unknown:
        raise SystemExit(f"no such fault: {', '.join(sorted(unknown))}; there are: {', '.join(FAULTS)}")
    faults = [FAULTS[name] for name in names] or [each for each in FAULTS.values() if apache or not each.apache]
    dice.shuffle(faults)
    return faults
