"""Makes an empty or older installation ready: the schema in PostgreSQL, the topics in Kafka."""

import asyncio
from collections.abc import Sequence

from pro_collector.kafka.topics import create_topics
from pro_collector.postgres.migrate import migrate
from pro_collector.settings import Settings


async def prepare(settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
    """Migrate the database and create the topics; what was applied and created."""
    applied = await asyncio.to_thread(migrate, settings.database_url.get_secret_value())
    return applied, await create_topics(settings)
