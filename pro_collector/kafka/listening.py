"""Follows new events without a consumer group and without old events: for live screens, not for handling."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import ValidationError

from pro_collector.domain.events import Event
from pro_collector.kafka.broker import check_reachable, fetch_wait
from pro_collector.kafka.connection import METADATA_MAX_AGE_MS, SOURCE, brokers, security
from pro_collector.kafka.in_process import is_in_process, log_of
from pro_collector.settings import Settings

log = structlog.get_logger(__name__)

E = TypeVar("E", bound=Event)


@asynccontextmanager
async def listen(settings: Settings, event: type[E], on_event: Callable[[E], None]) -> AsyncIterator[None]:
    """Call `on_event`, which must not block, with every `event` published from now on; handlers get it as well.

    Raises Unavailable when no broker can be reached.
    """
    topic = f"{settings.kafka_prefix}{event.type}"

    def read(value: bytes | None) -> None:
        try:
            on_event(event.model_validate_json(value or b""))
        except ValidationError:
            log.error("unreadable record not shown", topic=event.type)

    if is_in_process(settings):
        with log_of(settings).listening(topic, read):
            yield
    else:
        async with _listening(settings, topic, read):
            yield


@asynccontextmanager
async def _listening(settings: Settings, topic: str, read: Callable[[bytes], None]) -> AsyncIterator[None]:
    await check_reachable(settings)
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
        topic,
        auto_offset_reset="latest",
        fetch_max_wait_ms=fetch_wait(settings),
        ack_policy=AckPolicy.MANUAL,
    )

    @subscriber
    async def consume(message: KafkaMessage) -> None:
        read(message.body)

    try:
        await broker.start()
        yield
    finally:
        await broker.stop()
