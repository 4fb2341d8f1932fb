"""Creates the topics, one for each event."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pro_collector.domain.events import EVENTS
from pro_collector.settings import Settings


async def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing; their names."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [f"{settings.kafka_prefix}{name}" for name in EVENTS if f"{settings.kafka_prefix}{name}" not in there]
        if missing:
            await admin.create_topics(
                [NewTopic(name, settings.kafka_partitions, settings.kafka_replication) for name in missing]
            )
        return missing
    finally:
        await admin.close()
