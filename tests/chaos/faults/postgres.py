"""PostgreSQL that dies, fails over, is slow, is full, takes no changes, or whose connections fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random

import psycopg

from tests.chaos.faults.fault import fault
from tests.chaos.faults.processes import without
from tests.chaos.house import House
from tests.chaos.needs import mounts
from tests.chaos.record import connect

FOLLOWS = 3.0
"""Seconds for which a standby follows before the first server dies."""
FILLS = 5
"""How many times the disk is filled again, a second apart."""
BLOCK = 8192
"""Bytes: PostgreSQL's page."""


@fault(lasts=5)
async def postgres_killed(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    await asyncio.to_thread(house.database.kill)
    yield
    await house.database.start_again()


@fault(lasts=5)
async def postgres_fails_over(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    """A second server follows the first, which dies; the second is promoted. No commit that was confirmed is lost."""
    standby = await house.database.add_standby()
    await asyncio.sleep(FOLLOWS)
    await asyncio.to_thread(house.database.kill)
    yield
    await asyncio.to_thread(house.database.promote, standby)


@fault(lasts=30)
async def disk_slow(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    """Each commit waits 100 ms longer before it flushes, as on a disk that is busy."""
    house.database.execute(
        b"ALTER SYSTEM SET commit_delay = 100000", b"ALTER SYSTEM SET commit_siblings = 0", b"SELECT pg_reload_conf()"
    )
    yield
    house.database.execute(
        b"ALTER SYSTEM RESET commit_delay", b"ALTER SYSTEM RESET commit_siblings", b"SELECT pg_reload_conf()"
    )


@fault(lasts=25, needs=mounts)
async def disk_full(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    """Nothing fits on the disk of PostgreSQL; then somebody makes room, and starts the server if it has ended."""
    filler = house.database.folder / "filler"
    house.log.note("filled", bytes=await asyncio.to_thread(_fill, filler))
    try:
        for _ in range(FILLS):
            await asyncio.sleep(1)
            await asyncio.to_thread(_fill, filler)  # what was freed meanwhile
        yield
    finally:
        filler.unlink()
        house.log.note("made room", ended=await house.database.start_if_ended())


def _fill(filler: Path) -> int:
    """Write until nothing fits; how much is in the file."""
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(bytes(BLOCK)) == BLOCK:
            pass
    return filler.stat().st_size


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
        async with without(house, house.one_of("worker", dice)):
            while True:
                try:
                    taken.enter_context(connect(house.database.direct))
                except psycopg.OperationalError:
                    break
        yield


@fault(lasts=15)
async def database_read_only(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    house.database.execute(b"ALTER SYSTEM SET default_transaction_read_only = on", b"SELECT pg_reload_conf()")
    yield
    house.database.execute(b"ALTER SYSTEM RESET default_transaction_read_only", b"SELECT pg_reload_conf()")
