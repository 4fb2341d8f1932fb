"""Clocks that are wrong, step or jump."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random

from tests.chaos.clocks import POSTGRES
from tests.chaos.faults.carrier import tempered
from tests.chaos.faults.fault import fault
from tests.chaos.house import House
from tests.chaos.needs import faketime

LOST = 0.2


@asynccontextmanager
async def _shifted(house: House, seconds: float, names: Iterable[str] | None = None) -> AsyncIterator[None]:
    """The clocks with these names, or of all parts and of PostgreSQL: one machine.

    Meanwhile the carrier loses many answers and webhooks: it is asked about them by times of a wrong clock.
    """
    assert house.clocks is not None
    shifted = [*(names or [POSTGRES, *house.names()])]
    async with tempered(house, failed=LOST, unheard=LOST):
        house.clocks.shift(seconds, shifted)
        try:
            yield
        finally:
            house.clocks.shift(0, shifted)


@fault(lasts=30, needs=faketime)
async def machine_an_hour_ahead(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    async with _shifted(house, 3600):
        yield


@fault(lasts=30, needs=faketime)
async def machine_an_hour_behind(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    async with _shifted(house, -3600):
        yield


@fault(lasts=20, needs=faketime)
async def machine_30_s_ahead(house: House, dice: Random) -> AsyncIterator[None]:  # noqa: ARG001
    """As far as a machine is off that had not heard of NTP for weeks; it is set right in one step."""
    async with _shifted(house, 30):
        yield


@fault(lasts=30, needs=faketime)
async def worker_five_minutes_ahead(house: House, dice: Random) -> AsyncIterator[None]:
    async with _shifted(house, 300, [house.one_of("worker", dice)]):
        yield


@fault(lasts=30, needs=faketime)
async def sender_five_minutes_ahead(house: House, dice: Random) -> AsyncIterator[None]:
    async with _shifted(house, 300, [house.one_of("sender", dice)]):
        yield


@fault(lasts=30, needs=faketime)
async def scheduler_five_minutes_ahead(house: House, dice: Random) -> AsyncIterator[None]:
    async with _shifted(house, 300, [house.one_of("scheduler", dice)]):
        yield


@fault(lasts=30, needs=faketime)
async def web_five_minutes_behind(house: House, dice: Random) -> AsyncIterator[None]:
    async with _shifted(house, -300, [house.one_of("web", dice)]):
        yield
