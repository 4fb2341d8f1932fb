"""What happens to people in the middle of a conversation: they withdraw, they die."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

from tests.chaos.faults.fault import fault
from tests.chaos.house import House
from tests.chaos.record import in_conversation


async def _ends(house: House, dice: Random, kind: str) -> None:
    code = dice.choice(await asyncio.to_thread(in_conversation, house.database.direct))
    done = await house.command("participant", "state", code, kind, "--yes")
    house.log.note("ends", code=code, kind=kind, recorded=done)


@fault(lasts=0)
async def somebody_withdraws(house: House, dice: Random) -> AsyncIterator[None]:
    await _ends(house, dice, "withdrew")
    yield


@fault(lasts=0)
async def somebody_dies(house: House, dice: Random) -> AsyncIterator[None]:
    await _ends(house, dice, "died")
    yield
