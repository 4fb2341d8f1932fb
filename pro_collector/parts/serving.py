"""Runs a server for HTTP until cancelled."""

import asyncio
from collections.abc import Callable

import uvicorn


async def serve(server: uvicorn.Server, ready: Callable[[], None]) -> None:
    """Run a server until cancelled; `ready` is called when it listens."""
    task = asyncio.create_task(server.serve(), name="uvicorn")
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        ready()
        await asyncio.shield(task)
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
