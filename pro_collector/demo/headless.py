"""The demonstration without a page: weeks of a study in seconds, through the same pipeline, told as numbers."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

from pro_collector.clock import LeapingClock
from pro_collector.demo.progress import quiet_nights
from pro_collector.demo.rest import Rest
from pro_collector.demo.stage import STARTS, STUDY, put_in_force, staged
from pro_collector.domain.conversation.survey import State
from pro_collector.embedded.servers import Servers, ShowProgress, embedded_servers
from pro_collector.library import load_library
from pro_collector.postgres.questions import tallies
from pro_collector.postgres.tables import messages
from pro_collector.processes import PARTS, first_of, running
from pro_collector.rehearsal.cohort import cohort
from pro_collector.rehearsal.world import rehearsal
from pro_collector.runtime import Runtime

LOOK_EVERY = 1800.0
"""Seconds: people look at their phones every half hour, so that many act at once and few leaps are needed."""
GLANCE = 0.015
"""Real seconds between two looks at whether everything rests."""

WAITING: tuple[State, ...] = ("open", "invited", "started")
OVER: tuple[State, ...] = ("completed", "partial", "missed", "cancelled")
"""In the order in which they are reported."""

Told = Callable[[datetime], None]
"""Told the time of the demonstration now and then."""


async def run(participants: int, days: int, seed: int, say: ShowProgress, tell: Told) -> dict[str, Any]:
    """Play `days` days of the demo study with so many people on embedded servers; what came of it."""
    began = time.monotonic()
    quiet_nights()
    async with embedded_servers(say=say) as servers:
        report = await play(servers, participants, days, seed, say, tell)
    return {**report, "wall_seconds": round(time.monotonic() - began, 2)}


async def play(
    servers: Servers, participants: int, days: int, seed: int, say: ShowProgress, tell: Told
) -> dict[str, Any]:
    """The same on servers that are there."""
    rests = Rest()

    async def at_rest() -> datetime:
        while (following := await rests.look()) is None:
            await asyncio.sleep(GLANCE)
        tell(clock.now())
        return following

    clock = LeapingClock(STARTS, at_rest)
    people = cohort(seed, participants, STARTS.date(), days)
    until = STARTS + timedelta(days=days)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(rests.close)
        opening = rehearsal(servers, clock, sending=0.0, delivering=0.0, partitions=1, say=say)
        world = await stack.enter_async_context(opening)
        await put_in_force(world.rt, load_library(), say)
        parts = await stack.enter_async_context(running(world.rt, PARTS))
        stage = staged(world, people, seed=seed, look_every=LOOK_EVERY, say=say)
        rests.stage = await stack.enter_async_context(stage)
        say(f"running {days} days")
        await first_of(parts, clock.run(until))
        return await _report(world.rt, until)


async def _report(rt: Runtime, now: datetime) -> dict[str, Any]:
    async with rt.database.transaction() as tx:
        states = await tallies.states(tx, STUDY, now)
        return {
            "occasions": occasions(await tallies.planned(tx, STUDY, now), states),
            "begun": {state: states.get(state, 0) for state in WAITING},
            "ahead": await tallies.ahead(tx, STUDY, now),
            "messages": {"sms": 0, "email": 0, **await messages.count_by_channel(tx)},
            **await tallies.results(tx),
        }


def occasions(planned: int, states: Mapping[State, int]) -> dict[str, int]:
    """Planned occasions and what became of each; `open` is what has begun and not ended."""
    ended = {str(state): states.get(state, 0) for state in OVER}
    return {"planned": planned, **ended, "open": sum(states.get(state, 0) for state in WAITING)}


def accounted(report: dict[str, Any]) -> bool:
    """Whether every occasion that was planned is in exactly one state, and no event was laid aside."""
    counted = dict(report["occasions"])
    return counted.pop("planned") == sum(counted.values()) and not report["dead_letters"]
