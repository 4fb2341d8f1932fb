"""A carrier that is slow, or takes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

from tests.chaos.faults.fault import fault
from tests.chaos.house import House


@asynccontextmanager
async def tempered(house: House, **temper: float) -> AsyncIterator[None]:
    before = house.carrier.temper
    house.carrier.temper = replace(before, **temper)
    try:
        yield
    finally:
        house.carrier.temper = before


@fault(lasts=30)
async def carrier_takes_150_ms(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    async with tempered(house, delay=0.15):
        yield


@fault(lasts=30)
async def carrier_takes_20_s(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    async with tempered(house, delay=20.0):
        yield


@fault(lasts=20)
async def carrier_takes_nothing(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    async with tempered(house, busy=1.0):
        yield
