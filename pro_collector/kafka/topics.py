"""Creates the topics, one for each event."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code

from pro_collector.domain.events import EVENTS
from pro_collector.domain.stream_events import COMPACTED
from pro_collector.errors import Misconfigured, ProCollectorError, Unavailable
from pro_collector.kafka.connection import UNREACHABLE, client_options
from pro_collector.kafka.in_process import is_in_process
from pro_collector.settings import Settings

log = structlog.get_logger(__name__)

COMPACTION: Mapping[str, str] = {
    "cleanup.policy": "compact",
    "delete.retention.ms": "604800000",
    "max.compaction.lag.ms": "86400000",
}
"""Kafka keeps the newest record of each key. A consumer that was away for a week hears of deletions; what was erased is
gone from the log about a day later."""
NOT_CREATED: tuple[type[Exception], ...] = (ProCollectorError, KafkaError, ConnectionError, TimeoutError)
"""Exceptions of creating a topic."""


async def create_topics(settings: Settings) -> list[str]:
    """Create the missing topics and return their names; a log in the process needs none.

    Raises Unavailable when no broker can be reached, Misconfigured when Kafka refuses to create a topic.
    """
    if is_in_process(settings):
        return []
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        missing = [
            f"{settings.kafka_prefix}{name}" for name in EVENTS if f"{settings.kafka_prefix}{name}" not in existing
        ]
        if missing:
            response = await admin.create_topics([_topic(name, settings) for name in missing])
            _check(response.topic_errors)
        return missing
    except KafkaConnectionError as error:
        raise Unavailable(UNREACHABLE) from error
    finally:
        await admin.close()


async def restore_topics(settings: Settings) -> None:
    """Create missing topics; if Kafka does not let us, the topics that exist are used all the same."""
    try:
        restored = await create_topics(settings)
    except NOT_CREATED as error:
        log.warning("missing topics could not be created: pro-collector migrate", error=str(error))
    else:
        if restored:
            log.warning("topics were missing, and have been created", topics=len(restored))


def _topic(name: str, settings: Settings) -> NewTopic:
    """Of three replicas or more, a majority has every event that counts as published."""
    replicas = settings.kafka_replication
    majority = {"min.insync.replicas": str(replicas // 2 + 1)} if replicas >= 3 else {}
    compacted = COMPACTION if name.removeprefix(settings.kafka_prefix) in COMPACTED else {}
    return NewTopic(name, settings.kafka_partitions, replicas, topic_configs={**majority, **compacted})


def _check(results: Iterable[Sequence[Any]]) -> None:
    """Check the results of creating topics: name, error code, and more in newer versions of the protocol."""
    for name, code, *_ in results:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # another process was quicker
            raise Misconfigured(f"Kafka refused to create the topic {name}: {error.__name__}")
