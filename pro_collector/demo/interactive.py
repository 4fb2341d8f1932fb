"""Runs the demonstration with its page: starts everything, enrols a cohort and you, runs until Ctrl-C."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from pro_collector.clock import AcceleratedClock
from pro_collector.demo.idleness import Idleness
from pro_collector.demo.pace import DEFAULT, DemoPace
from pro_collector.demo.page import INSTRUMENT, SCALE, Parts, demo_routes
from pro_collector.demo.progress import Steps, quiet_nights
from pro_collector.demo.reader import Device, reader
from pro_collector.demo.stage import open_stage, put_in_force, study
from pro_collector.demo.team import DemoTeam
from pro_collector.demo.watch import Watch
from pro_collector.embedded.port import free_port
from pro_collector.embedded.servers import embedded_servers
from pro_collector.library import Library, load_library
from pro_collector.processes import PARTS, run_parts, wait_for_first
from pro_collector.rehearsal.cohort import cohort
from pro_collector.rehearsal.world import World, rehearsal
from pro_collector.web.live_scores import Hub

STARTS = datetime(2026, 3, 2, 14, 58, tzinfo=UTC)
"""A Monday, two minutes before you and others get a survey (10:00 in New York)."""
SETTLE = 1.5
"""Real seconds in which running work may end when everything is stopped."""
DAYS = 400
"""How many days of treatment are invented."""


async def run(participants: int, seed: int, port: int, speed: float | None, steps: Steps) -> None:
    """Run the demonstration until cancelled."""
    began = time.monotonic()
    quiet_nights()
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(embedded_servers(say=steps.say))
        clock = AcceleratedClock(STARTS, 0.0)
        ticking = await stack.enter_async_context(_task(clock.run()))
        opening = rehearsal(servers, clock, port=_port(port, steps), partitions=1, say=steps.say)
        world = await stack.enter_async_context(opening)
        library = load_library()
        await put_in_force(world.rt, library, steps.say)
        team = DemoTeam(world.rt)
        await team.open()
        idleness = Idleness()
        stack.push_async_callback(idleness.close)
        pace = DemoPace(clock, idleness, DEFAULT if speed is None else speed)
        parts = _parts(world, library, pace, participants, team)
        steps.say("starting scheduler, relay, worker, sender and web server")
        work = await stack.enter_async_context(run_parts(world.rt, PARTS, (demo_routes(parts),)))
        stack.push_async_callback(_settle, idleness, clock)
        stack.callback(parts.hub.close)  # runs first at the end: a server waits for its streams
        people = cohort(seed, participants, STARTS.date(), DAYS)
        you = reader(STARTS.date(), DAYS)
        stage = open_stage(world, people, seed=seed, also=[you], say=steps.say)
        idleness.stage = await stack.enter_async_context(stage)
        pacing = await stack.enter_async_context(_task(parts.pace.run()))
        watching = await stack.enter_async_context(_task(parts.watch.run()))
        steps.tell(_welcome(world.rt.settings.public_url, time.monotonic() - began))
        await stack.enter_async_context(_task(_tell_first_score(parts.watch, steps, began)))
        await wait_for_first(work, ticking, pacing, watching)


def _parts(world: World, library: Library, pace: DemoPace, others: int, team: DemoTeam) -> Parts:
    instrument = library.get(INSTRUMENT)
    scale = next(scale for scale in instrument.scales if scale.id == SCALE)
    titles = {name: assessment.title["en"] for name, assessment in study(library).assessments.items()}
    hub = Hub()
    device = Device(world.carrier, world.mailbox, world.rt.clock)
    watch = Watch(world.rt, hub, device, pace, titles, (INSTRUMENT, SCALE, scale.title))
    return Parts(world.rt, hub, pace, device, watch, scale, titles, others, team)


def _welcome(url: str, seconds: float) -> str:
    return (
        f"\n  [bold]Ready after {seconds:.0f} s. Open[/] [bold cyan]{url}[/]\n"
        "  You are a patient in a made-up study. Texts arrive on the phone on the left; your answers join the chart.\n"
        "  A button at the top opens the study team's side in another tab: there you are the coordinator.\n"
        "  Everything runs on this machine, all people are made up, and nothing is kept. Ctrl-C stops it.\n"
    )


async def _tell_first_score(watch: Watch, steps: Steps, began: float) -> None:
    await watch.first_score.wait()
    steps.tell(f"  The first score is on the chart, {time.monotonic() - began:.0f} s after the start.")


async def _settle(idleness: Idleness, clock: AcceleratedClock) -> None:
    """Wait a moment for running work to end before the parts are stopped."""
    clock.set_rate(0.0)
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE):
            while await idleness.next_due() is None:
                await asyncio.sleep(0.02)


def _port(wanted: int, steps: Steps) -> int:
    """The wanted port, or a free one if it is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            steps.tell(f"port {wanted} is in use; using another")
            return free_port()
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _task(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run `work` in the background; cancel it when the block ends."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        while not task.done():  # one cancellation may be lost in asyncio.wait_for (Python 3.11)
            task.cancel()
            await asyncio.wait({task}, timeout=0.2)
        if not task.cancelled():
            task.exception()  # the code that waits for the task handles its error
