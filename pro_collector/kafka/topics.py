"""Creates the topics, one for each event."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError

from pro_collector.domain.events import EVENTS
from pro_collector.errors import Unavailable
from pro_collector.kafka.connection import AWAY, client_options
from pro_collector.settings import Settings


async def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing; their names. Raises Unavailable."""
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        there = set(await admin.list_topics())
        missing = [f"{settings.kafka_prefix}{name}" for name in EVENTS if f"{settings.kafka_prefix}{name}" not in there]
        if missing:
            await admin.create_topics(
                [NewTopic(name, settings.kafka_partitions, settings.kafka_replication) for name in missing]
            )
        return missing
    except KafkaConnectionError as error:
        raise Unavailable(AWAY) from error
    finally:
        await admin.close()
