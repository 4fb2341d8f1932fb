"""Both embedded servers together: PostgreSQL and a Kafka-protocol broker, as child processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pro_collector.embedded.kafka import Kafka
from pro_collector.embedded.postgres import Postgres

Say = Callable[[str], None]
"""Told what is being done, for long steps."""


@dataclass(frozen=True)
class Servers:
    """Addresses of PostgreSQL and Kafka."""

    database_url: str
    kafka_bootstrap: str
    kafka_idempotent: bool = False


@asynccontextmanager
async def embedded_servers(data: Path | None = None, say: Say = lambda _: None) -> AsyncIterator[Servers]:
    """PostgreSQL and a Kafka-protocol broker as child processes; with `data` the database is durable."""
    async with AsyncExitStack() as stack:
        postgres, kafka = Postgres(), Kafka()
        say("starting PostgreSQL")
        url = await asyncio.to_thread(postgres.start, data, durable=data is not None)
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
        say("starting Kafka")
        bootstrap = await asyncio.to_thread(kafka.start)
        stack.push_async_callback(asyncio.to_thread, kafka.stop)
        yield Servers(url, bootstrap)
