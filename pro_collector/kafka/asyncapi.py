"""Makes the AsyncAPI document of all published events, for the authors of other consumers."""

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

from pro_collector import __version__
from pro_collector.domain.events import EVENTS


def asyncapi() -> str:
    """Return the AsyncAPI 3.0 document as JSON."""
    broker = KafkaBroker("localhost:9092")
    for name, event in EVENTS.items():
        broker.publisher(f"pro.{name}", schema=event, description=event.__doc__, title=event.__name__)
    return AsyncAPI(broker, title="pro-collector", version=__version__).to_specification().to_json()
