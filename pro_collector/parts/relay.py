"""The relay: publishes the outbox to Kafka."""

from pro_collector.kafka.chosen import producer_of
from pro_collector.parts.watched import OnStall, Start, run_watched
from pro_collector.pipeline import HANDLED_TYPES
from pro_collector.postgres.questions import oldest_work
from pro_collector.relay import Relay
from pro_collector.runtime import Runtime
from pro_collector.watchdog import WatchedWork


async def run(rt: Runtime, start: Start, on_stall: OnStall) -> None:
    """Run it until cancelled."""
    producer = producer_of(rt.settings, HANDLED_TYPES)
    try:
        await producer.start()
        relay = Relay(rt.database, producer, rt.listener, HANDLED_TYPES)
        unpublished = WatchedWork("relay", oldest_work.unpublished, lambda: relay.done)
        start([unpublished])
        await run_watched(rt, [unpublished], on_stall, relay.run())
    finally:
        await producer.stop()
