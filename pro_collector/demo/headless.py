"""The demonstration without a page: weeks of a study in seconds, through the same pipeline, told as numbers."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from pro_collector.clock import LeapingClock
from pro_collector.demo.stage import STARTS, STUDY, Stage, staged
from pro_collector.embedded.servers import Say, Servers, embedded_servers
from pro_collector.postgres import messages, tallies
from pro_collector.postgres.rest import rest
from pro_collector.processes import PARTS, first_of, running
from pro_collector.rehearsal.cohort import cohort
from pro_collector.rehearsal.world import rehearsal
from pro_collector.runtime import Runtime

LOOK_EVERY = 300.0
"""Seconds: people look at their phones every full five minutes, so that many act at once and few leaps are needed."""
GLANCE = 0.01
"""Real seconds between two looks at whether everything rests."""

Told = Callable[[datetime], None]
"""Told the time of the demonstration now and then."""


class Rest:
    """What a leaping clock asks before it leaps. The answer is sure: no work can hide between the two sides.

    Work passes from the outside (carrier, mail catcher, people) to the database and back. It would be missed if it
    changed sides between two looks; so the outside is looked at before and after the database, and must not have
    stirred in between.
    """

    def __init__(self, tell: Told) -> None:
        self.stage: Stage | None = None
        self._tell = tell
        self._connection: AsyncConnection[DictRow] | None = None

    async def __call__(self) -> datetime | None:
        """Wait until everything rests; the next moment that the database waits for."""
        while True:
            if self.stage is not None and self.stage.idle():
                stirrings = self.stage.stirrings()
                following = await self._database(self.stage.world.rt)
                if following is not None and self.stage.idle() and self.stage.stirrings() == stirrings:
                    return following
            await asyncio.sleep(GLANCE)

    async def close(self) -> None:
        """Close the connection it looks through."""
        if self._connection is not None:
            await self._connection.close()

    async def _database(self, rt: Runtime) -> datetime | None:
        """A connection of its own, and no transaction: this is asked thousands of times."""
        self._tell(rt.clock.now())
        if self._connection is None:
            url = rt.settings.database_url.get_secret_value()
            self._connection = await AsyncConnection.connect(url, autocommit=True, row_factory=dict_row)
        return await rest(self._connection, rt.clock.now())


async def run(participants: int, days: int, seed: int, say: Say, tell: Told) -> dict[str, Any]:
    """Play `days` days of the demo study with so many people on embedded servers; what came of it."""
    began = time.monotonic()
    async with embedded_servers(say=say) as servers:
        report = await play(servers, participants, days, seed, say, tell)
    return {**report, "wall_seconds": round(time.monotonic() - began, 2)}


async def play(servers: Servers, participants: int, days: int, seed: int, say: Say, tell: Told) -> dict[str, Any]:
    """The same on servers that are there."""
    at_rest = Rest(tell)
    clock = LeapingClock(STARTS, at_rest)
    people = cohort(seed, participants, STARTS.date(), days)
    until = STARTS + timedelta(days=days)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(at_rest.close)
        opening = rehearsal(servers, clock, sending=0.0, delivering=0.0, partitions=1, say=say)
        world = await stack.enter_async_context(opening)
        parts = await stack.enter_async_context(running(world.rt, PARTS))
        stage = staged(world, people, seed=seed, look_every=LOOK_EVERY, say=say)
        at_rest.stage = await stack.enter_async_context(stage)
        say(f"running {days} days")
        await first_of(parts, clock.run(until))
        return await _report(world.rt, until)


async def _report(rt: Runtime, now: datetime) -> dict[str, Any]:
    async with rt.database.transaction() as tx:
        states = await tallies.states(tx, STUDY, now)
        return {
            "occasions": occasions(await tallies.planned(tx, STUDY, now), states),
            "begun": {state: states.get(state, 0) for state in ("open", "invited", "started")},
            "ahead": await tallies.ahead(tx, STUDY, now),
            "messages": {"sms": 0, "email": 0, **await messages.count_by_channel(tx)},
            **await tallies.results(tx),
        }


def occasions(planned: int, states: dict[str, int]) -> dict[str, int]:
    """Planned occasions and what became of each; `open` is what has begun and not ended."""
    ended = {state: states.get(state, 0) for state in ("completed", "partial", "missed", "cancelled")}
    return {"planned": planned, **ended, "open": sum(states.get(state, 0) for state in ("open", "invited", "started"))}


def accounted(report: dict[str, Any]) -> bool:
    """Whether every occasion that was planned is in exactly one state, and no event was laid aside."""
    counted = dict(report["occasions"])
    return counted.pop("planned") == sum(counted.values()) and not report["dead_letters"]
