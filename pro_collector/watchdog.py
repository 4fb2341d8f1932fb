"""Watches each part of a process: a part that does nothing although work waits is told of, then ends the process."""

import asyncio
import os
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import structlog

from pro_collector.errors import ProCollectorError, Unavailable
from pro_collector.kafka.broker import check_reachable
from pro_collector.postgres.connection import TRANSIENT, Tx
from pro_collector.postgres.tables import stalls
from pro_collector.readiness import BEHIND
from pro_collector.runtime import Runtime
from pro_collector.stall import Observation, OldestWork, Progress, Verdict, follow, judge

log = structlog.get_logger(__name__)

LOOK_EVERY = 10.0
"""Seconds between two looks at a part."""
LONGEST_STEP = 3 * LOOK_EVERY
"""A gap between two looks counts for at most so many seconds: the process was paused, or starved of CPU."""
SAY_EVERY = 60.0
"""Seconds of a stall after which it is told of, and again after as many."""
ANSWER_WITHIN = 20.0
"""Seconds within which the servers answer a look; a server that does not cannot be reached."""
LOOP_LIMIT = 120.0
"""Seconds after which an event loop that stands still ends its process: then nothing in the process works."""
TICK = 1.0
"""Seconds between two signs of life of an event loop."""
END_WITHIN = 20.0
"""Seconds that a process that stalls may take to stop its parts; then it ends without."""


class Stalled(ProCollectorError):
    """A part did nothing for too long although work waited; the process ends, and its supervisor starts it again."""

    code = "stalled"


@dataclass(frozen=True)
class WatchedWork:
    """One kind of work of a part: its name, how to find the oldest that waits, and how much this process has done.

    `partitions`: how many partitions of Kafka this process consumes for it; None if it consumes none for it. `limit`:
    for how many seconds it may wait until the part counts as behind.
    """

    name: str
    oldest: Callable[[Tx], Awaitable[OldestWork | None]]
    done: Callable[[], int]
    needs_kafka: bool = True
    partitions: Callable[[], int | None] = lambda: None
    limit: float = BEHIND


class Watchdog:
    """Looks at the work of one part every LOOK_EVERY seconds."""

    def __init__(self, rt: Runtime, works: Sequence[WatchedWork], limit: float | None = None) -> None:
        self._rt, self._works = rt, works
        self._limit = rt.settings.stall_seconds if limit is None else limit
        self._standing: dict[str, Progress] = {}
        self._instance = uuid4()
        self._stored = False

    async def run(self) -> None:
        """Look until cancelled. Raises Stalled when the part has stalled for longer than the settings allow."""
        while self._works:
            await asyncio.sleep(LOOK_EVERY)
            await self.look(time.monotonic())

    async def look(self, now: float) -> None:
        """Look once; `now` is in seconds of a steady clock. Raises Stalled."""
        ends = [work.name for work, look in await self._looks() if self._judge(work.name, look, now) is Verdict.END]
        await self._store()
        if ends:
            raise Stalled(f"{', '.join(ends)}: work waits, and nothing was done for {self._limit:.0f} s")

    def _judge(self, name: str, look: Observation, now: float) -> Verdict:
        before = self._standing.get(name)
        after = self._standing[name] = follow(before, look, now, longest_step=LONGEST_STEP)
        verdict = judge(before, after, say_every=SAY_EVERY, limit=self._limit)
        if verdict is Verdict.SAY:
            log.error("a part stalls: work waits and nothing is done", of=name, seconds=round(after.seconds))
        if verdict is Verdict.END:
            log.error("a part stalls: the process ends", of=name, seconds=round(after.seconds))
        return verdict

    async def _looks(self) -> list[tuple[WatchedWork, Observation]]:
        """Look at the work. On a connection of its own: the pool may be what the part waits for."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                async with self._rt.database.apart() as tx:
                    oldest = [await work.oldest(tx) for work in self._works]
                able = not any(oldest) or await self._reaches_kafka()
        except (*TRANSIENT, TimeoutError):
            oldest, able = [None] * len(self._works), False
        return [
            (work, Observation(found.id if found else None, work.done(), able or not work.needs_kafka))
            for work, found in zip(self._works, oldest, strict=True)
        ]

    async def _reaches_kafka(self) -> bool:
        if not any(work.needs_kafka for work in self._works):
            return True
        try:
            await check_reachable(self._rt.settings)
        except Unavailable:
            return False
        return True

    async def _store(self) -> None:
        """Store what stalls, for the metrics of every web process."""
        stall = {name: each.seconds for name, each in self._standing.items() if each.seconds >= SAY_EVERY}
        if not stall and not self._stored:
            return
        try:
            async with asyncio.timeout(ANSWER_WITHIN), self._rt.database.apart() as tx:
                await stalls.replace(tx, self._instance, stall)
            self._stored = bool(stall)
        except (*TRANSIENT, TimeoutError) as error:
            log.warning("a stall cannot be stored", error=type(error).__name__)


class LoopWatch:
    """A thread that ends the process when its event loop stands still, or when it does not stop after a stall."""

    def __init__(self, limit: float, end: Callable[[], None]) -> None:
        self._limit, self._end = limit, end
        self._beats = 0
        self._ended = threading.Event()
        self._end_soon = threading.Event()
        self._loop_thread = threading.get_ident()

    def end_soon(self) -> None:
        """End the process in END_WITHIN seconds, whatever its parts do until then."""
        self._end_soon.set()

    async def beat(self) -> None:
        """Show every TICK that the event loop runs."""
        while True:
            self._beats += 1
            await asyncio.sleep(TICK)

    def watch(self) -> None:
        """Watch until `stop`. Counts the ticks of this thread: a process that was paused did not stand still."""
        still, ending, seen = 0.0, 0.0, -1
        while not self._ended.wait(TICK):
            still, seen = (0.0, self._beats) if self._beats != seen else (still + TICK, seen)
            ending += TICK * self._end_soon.is_set()
            if still >= self._limit:
                frame = sys._current_frames().get(self._loop_thread)
                where = "".join(traceback.format_stack(frame)[-8:]) if frame else ""
                log.error("the event loop stands still: the process ends", seconds=round(still), trace=where)
                return self._end()
            if ending >= END_WITHIN:
                log.error("the parts do not stop: the process ends")
                return self._end()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()


def _exit() -> None:
    sys.stderr.flush()
    os._exit(1)


@asynccontextmanager
async def watched_loop(stall_seconds: float, end: Callable[[], None] = _exit) -> AsyncIterator[LoopWatch]:
    """Watch the event loop of this process during the block; a limit of 0 seconds watches nothing."""
    watch = LoopWatch(min(stall_seconds, LOOP_LIMIT) or float("inf"), end)
    thread = threading.Thread(target=watch.watch, name="loop watch", daemon=True)
    beating = asyncio.create_task(watch.beat(), name="beat")
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
