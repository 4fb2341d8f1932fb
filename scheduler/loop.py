"""The scheduler loop: fires what is due and sleeps until the next entry, for any clock and any agenda."""

import asyncio
from datetime import datetime
from typing import Protocol

LONGEST_SLEEP = 24 * 3600.0
"""Seconds; only a safeguard, because a change of the agenda wakes the loop."""


class TimeSource(Protocol):
    """A clock that can also sleep."""

    def now(self) -> datetime: ...
    async def sleep(self, seconds: float) -> None: ...


class Agenda(Protocol):
    """The events that are to happen, each at an instant."""

    async def fire(self, now: datetime) -> datetime | None:
        """Fire every event due at `now`; return the instant of the next one, None when there is none."""

    async def changed(self) -> None:
        """Return when an event may have been added before the present next one."""


async def run(agenda: Agenda, clock: TimeSource) -> None:
    """Fire due events until the task is cancelled."""
    while True:
        following = await agenda.fire(clock.now())
        wait = LONGEST_SLEEP if following is None else (following - clock.now()).total_seconds()
        sleep = asyncio.ensure_future(clock.sleep(min(wait, LONGEST_SLEEP)))
        changed = asyncio.ensure_future(agenda.changed())
        try:
            await asyncio.wait({sleep, changed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            changed.cancel()
