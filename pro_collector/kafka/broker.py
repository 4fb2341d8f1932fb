"""The FastStream broker that handlers are subscribed to, and whether any broker answers at all."""

from functools import partial
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from faststream.kafka import KafkaBroker

from pro_collector.errors import Unavailable
from pro_collector.kafka.connection import AWAY, METADATA_MAX_AGE_MS, SOURCE, brokers, client_options, security
from pro_collector.kafka.stepping import SteppingConsumer
from pro_collector.settings import Settings


class Broker:
    """Kafka, as those who listen see it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faststream = KafkaBroker(
            brokers(settings),
            client_id=SOURCE,
            security=security(settings),
            consumer_only=True,  # publishing is the relay's, with a producer that it can replace
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            allow_auto_create_topics=False,
            graceful_timeout=4,
            logger=None,
        )

    def topic(self, name: str) -> str:
        """The topic of the event `name`."""
        return f"{self.settings.kafka_prefix}{name}"

    async def start(self) -> None:
        """Connect and start every subscriber that was added. Raises Unavailable."""
        await answers(self.settings)
        await self.faststream.connect()
        config: Any = self.faststream.config.broker_config
        config.builder = partial(SteppingConsumer, **config.builder.keywords)
        await self.faststream.start()

    async def stop(self) -> None:
        await self.faststream.stop()


def fetch_wait(settings: Settings) -> int:
    """Milliseconds for which a consumer lets the broker wait for news.

    Kafka answers at once when there is some; the embedded broker looks only twice or so in that time, and every step
    of a conversation would wait for it.
    """
    return 100 if settings.kafka_idempotent else 40


async def answers(settings: Settings) -> None:
    """Raise Unavailable where no broker answers.

    Asked before anything starts: what a start that fails half-way leaves open complains when it is collected.
    """
    client = AIOKafkaClient(**client_options(settings))
    try:
        await client.bootstrap()
    except KafkaConnectionError as error:
        raise Unavailable(AWAY) from error
    finally:
        await client.close()
