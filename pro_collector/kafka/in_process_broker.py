"""Publishes to the log in this process and hands its records to their consumers, with the interface for Kafka."""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from pro_collector.backoff import rest
from pro_collector.kafka.in_process import InProcessLog, LogRecord, log_of
from pro_collector.kafka.producer import Published, encoded_headers, key_of, value_of
from pro_collector.kafka.records import KafkaRecord
from pro_collector.postgres.tables.outbox import OutboxRow
from pro_collector.settings import Settings

log = structlog.get_logger(__name__)

AGAIN_AFTER = 1.0
"""Seconds after which a batch that failed is handed over again."""
FINISH_WITHIN = 4.0
"""Seconds that a batch may take to be handled when its consumer stops."""


class InProcessProducer:
    """Appends events to the log. `handled_types`: those that a consumer takes; the others are only listened to."""

    def __init__(self, settings: Settings, handled_types: Collection[str]) -> None:
        self._settings, self._handled_types = settings, handled_types

    async def start(self) -> None:
        """Raise Unavailable when the log is not in this process."""
        log_of(self._settings)

    async def stop(self) -> None:
        """Do nothing: what is published is there."""

    async def publish(self, rows: Sequence[OutboxRow]) -> Published:
        """Append events, in order."""
        records = log_of(self._settings)
        for row in rows:
            records.append(
                f"{self._settings.kafka_prefix}{row.type}", key_of(row), value_of(row), encoded_headers(row),
                consumed=row.type in self._handled_types,
            )  # fmt: skip
        return Published([row.id for row in rows])


class Takes(Protocol):
    """What takes batches of records: `kafka.consumer.Consumer`."""

    partitions: int

    async def take(self, records: Sequence[KafkaRecord]) -> None:
        """Handle a batch of records. Raises only for a temporary failure that outlasts the retries."""


class InProcessBroker:
    """The consumers of one part of this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._subscriptions: list[Subscription] = []
        self._tasks: list[asyncio.Task[None]] = []

    def topic(self, name: str) -> str:
        """The topic of the event `name`."""
        return f"{self.settings.kafka_prefix}{name}"

    def subscribe(self, consumer: Takes, topics: Sequence[str], batch_size: int) -> None:
        """Hand the records of these topics to a consumer, from `start` on."""
        self._subscriptions.append(Subscription(consumer, topics, batch_size))

    async def start(self) -> None:
        """Start every consumer. Raises Unavailable when the log is not in this process."""
        records = log_of(self.settings)
        for each in self._subscriptions:
            each.consumer.partitions = 1
            self._tasks.append(asyncio.create_task(each.run(records), name=each.topics[0]))

    async def stop(self) -> None:
        """Stop within FINISH_WITHIN seconds; what is not handled by then is published again later."""
        for each, task in zip(self._subscriptions, self._tasks, strict=False):
            each.stopping.set()
            if not each.busy:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_WITHIN)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@dataclass(slots=True)
class Subscription:
    """A consumer, and the topics whose records it takes, one batch after the other."""

    consumer: Takes
    topics: Sequence[str]
    batch_size: int
    busy: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, records: InProcessLog) -> None:
        """Hand over records until told to stop."""
        while not self.stopping.is_set():
            batch = await records.take(self.topics, self.batch_size)
            self.busy, began = True, time.monotonic()
            while not await self._handles(batch):
                await asyncio.sleep(AGAIN_AFTER)
                if self.stopping.is_set():
                    return
            self.busy = False
            await rest(began)

    async def _handles(self, batch: Sequence[LogRecord]) -> bool:
        try:
            await self.consumer.take(batch)
        except Exception as error:
            log.error("batch failed; it is handed over again", of=self.topics[0], error=type(error).__name__)
            return False
        return True
