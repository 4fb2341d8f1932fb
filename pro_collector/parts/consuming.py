"""The consumers of a part, while it runs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pro_collector.kafka.chosen import broker_of
from pro_collector.pipeline import connect
from pro_collector.runtime import Runtime
from pro_collector.watchdog import WatchedWork


@asynccontextmanager
async def consumers(rt: Runtime, part: str) -> AsyncIterator[Sequence[WatchedWork]]:
    """Consume the events of a part, for the block; yields the work of each consumer."""
    broker = broker_of(rt.settings)
    works = connect(broker, rt, part)
    try:
        await broker.start()
        yield works
    finally:
        await broker.stop()
