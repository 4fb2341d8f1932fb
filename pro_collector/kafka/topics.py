"""Creates the topics, one for each event."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError

from pro_collector.domain.events import EVENTS
from pro_collector.errors import Unavailable
from pro_collector.kafka.connection import UNREACHABLE, client_options
from pro_collector.settings import Settings


async def create_topics(settings: Settings) -> list[str]:
    """Create the missing topics and return their names. Raises Unavailable when no broker can be reached."""
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        missing = [
            f"{settings.kafka_prefix}{name}" for name in EVENTS if f"{settings.kafka_prefix}{name}" not in existing
        ]
        if missing:
            await admin.create_topics(
                [NewTopic(name, settings.kafka_partitions, settings.kafka_replication) for name in missing]
            )
        return missing
    except KafkaConnectionError as error:
        raise Unavailable(UNREACHABLE) from error
    finally:
        await admin.close()
