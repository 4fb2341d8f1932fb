"""The loop on a clock of the test's own: it fires, sleeps until the next, and wakes when the agenda changes."""

import asyncio
from datetime import datetime, timedelta

import pytest

from scheduler.loop import LONGEST_SLEEP, run
from tests.unit.scheduler.cases import at

START = at("2027-03-01 08:00")


class Stage:
    """A clock and an agenda: instants at which something is due, and what was fired and slept."""

    def __init__(self, *due: datetime) -> None:
        self.due = list(due)
        self.time = START
        self.fired: list[datetime] = []
        self.slept: list[float] = []
        self.asleep = asyncio.Event()
        self.bell = asyncio.Event()

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.asleep.set()
        if not self.due:
            await asyncio.Event().wait()  # nothing will ever be due
        await asyncio.sleep(0)
        self.time += timedelta(seconds=seconds)

    async def fire(self, now: datetime) -> datetime | None:
        self.fired += [each for each in self.due if each <= now]
        self.due = [each for each in self.due if each > now]
        return min(self.due, default=None)

    async def changed(self) -> None:
        await self.bell.wait()
        self.bell.clear()


async def play(stage: Stage) -> None:
    """Run until nothing is due any more."""
    task = asyncio.ensure_future(run(stage, stage))
    async with asyncio.timeout(5):
        while stage.due or not stage.asleep.is_set():
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_each_is_fired_at_its_time_and_what_is_overdue_at_once() -> None:
    dues = [START - timedelta(hours=1), START + timedelta(minutes=5), START + timedelta(minutes=7)]
    stage = Stage(*dues)
    await play(stage)
    assert stage.fired == dues
    assert stage.slept[:2] == [300.0, 120.0]


async def test_nobody_sleeps_longer_than_a_day() -> None:
    stage = Stage(START + timedelta(days=3))
    await play(stage)
    assert stage.fired == [START + timedelta(days=3)]
    assert stage.slept[:3] == [LONGEST_SLEEP] * 3


async def test_a_change_of_the_agenda_wakes_the_loop_from_an_endless_sleep() -> None:
    stage = Stage()
    task = asyncio.ensure_future(run(stage, stage))
    async with asyncio.timeout(5):
        await stage.asleep.wait()
        stage.due.append(START)
        stage.bell.set()
        while not stage.fired:
            await asyncio.sleep(0)
    task.cancel()
    assert (stage.fired, stage.slept[0]) == ([START], LONGEST_SLEEP)
