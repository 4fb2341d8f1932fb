"""A broker that goes away, comes back empty, or lacks a topic: nothing stands still, and nothing is published over."""

import asyncio
import os
import signal
import time
import uuid
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from pro_collector import relay
from pro_collector.domain.events import EVENTS, TimelineChanged
from pro_collector.embedded.kafka import Kafka
from pro_collector.embedded.port import free_port
from pro_collector.embedded.servers import Servers
from pro_collector.kafka import producer
from pro_collector.kafka.broker import Broker
from pro_collector.kafka.consumer import subscribe
from tests.apache_kafka import ApacheKafka
from tests.wire.kafka.pipe import PATIENCE, Pipe, pipe

APACHE = os.environ.get("PRO_TEST_KAFKA") == "apache"

pytestmark = pytest.mark.kafka


@pytest.fixture
def broker() -> Iterator[ApacheKafka | Kafka]:
    """A broker of the test's own; Apache Kafka keeps its address: stopped and started again it has lost everything."""
    own: ApacheKafka | Kafka = ApacheKafka(free_port()) if APACHE else Kafka()
    try:
        yield own
    finally:
        own.stop()


async def all_published(flow: Pipe) -> None:
    """Wait until the relay has nothing left."""
    deadline = time.monotonic() + PATIENCE
    while await flow.rows("SELECT 1 FROM outbox WHERE published_at IS NULL"):
        assert time.monotonic() < deadline, "the relay stands still"
        await asyncio.sleep(0.05)


async def wiped(broker: ApacheKafka) -> None:
    """It ends, and starts again with nothing in it."""
    await asyncio.to_thread(broker.stop)
    await asyncio.to_thread(broker.start)


@pytest.mark.skipif(not APACHE, reason="the embedded broker knows no idempotent producer: KAFKA=apache")
async def test_a_relay_restarted_after_kafka_lost_everything_is_not_refused_for_ever(
    broker: ApacheKafka, database_url: str, prefix: str
) -> None:
    """The new broker gives both relays the same producer id, and expects the second to count on where the first was."""
    servers = Servers(database_url, broker.start(), kafka_idempotent=True)
    whom = uuid.uuid4()
    async with pipe(servers, prefix, listen=False) as flow:
        await flow.emit(*["good"] * 5, whom=whom)
        await all_published(flow)
        await wiped(broker)
        for _ in range(5):
            await flow.emit(*["good"] * 60, whom=whom)
            await all_published(flow)
    async with pipe(servers, prefix, listen=False) as flow:
        await flow.emit(*["good"] * 5, whom=whom)
        await all_published(flow)


async def test_the_parts_end_while_kafka_does_not_answer_with_events_in_flight(
    broker: ApacheKafka | Kafka, database_url: str, prefix: str
) -> None:
    servers = Servers(database_url, broker.start(), kafka_idempotent=APACHE)
    assert broker.pid
    async with pipe(servers, prefix, relay=False) as flow:
        sent = await flow.emit("good")
        assert not await flow.relay().pump(), "the producer is connected"
        await flow.until(lambda: flow.count(sent) == [1])
        os.kill(broker.pid, signal.SIGSTOP)  # it is connected and silent, which the library waits longest for
        try:
            await flow.emit(*["good"] * 50)
            task = asyncio.create_task(flow.relay().run())
            await asyncio.sleep(1)
            async with asyncio.timeout(30):  # 4 s each; without an end of their own it is 40 s, or for ever
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await flow.producer.stop()
                await flow.broker.stop()
        finally:
            os.kill(broker.pid, signal.SIGCONT)


async def test_events_of_other_topics_are_published_once_while_one_topic_is_missing(
    broker: ApacheKafka | Kafka, database_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(producer, "REQUEST_TIMEOUT_MS", 1000)
    monkeypatch.setattr(relay, "FIRST_WAIT", 0.1)
    servers = Servers(database_url, broker.start(), kafka_idempotent=APACHE)
    async with pipe(servers, prefix, listen=False) as flow:
        await flow.rows(
            "INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload)"
            " SELECT gen_random_uuid(), 'no topic!', gen_random_uuid(), now(), '{}' RETURNING 1"
        )
        sent = await flow.emit(*["good"] * 30)
        deadline = time.monotonic() + PATIENCE
        while await flow.rows("SELECT 1 FROM outbox WHERE type <> 'no topic!' AND published_at IS NULL"):
            assert time.monotonic() < deadline, "one missing topic holds up the others"
            await asyncio.sleep(0.05)
        await asyncio.sleep(3)  # some more tries with the one that cannot go
        counts = await flow.rows("SELECT DISTINCT published FROM outbox WHERE event_id = ANY(%s)", [e.id for e in sent])
        assert counts == [{"published": 1}]
        assert await flow.rows("SELECT type FROM outbox WHERE published_at IS NULL") == [{"type": "no topic!"}]


@pytest.mark.skipif(not APACHE, reason="the embedded broker makes topics by itself: KAFKA=apache")
async def test_the_parts_go_on_by_themselves_after_kafka_lost_everything(
    broker: ApacheKafka, database_url: str, prefix: str
) -> None:
    """The consumers are back before the relay creates the topics, and have no partitions at first."""
    servers = Servers(database_url, broker.start(), kafka_idempotent=True)
    async with pipe(servers, prefix) as flow:
        before = await flow.emit(*["good"] * 5)
        await flow.until(lambda: flow.count(before) == [1] * 5)
        with capture_logs() as told:
            await wiped(broker)
            await flow.until(lambda: any("consumer has no partitions" in line["event"] for line in told))
            sent = await flow.emit(*["good"] * 20)
            await flow.until(lambda: flow.count(sent) == [1] * 20)
        assert [line["topics"] for line in told if "topics were missing" in line["event"]] == [len(EVENTS)]


@pytest.mark.skipif(not APACHE, reason="the embedded broker makes topics by itself: KAFKA=apache")
async def test_a_part_starts_on_a_kafka_that_has_lost_its_topics(
    broker: ApacheKafka, database_url: str, prefix: str
) -> None:
    """Nothing is published meanwhile, so the relay does not create them."""
    servers = Servers(database_url, broker.start(), kafka_idempotent=True)
    async with pipe(servers, prefix, listen=False) as flow:
        await wiped(broker)
        started_again = Broker(flow.settings)
        subscribe(started_again, flow.database, "worker", {TimelineChanged: flow.handle})
        await started_again.start()
        try:
            (event,) = await flow.emit("good")
            await flow.until(lambda: event in flow.handled)
        finally:
            await started_again.stop()
