"""The log in one process keeps the promises of a broker: the tests of one run on it, as far as they ask it alone."""

import asyncio
from collections.abc import Iterator

import pytest

from pro_collector.domain.events import TimelineChanged
from pro_collector.embedded.servers import Servers
from pro_collector.errors import Unavailable
from pro_collector.kafka.broker import check_reachable
from pro_collector.kafka.in_process import InProcessServer
from pro_collector.kafka.listening import listen
from tests.shared.databases import CLONE, own_database
from tests.wire.kafka.pipe import Pipe, pipe, settings
from tests.wire.kafka.test_flow import (  # noqa: F401 - to run them here is what this file is for
    test_a_dead_event_that_kafka_delivers_again_is_not_laid_aside_twice,
    test_a_lost_connection_is_waited_out,
    test_a_worker_that_is_newer_than_its_database_waits_for_the_migration,
    test_an_outage_longer_than_all_waits_loses_nothing,
    test_one_poison_event_among_hundreds_is_laid_aside_alone,
    test_redriven_after_mending_it_goes_through,
    test_the_same_record_delivered_twice_is_handled_once,
    test_what_happens_to_one_participant_keeps_its_order,
    test_what_kafka_lost_is_published_again_and_handled_once,
    test_what_nobody_here_handles_is_published_and_done,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def own_servers(postgres: str) -> Iterator[Servers]:
    """A log in this process, and a database of the module's own."""
    server = InProcessServer()
    with own_database(postgres, CLONE) as url:
        yield Servers(url, server.start())
    server.stop()


async def test_whoever_listens_hears_what_comes_during_the_block(flow: Pipe) -> None:
    heard: list[TimelineChanged] = []
    async with listen(flow.settings, TimelineChanged, heard.append):
        sent = await flow.emit("good", "good")
        await flow.all_done()
    await flow.emit("good")
    await flow.all_done()
    assert heard == sent


async def test_a_consumer_that_stops_finishes_its_batch_and_takes_no_other(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = InProcessServer()
    async with pipe(Servers(database_url, server.start()), "t.", relay=False) as flow:
        begun, goes_on = asyncio.Event(), asyncio.Event()
        once = flow._handle

        async def slow(events: list[TimelineChanged]) -> None:
            begun.set()
            await goes_on.wait()
            await once(events)

        monkeypatch.setattr(flow, "_handle", slow)
        first = await flow.emit("good")
        assert not await flow.relay().pump()
        await begun.wait()
        second = await flow.emit("good")
        assert not await flow.relay().pump()
        stopping = asyncio.create_task(flow.broker.stop())
        await asyncio.sleep(0)
        goes_on.set()
        await stopping
        assert (flow.count(first), flow.count(second)) == ([1], [0])
    server.stop()


async def test_in_another_process_the_log_cannot_be_reached(database_url: str) -> None:
    server = InProcessServer()
    there = settings(Servers(database_url, server.start()), "t.", {})
    await check_reachable(there)
    server.stop()
    with pytest.raises(Unavailable, match="inside another process"):
        await check_reachable(there)
    with pytest.raises(Unavailable):
        async with listen(there, TimelineChanged, print):
            pass
