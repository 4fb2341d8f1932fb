"""Clocks: accelerated ones that can be paused, and one that leaps from moment to moment and is never late."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from pro_collector.clock import AcceleratedClock, LeapingClock, SteadyClock, SystemClock

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


async def at_rest() -> datetime:
    """Nothing is in hand and nothing is planned."""
    return NEVER


async def test_the_system_s_clock_is_aware_and_does_not_wait_for_the_past() -> None:
    clock = SystemClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC
    await asyncio.wait_for(clock.sleep(-10), 5)


def test_a_steady_clock_counts_what_nobody_can_set() -> None:
    clock, earliest = SteadyClock(), time.monotonic()
    assert earliest - 0.001 <= clock.now().timestamp() <= time.monotonic() + 0.001


async def test_a_leaping_clock_wakes_everybody_in_order_at_their_moment() -> None:
    clock = LeapingClock(START, at_rest)
    woken: list[tuple[str, datetime]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.now()))

    tasks = [asyncio.create_task(sleeper("late", 3600)), asyncio.create_task(sleeper("often", 60, 60, 60))]
    await asyncio.sleep(0)
    await clock.run(START + timedelta(days=365))
    await asyncio.gather(*tasks)
    assert woken == [
        ("often", START + timedelta(minutes=1)), ("often", START + timedelta(minutes=2)),
        ("often", START + timedelta(minutes=3)), ("late", START + timedelta(hours=1)),
    ]  # fmt: skip
    assert clock.now() == START + timedelta(days=365)


async def test_it_stands_still_while_anybody_works() -> None:
    looks = [0]

    async def busy_for_a_while() -> datetime | None:
        looks[0] += 1
        return None if looks[0] < 5 else NEVER

    clock = LeapingClock(START, busy_for_a_while)
    await clock.run(START + timedelta(hours=1))
    assert looks[0] >= 5
    assert clock.now() == START + timedelta(hours=1)


async def test_it_stops_where_the_database_waits_for_something() -> None:
    seen: list[datetime] = []
    due = [START + timedelta(minutes=5), START + timedelta(minutes=9)]

    async def rest() -> datetime:
        seen.append(clock.now())
        while due and due[0] <= clock.now():
            due.pop(0)
        return due[0] if due else NEVER

    clock = LeapingClock(START, rest)
    await clock.run(START + timedelta(hours=1))
    assert [START + timedelta(minutes=5), START + timedelta(minutes=9)] == seen[1:3]


async def test_it_never_goes_back() -> None:
    async def rest() -> datetime:
        return START - timedelta(days=1)

    clock = LeapingClock(START, rest)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(clock.run(START + timedelta(hours=1)), 0.1)
    assert clock.now() == START


async def test_a_sleeper_that_gave_up_holds_nobody_up() -> None:
    clock = LeapingClock(START, at_rest)
    gone = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await clock.run(START + timedelta(minutes=1))
    assert clock.now() == START + timedelta(minutes=1)


async def test_no_time_at_all_lets_others_go_first() -> None:
    clock = LeapingClock(START, at_rest)
    await asyncio.wait_for(clock.sleep(0), 5)
    assert clock.now() == START


async def test_an_accelerated_clock_runs_faster_and_can_be_paused() -> None:
    clock = AcceleratedClock(START, rate=36_000)
    task = asyncio.create_task(clock.run())
    try:
        await asyncio.wait_for(clock.sleep(3600), 5)
        assert clock.now() >= START + timedelta(hours=1)
        clock.set_rate(0)
        paused = clock.now()
        sleeper = asyncio.create_task(clock.sleep(60))
        await asyncio.sleep(0.05)
        assert clock.now() == paused
        assert not sleeper.done()
        clock.set_rate(36_000)
        await asyncio.wait_for(sleeper, 5)
        assert clock.now() >= paused + timedelta(minutes=1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("moments", range(5))
async def test_who_stops_it_just_as_it_changes_does_stop_it(moments: int) -> None:
    clock = AcceleratedClock(START)
    task, sleeper = asyncio.create_task(clock.run()), asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0.01)
    clock.set_rate(2)
    for _ in range(moments):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    sleeper.cancel()


async def test_changing_the_rate_changes_no_time_that_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: seconds[0])
    clock = AcceleratedClock(START, rate=0)
    seconds[0] += 7
    assert clock.now() == START
    clock.set_rate(1000)
    seconds[0] += 2
    clock.set_rate(0)
    seconds[0] += 5
    assert clock.now() == START + timedelta(seconds=2000)
    clock.set_rate(1)
    seconds[0] += 3
    assert clock.now() == START + timedelta(seconds=2003)
