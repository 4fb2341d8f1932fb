"""One started pipe for each module: joining a consumer group takes seconds."""

import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from pro_collector import relay
from pro_collector.embedded.servers import Servers
from pro_collector.kafka import consumer, in_process_broker
from tests.shared.databases import CLONE, own_database
from tests.wire.kafka.pipe import Pipe, pipe


@pytest.fixture(scope="module")
def own_servers(postgres: str, kafka: Servers) -> Iterator[Servers]:
    """The broker, and a database of the module's own."""
    with own_database(postgres, CLONE) as url:
        yield Servers(url, kafka.kafka_bootstrap, kafka.kafka_idempotent)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(own_servers: Servers) -> AsyncIterator[Pipe]:
    """A relay and a consumer that run for the whole module; waits of seconds are tenths."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "REPUBLISH_AFTER", timedelta(seconds=1))
        patch.setattr(relay, "REPUBLISH_EVERY", 0.3)
        patch.setattr(in_process_broker, "AGAIN_AFTER", 0.1)
        patch.setattr(consumer, "RETRY_WAITS", (0.02, 0.05, 0.1))
        async with pipe(own_servers, f"t{uuid.uuid4().hex[:10]}.") as made:
            yield made


@pytest.fixture
def flow(running: Pipe) -> Pipe:
    """The module's pipe with nothing handled yet."""
    running.handled.clear()
    running.batches.clear()
    running.mended = False
    return running
