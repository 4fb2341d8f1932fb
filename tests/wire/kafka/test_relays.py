"""More relays than one, a broker that lost everything: order and once hold."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import timedelta

import pytest

from pro_collector import relay
from pro_collector.embedded.kafka import Kafka
from pro_collector.embedded.servers import Servers
from pro_collector.kafka.producer import Published
from pro_collector.postgres.tables.outbox import OutboxRow
from tests.wire.kafka.pipe import pipe

pytestmark = pytest.mark.kafka


async def test_several_relays_publish_each_event_once_and_keep_the_order(
    servers: Servers, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BATCH", 7)
    async with pipe(servers, prefix, relay=False) as flow:
        people = [uuid.uuid4() for _ in range(5)]
        for n in range(60):
            for whom in people:
                await flow.emit(str(n), whom=whom)
        tasks = [asyncio.create_task(flow.relay().run()) for _ in range(3)]
        await flow.all_done()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert [flow.by_participant()[whom] for whom in people] == [[str(n) for n in range(60)]] * 5
        assert await flow.rows("SELECT DISTINCT published FROM outbox") == [{"published": 1}]


async def test_a_new_broker_gets_what_the_old_one_took_with_it(
    database_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "REPUBLISH_AFTER", timedelta(seconds=1))
    monkeypatch.setattr(relay, "REPUBLISH_EVERY", 0.3)
    first, second = Kafka(), Kafka()
    try:
        async with pipe(Servers(database_url, first.start()), prefix, listen=False) as flow:
            sent = await flow.emit(*["good"] * 50)
            while await flow.rows("SELECT 1 FROM outbox WHERE published_at IS NULL"):
                await asyncio.sleep(0.05)
        first.stop()  # every record is gone, and nobody had read one
        async with pipe(Servers(database_url, second.start()), prefix) as flow:
            await flow.all_done()
            assert flow.count(sent) == [1] * 50
    finally:
        first.stop()
        second.stop()


async def test_the_relay_waits_for_a_broker_that_is_away(
    servers: Servers, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away is waited for, too; here every attempt of the first second fails."""
    async with pipe(servers, prefix, relay=False) as flow:
        publish, left = flow.producer.publish, [3]

        async def unlucky(rows: Sequence[OutboxRow]) -> Published:
            left[0] -= 1
            return Published([], ConnectionError("nobody there")) if left[0] >= 0 else await publish(rows)

        monkeypatch.setattr(flow.producer, "publish", unlucky)
        sent = await flow.emit(*["good"] * 3)
        task = asyncio.create_task(flow.relay().run())
        await flow.all_done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert flow.count(sent) == [1] * 3


async def test_unreadable_records_hold_up_no_neighbour_of_their_batch(servers: Servers, prefix: str) -> None:
    """Nothing is published a second time for them: the whole batch is there before anybody reads it."""
    whom = uuid.uuid4()
    async with pipe(servers, prefix, listen=False) as flow:
        for n in range(3):
            await flow.emit(*[str(n * 5 + k) for k in range(5)], whom=whom)
            while await flow.rows("SELECT 1 FROM outbox WHERE published_at IS NULL"):
                await asyncio.sleep(0.05)
            for partition in range(3):
                await flow.put(
                    b'{"POISON":' * 20_000, [("x", b"\xff\xfe"), ("n", f"{n}{partition}".encode())], partition
                )
    async with pipe(servers, prefix) as flow:
        await flow.all_done()
        assert flow.by_participant() == {whom: [str(n) for n in range(15)]}
        await flow.until(lambda: len(flow.handled) == 15)
        while len(await flow.rows("SELECT 1 FROM dead_letter")) < 9:
            await asyncio.sleep(0.05)
        assert await flow.rows("SELECT DISTINCT published FROM outbox") == [{"published": 1}]
