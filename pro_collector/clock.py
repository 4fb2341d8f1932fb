"""The clocks: of the system, one that runs faster and can be paused (demo), and one that leaps (headless demo)."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

IDLE_POLL = 0.005
"""Real seconds between two checks whether a leaping clock may leap."""


class Clock(Protocol):
    """The interface of a clock: every part takes the time from it."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock."""


class SystemClock:
    """The clock of production."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class StoppedClock(SystemClock):
    """A clock that shows one instant, for what is done again as it was done then."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


class SteadyClock(SystemClock):
    """A monotonic clock in real seconds; its value is no date. For rate limits and waits."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.monotonic(), UTC)


class _Sleepers:
    """Tasks that wait for an instant, in the order of their instants."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def add(self, until: datetime) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (until, next(self._order), future))
        return future

    def next(self) -> datetime | None:
        while self._waiting and self._waiting[0][2].done():  # a cancelled sleeper
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    def wake(self, now: datetime) -> None:
        while (soonest := self.next()) is not None and soonest <= now:
            heapq.heappop(self._waiting)[2].set_result(None)


class AcceleratedClock:
    """A clock that runs `rate` times as fast as the system's; the rate can change at any moment, 0 pauses it."""

    def __init__(self, start: datetime, rate: float = 1.0) -> None:
        self._from, self._at, self.rate = start, asyncio.get_running_loop().time(), rate
        self._sleepers = _Sleepers()
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        elapsed = asyncio.get_running_loop().time() - self._at
        return self._from + timedelta(seconds=elapsed * self.rate)

    def set_rate(self, rate: float) -> None:
        """Run at `rate` from now on; 0 pauses."""
        self._from, self._at, self.rate = self.now(), asyncio.get_running_loop().time(), rate
        self._changed.set()

    async def sleep(self, seconds: float) -> None:
        woken = self._sleepers.add(self.now() + timedelta(seconds=max(0.0, seconds)))
        self._changed.set()
        await woken

    async def run(self) -> None:
        """Wake each sleeper at its instant; runs until cancelled."""
        while True:
            self._changed.clear()
            self._sleepers.wake(self.now())
            soonest = self._sleepers.next()
            wait = None
            if soonest is not None and self.rate > 0:
                wait = max(0.001, (soonest - self.now()).total_seconds() / self.rate)
            try:
                async with asyncio.timeout(wait):  # wait_for loses a cancellation that comes with a change (3.11)
                    await self._changed.wait()
            except TimeoutError:
                continue


class LeapingClock:
    """A clock that stops while there is work, then leaps to the next instant that a task waits for.

    Years pass in seconds, and nothing is late. `next_due` is called before each leap. It returns None while there is
    work, else the next due instant in the database (`datetime.max` in UTC when there is none).
    """

    def __init__(self, start: datetime, next_due: Callable[[], Awaitable[datetime | None]]) -> None:
        self._now = start
        self._next_due = next_due
        self._sleepers = _Sleepers()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        await self._sleepers.add(self._now + timedelta(seconds=seconds))

    async def run(self, until: datetime) -> None:
        """Leap from instant to instant up to `until`; return when the work of that instant is done."""
        while True:
            due = await self._next_due()
            if due is None:
                await asyncio.sleep(IDLE_POLL)
                continue
            if self._now >= until:
                return
            self._now = max(self._now, min(self._sleepers.next() or until, due, until))
            self._sleepers.wake(self._now)
            await asyncio.sleep(0)
