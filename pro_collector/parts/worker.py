"""The worker: handles events; background work of the team's pages and the reading of feeds run beside it."""

from pro_collector import feeding, jobs
from pro_collector.casework.inbound.ahead import prepare_to_read
from pro_collector.parts.consuming import consumers
from pro_collector.parts.watched import OnStall, Start, run_watched
from pro_collector.runtime import Runtime, acting_as


async def run(rt: Runtime, start: Start, on_stall: OnStall) -> None:
    """Run it until cancelled."""
    await prepare_to_read(rt)
    async with consumers(rt, "worker") as works:
        start(works)
        await run_watched(rt, works, on_stall, _jobs(rt), feeding.run(rt))


async def _jobs(rt: Runtime) -> None:
    async with acting_as(rt, "jobs", connections=4) as limited:
        await jobs.run(limited)
