"""What the settings choose: Kafka, or the log in this process."""

from collections.abc import Collection

from pro_collector.kafka.broker import Broker
from pro_collector.kafka.in_process import is_in_process
from pro_collector.kafka.in_process_broker import InProcessBroker, InProcessProducer
from pro_collector.kafka.producer import Producer
from pro_collector.settings import Settings


def broker_of(settings: Settings) -> Broker | InProcessBroker:
    """What hands events to consumers."""
    return InProcessBroker(settings) if is_in_process(settings) else Broker(settings)


def producer_of(settings: Settings, handled_types: Collection[str]) -> Producer | InProcessProducer:
    """What publishes events. `handled_types`: those that have a handler."""
    return InProcessProducer(settings, handled_types) if is_in_process(settings) else Producer(settings)
