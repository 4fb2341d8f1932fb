"""The loop: fire what is due, sleep until the next. It knows neither the clock's kind nor where the agenda is kept."""

import asyncio
from datetime import datetime
from typing import Protocol

LONGEST_SLEEP = 24 * 3600.0
"""Seconds; a backstop only: a change of the agenda wakes the loop."""


class TimeSource(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime: ...
    async def sleep(self, seconds: float) -> None: ...


class Agenda(Protocol):
    """What is to happen when."""

    async def fire(self, now: datetime) -> datetime | None:
        """Send off all that is due at `now`; the instant of the next, or None when nothing is planned."""

    async def changed(self) -> None:
        """Return when something may have been put before the present next."""


async def run(agenda: Agenda, clock: TimeSource) -> None:
    """Fire what is due for as long as the task lives."""
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
