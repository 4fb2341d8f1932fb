"""Listens to events as they happen, without a group and without a past: for screens, not for work."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import ValidationError

from pro_collector.domain.events import Event
from pro_collector.kafka.broker import answers, fetch_wait
from pro_collector.kafka.connection import METADATA_MAX_AGE_MS, SOURCE, brokers, security
from pro_collector.settings import Settings

log = structlog.get_logger(__name__)

E = TypeVar("E", bound=Event)


@asynccontextmanager
async def listening(settings: Settings, event: type[E], heard: Callable[[E], None]) -> AsyncIterator[None]:
    """Call `heard`, which must not block, with every `event` that is published from now on, whoever else handles it.

    Raises Unavailable when no broker answers.
    """
    await answers(settings)
    broker = KafkaBroker(
        brokers(settings),
        client_id=f"{SOURCE}-screen",
        security=security(settings),
        consumer_only=True,
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
        graceful_timeout=1,
        logger=None,
    )
    subscriber = broker.subscriber(
        f"{settings.kafka_prefix}{event.type}",
        auto_offset_reset="latest",
        fetch_max_wait_ms=fetch_wait(settings),
        ack_policy=AckPolicy.MANUAL,
    )

    @subscriber
    async def consume(message: KafkaMessage) -> None:
        try:
            heard(event.model_validate_json(message.body))
        except ValidationError:
            log.error("unreadable record not shown", topic=event.type)

    try:
        await broker.start()
        yield
    finally:
        await broker.stop()
