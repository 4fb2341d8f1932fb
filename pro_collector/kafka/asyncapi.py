"""The AsyncAPI document of everything that is published, for programs that listen."""

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

from pro_collector import __version__
from pro_collector.domain.events import EVENTS


def asyncapi() -> str:
    """AsyncAPI 3.0 as JSON."""
    broker = KafkaBroker("localhost:9092")
    for name, event in EVENTS.items():
        broker.publisher(f"pro.{name}", schema=event, description=event.__doc__, title=event.__name__)
    return AsyncAPI(broker, title="pro-collector", version=__version__).to_specification().to_json()
