"""Starts an embedded PostgreSQL and a log of events in this process, and watches them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pro_collector.embedded.postgres import Postgres
from pro_collector.errors import Unavailable
from pro_collector.kafka.in_process import InProcessServer

CHECK_EVERY = 1.0
"""Seconds between two checks whether the servers are running."""

ShowProgress = Callable[[str], None]
"""A function that shows the user what is being done, for long steps."""


@dataclass(frozen=True)
class Servers:
    """Addresses of PostgreSQL and Kafka."""

    database_url: str
    kafka_bootstrap: str
    kafka_idempotent: bool = False


@asynccontextmanager
async def embedded_servers(data: Path | None = None, say: ShowProgress = lambda _: None) -> AsyncIterator[Servers]:
    """Run PostgreSQL as a child process, and a log of events inside this one; with `data` the database is durable.

    When the server ends by itself, the block is cancelled and Unavailable raised: nothing else would restart it.
    """
    async with AsyncExitStack() as stack:
        postgres, events = Postgres(), InProcessServer()
        say("starting PostgreSQL")
        url = await asyncio.to_thread(postgres.start, data, durable=data is not None)
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
        stack.callback(events.stop)
        async with _while_alive(postgres):
            yield Servers(url, events.start())


@asynccontextmanager
async def _while_alive(server: Postgres) -> AsyncIterator[None]:
    block = asyncio.current_task()

    async def watch() -> Unavailable:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            try:
                server.check()
            except Unavailable as error:
                if block is not None:
                    block.cancel()
                return error

    watcher = asyncio.create_task(watch(), name="servers")
    try:
        yield
    except asyncio.CancelledError:
        if not watcher.done():
            raise
        raise watcher.result() from None
    finally:
        watcher.cancel()
