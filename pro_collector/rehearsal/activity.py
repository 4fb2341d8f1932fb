"""What a rehearsed provider has under way, so that a leaping clock knows when it may leap."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from pro_collector.clock import Clock


class Activity:
    """Counts work in hand and knows who waits on the clock until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._busy = 0
        self._waking: dict[object, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def idle(self) -> bool:
        """Whether nothing is in hand at this instant, and nobody who waits on the clock should be awake by now."""
        now = self._clock.now()
        return self._busy == 0 and all(until > now for until in self._waking.values())

    @contextmanager
    def working(self) -> Iterator[None]:
        """What happens inside is work in hand."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Inside work in hand: waiting here holds nobody up."""
        self._busy -= 1
        try:
            yield
        finally:
            self._busy += 1

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do `work` in the background; it is in hand from this moment on."""
        self._busy += 1
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def pause(self, seconds: float) -> None:
        """Inside work in hand: wait on the clock, which may leap meanwhile."""
        if seconds <= 0:
            return
        key = object()
        self._waking[key] = self._clock.now() + timedelta(seconds=seconds)
        try:
            with self.resting():
                await self._clock.sleep(seconds)
        finally:
            del self._waking[key]

    async def settle(self) -> None:
        """Wait until nothing is in hand or waiting, however far ahead on the clock."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Drop everything; raises the first error of what was under way."""
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
            loop.call_exception_handler({"message": "a rehearsed provider failed", "exception": error, "task": task})
