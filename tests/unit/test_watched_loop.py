"""The thread that watches the event loop: one that stands still ends its process, and one that does not stop."""

import asyncio
import time

import pytest

from pro_collector import watchdog
from pro_collector.watchdog import watched_loop

BOUND = 60.0
"""Real seconds after which a test says that nothing happened."""


async def test_an_event_loop_that_stands_still_ends_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "TICK", 0.02)
    ended = list[str]()
    async with watched_loop(0.2, lambda: ended.append("ended")):
        deadline = time.monotonic() + BOUND
        while not ended and time.monotonic() < deadline:
            time.sleep(0.02)
    assert ended == ["ended"]


async def test_parts_that_do_not_stop_after_a_stall_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "TICK", 0.02)
    monkeypatch.setattr(watchdog, "END_WITHIN", 0.1)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.call_soon_threadsafe(ended.set)

    async with watched_loop(0.0, end) as watch:
        watch.end_soon()
        await asyncio.wait_for(ended.wait(), BOUND)
