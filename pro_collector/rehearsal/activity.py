"""Tracks the running work of a simulated provider, so that a leaping clock knows when it may leap."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from pro_collector.clock import Clock


class Activity:
    """Counts running work, and knows which tasks wait on the clock and until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._busy = 0
        self._wake_times: dict[object, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def idle(self) -> bool:
        """Whether no work is running, and no task that waits on the clock is due by now."""
        now = self._clock.now()
        return self._busy == 0 and all(until > now for until in self._wake_times.values())

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count the block as running work."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Inside running work: do not count the block, which only waits."""
        self._busy -= 1
        try:
            yield
        finally:
            self._busy += 1

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` in the background; it counts as running from now on."""
        self._busy += 1
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def pause(self, seconds: float) -> None:
        """Inside running work: wait on the clock, which may leap meanwhile."""
        if seconds <= 0:
            return
        key = object()
        self._wake_times[key] = self._clock.now() + timedelta(seconds=seconds)
        try:
            with self.resting():
                await self._clock.sleep(seconds)
        finally:
            del self._wake_times[key]

    async def settle(self) -> None:
        """Wait until all work is done, also work that waits for a later instant on the clock."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Cancel all work; raise the first error of it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._busy -= 1
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            loop = task.get_loop()
            loop.call_exception_handler({"message": "a simulated provider failed", "exception": error, "task": task})
