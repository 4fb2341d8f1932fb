"""The demonstration without a page: weeks of a study in seconds through the same pipeline, reported as numbers."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

from pro_collector.clock import LeapingClock
from pro_collector.demo.idleness import Idleness
from pro_collector.demo.progress import quiet_nights
from pro_collector.demo.stage import STARTS, STUDY, open_stage, put_in_force
from pro_collector.domain.conversation.survey import State
from pro_collector.embedded.servers import Servers, ShowProgress, embedded_servers
from pro_collector.library import load_library
from pro_collector.postgres.questions import counts
from pro_collector.postgres.tables import messages
from pro_collector.processes import PARTS, run_parts, wait_for_first
from pro_collector.rehearsal.cohort import cohort
from pro_collector.rehearsal.world import rehearsal
from pro_collector.runtime import Runtime

LOOK_EVERY = 1800.0
"""Seconds between two looks of people at their phones: so many act at once, and few leaps are needed."""
IDLE_POLL = 0.015
"""Real seconds between two checks whether everything is idle."""

WAITING: tuple[State, ...] = ("open", "invited", "started")
OVER: tuple[State, ...] = ("completed", "partial", "missed", "cancelled")
"""In the order in which they are reported."""

ShowTime = Callable[[datetime], None]
"""A function that is called with the time of the demonstration now and then."""


async def run(participants: int, days: int, seed: int, say: ShowProgress, show_time: ShowTime) -> dict[str, Any]:
    """Run `days` days of the demo study with so many participants on embedded servers; return a report."""
    began = time.monotonic()
    quiet_nights()
    async with embedded_servers(say=say) as servers:
        report = await play(servers, participants, days, seed, say, show_time)
    return {**report, "wall_seconds": round(time.monotonic() - began, 2)}


async def play(
    servers: Servers, participants: int, days: int, seed: int, say: ShowProgress, show_time: ShowTime
) -> dict[str, Any]:
    """As `run`, but on running servers."""
    idleness = Idleness()

    async def next_due_when_idle() -> datetime:
        while (next_due := await idleness.next_due()) is None:
            await asyncio.sleep(IDLE_POLL)
        show_time(clock.now())
        return next_due

    clock = LeapingClock(STARTS, next_due_when_idle)
    people = cohort(seed, participants, STARTS.date(), days)
    until = STARTS + timedelta(days=days)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(idleness.close)
        opening = rehearsal(servers, clock, sending=0.0, delivering=0.0, partitions=1, say=say)
        world = await stack.enter_async_context(opening)
        await put_in_force(world.rt, load_library(), say)
        parts = await stack.enter_async_context(run_parts(world.rt, PARTS))
        stage = open_stage(world, people, seed=seed, look_every=LOOK_EVERY, say=say)
        idleness.stage = await stack.enter_async_context(stage)
        say(f"running {days} days")
        await wait_for_first(parts, clock.run(until))
        return await _report(world.rt, until)


async def _report(rt: Runtime, now: datetime) -> dict[str, Any]:
    async with rt.database.transaction() as tx:
        states = await counts.states(tx, STUDY, now)
        return {
            "occasions": occasions(await counts.planned(tx, STUDY, now), states),
            "begun": {state: states.get(state, 0) for state in WAITING},
            "ahead": await counts.planned_later(tx, STUDY, now),
            "messages": {"sms": 0, "email": 0, **await messages.count_by_channel(tx)},
            **await counts.results(tx),
        }


def occasions(planned: int, states: Mapping[State, int]) -> dict[str, int]:
    """The numbers of occasions: planned, in each final state, and `open` (begun and not ended)."""
    ended = {str(state): states.get(state, 0) for state in OVER}
    return {"planned": planned, **ended, "open": sum(states.get(state, 0) for state in WAITING)}


def accounted(report: dict[str, Any]) -> bool:
    """Whether every planned occasion is in exactly one state, and there are no dead letters."""
    states = dict(report["occasions"])
    return states.pop("planned") == sum(states.values()) and not report["dead_letters"]
