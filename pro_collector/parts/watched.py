"""Runs the work of a part beside a watchdog for it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from pro_collector.runtime import Runtime
from pro_collector.watchdog import Stalled, Watchdog, WatchedWork

Start = Callable[[Sequence[WatchedWork]], None]
"""Called by a part that has started, with the work that its watchdog watches."""
OnStall = Callable[[], None]
"""Called before a part ends because its work stalls."""


async def run_watched(
    rt: Runtime, works: Sequence[WatchedWork], on_stall: OnStall, *runs: Coroutine[None, None, None]
) -> None:
    """Run these and a watchdog for their work. Raises a group with Stalled when the work stalls for too long."""

    async def watch() -> None:
        try:
            await Watchdog(rt, works).run()
        except Stalled:
            on_stall()
            raise

    async with asyncio.TaskGroup() as group:
        for run in runs:
            group.create_task(run)
        group.create_task(watch(), name="watchdog")
