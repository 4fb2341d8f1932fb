"""The FastStream broker that handlers subscribe to, and a check that a Kafka broker can be reached."""

from functools import partial
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from faststream.kafka import KafkaBroker

from pro_collector.errors import Unavailable
from pro_collector.kafka.connection import METADATA_MAX_AGE_MS, SOURCE, UNREACHABLE, brokers, client_options, security
from pro_collector.kafka.in_process import is_in_process, log_of
from pro_collector.kafka.skipping import SkippingConsumer
from pro_collector.kafka.topics import restore_topics
from pro_collector.settings import Settings


class Broker:
    """The connection of all consumers of one process to Kafka."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faststream = KafkaBroker(
            brokers(settings),
            client_id=SOURCE,
            security=security(settings),
            consumer_only=True,  # only the relay publishes, with a producer that it can replace
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            allow_auto_create_topics=False,
            graceful_timeout=4,
            logger=None,
        )

    def topic(self, name: str) -> str:
        """The topic of the event `name`."""
        return f"{self.settings.kafka_prefix}{name}"

    async def start(self) -> None:
        """Connect and start every subscriber. Raises Unavailable when no broker can be reached.

        Creates the topics that are missing: a subscriber cannot start without its topic, and after Kafka has lost
        everything the relay creates them only when there is something to publish.
        """
        await check_reachable(self.settings)
        await restore_topics(self.settings)
        await self.faststream.connect()
        config: Any = self.faststream.config.broker_config
        config.builder = partial(SkippingConsumer, **config.builder.keywords)
        await self.faststream.start()

    async def stop(self) -> None:
        await self.faststream.stop()


def fetch_wait(settings: Settings) -> int:
    """Milliseconds for which the broker may wait for new records before it replies to a fetch.

    Kafka replies as soon as there are records. The embedded broker checks only about twice in that time, and every
    step of a conversation would wait for it; so its time is shorter.
    """
    return 100 if settings.kafka_idempotent else 40


async def check_reachable(settings: Settings) -> None:
    """Raise Unavailable when no broker can be reached.

    Call it before anything starts: a start that fails half-way leaves connections open, which warn when they are
    garbage-collected.
    """
    if is_in_process(settings):
        log_of(settings)
        return
    client = AIOKafkaClient(**client_options(settings))
    try:
        await client.bootstrap()
    except KafkaConnectionError as error:
        raise Unavailable(UNREACHABLE) from error
    finally:
        await client.close()
