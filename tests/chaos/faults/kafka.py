"""Kafka that dies or loses everything, and strangers who write into its topics."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

from tests.chaos import topics
from tests.chaos.faults.fault import fault
from tests.chaos.house import House
from tests.chaos.needs import apache, cluster


@fault(lasts=8, needs=apache)
async def broker_killed(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    """It keeps its log."""
    await house.broker.kill()
    yield
    await house.broker.start_again()


@fault(lasts=20, needs=cluster)
async def one_of_three_brokers_killed(house: House, dice: Random) -> AsyncIterator[None]:
    """Two of three replicas are enough (min.insync.replicas): everything goes on while it is away."""
    n = dice.randrange(house.broker.replication)
    await house.broker.kill_one(n)
    house.log.note("killed", broker=n + 1)
    yield
    await house.broker.start_one_again(n)


@fault(lasts=5, needs=apache)
async def broker_wiped(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    await house.broker.stop()
    yield
    await house.broker.start()


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
