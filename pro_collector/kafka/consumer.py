"""Consumes events in batches: retries temporary failures, splits a failing batch, dead-letters the poison event."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import cast
from uuid import UUID

import structlog
from aiokafka import ConsumerRebalanceListener
from faststream import AckPolicy
from faststream.kafka import KafkaMessage

from pro_collector import tracing
from pro_collector.backoff import rest
from pro_collector.domain.events import Event
from pro_collector.errors import NotMigrated
from pro_collector.kafka.broker import Broker, fetch_wait
from pro_collector.kafka.in_process_broker import InProcessBroker
from pro_collector.kafka.records import KafkaRecord, dead_letter_of, keep_raw, skip_decoding, traceparent_of
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database
from pro_collector.postgres.tables import dead_letters

log = structlog.get_logger(__name__)

Handle = Callable[..., Awaitable[None]]
"""A handler: takes a batch of its event. Its second argument, the runtime `rt`, is bound by the pipeline."""


BATCH = 500
TEMPORARY = (*TRANSIENT, NotMigrated)
"""Temporary failures, which no event has caused: the batch is retried."""
RETRY_WAITS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Real seconds between retries of a temporary failure; after the last, Kafka delivers the batch again."""


def subscribe(
    broker: Broker | InProcessBroker,
    database: Database,
    process: str,
    handlers: Mapping[type[Event], Handle],
    *,
    batch_size: int = BATCH,
) -> "Consumer":
    """Subscribe each handler to batches of its event, one batch after the other, in a consumer group named `process`.

    Returns the consumer, which counts what it has done.

    Offsets are committed after the handlers' transactions. FastStream itself would validate records before a handler
    runs, and repeat a failing batch for ever (NACK seeks back). So this subscriber takes raw records.
    """
    by_topic = {broker.topic(event.type): (event, handle) for event, handle in handlers.items()}
    consumer = Consumer(database, by_topic, process)
    if isinstance(broker, InProcessBroker):
        broker.subscribe(consumer, list(by_topic), batch_size)
        return consumer
    # With the embedded broker, the first member of a group waits for half of this time.
    session_ms = 10_000 if broker.settings.kafka_idempotent else 2_000
    subscriber = broker.faststream.subscriber(
        *(broker.topic(event.type) for event in handlers),
        batch=True,
        max_records=batch_size,
        batch_timeout_ms=100,
        fetch_max_wait_ms=fetch_wait(broker.settings),
        group_id=f"{broker.settings.kafka_prefix}{process}",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        session_timeout_ms=session_ms,
        heartbeat_interval_ms=session_ms // 3,
        listener=Assignment(process, consumer),
        parser=keep_raw,
        decoder=skip_decoding,
        title=process,
    )

    @subscriber
    async def consume(message: KafkaMessage) -> None:
        began = time.monotonic()
        try:
            await consumer.take(cast(Sequence[KafkaRecord], message.raw_message))
        except Exception as error:
            log.error("batch failed; Kafka delivers it again", of=process, error=type(error).__name__)
            raise
        await rest(began)

    return consumer


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells a consumer how many partitions it has, and logs when it has none.

    Then the topics are missing, or there are fewer partitions than processes.
    """

    def __init__(self, process: str, consumer: "Consumer") -> None:
        self._process, self._consumer = process, consumer
        self._has_none = False

    async def on_partitions_revoked(self, revoked: object) -> None:
        """Do nothing: offsets are committed after each batch."""

    async def on_partitions_assigned(self, assigned: Collection[object]) -> None:
        """Called after each rebalance of the group."""
        if not assigned:
            log.warning(
                "consumer has no partitions; if others have none either: pro-collector migrate", of=self._process
            )
        elif self._has_none:
            log.info("consumer has partitions again", of=self._process, partitions=len(assigned))
        self._has_none = not assigned
        self._consumer.partitions = len(assigned)


class Consumer:
    """The events of one process and their handlers, by topic."""

    def __init__(
        self, database: Database, handlers: Mapping[str, tuple[type[Event], Handle]], name: str = "worker"
    ) -> None:
        self._database, self._name = database, name
        self._handlers = handlers
        self.done = 0
        """How many events and unreadable records are handled, or stored as dead letters."""
        self.partitions = 0
        """How many partitions Kafka assigned at the last rebalance of the group."""

    async def take(self, records: Sequence[KafkaRecord]) -> None:
        """Handle a batch of records. Raises only for a temporary failure that outlasts the retries."""
        for topic, (event, handle) in self._handlers.items():
            in_topic = [record for record in records if record.topic == topic]
            read = [(parsed, record) for record in in_topic if (parsed := await self._read(event, record))]
            if read:
                parents = {parsed.id: trace for parsed, record in read if (trace := traceparent_of(record))}
                await self._deliver(handle, [parsed for parsed, _ in read], parents)

    async def _read(self, event: type[Event], record: KafkaRecord) -> Event | None:
        try:
            return event.model_validate_json(record.value or b"")
        except (ValueError, RecursionError) as error:
            async with self._database.transaction() as tx:
                new = await dead_letters.add_unreadable(tx, dead_letter_of(record, event.type, str(error)))
            self.done += 1
            log.error(
                "unreadable record dead-lettered" if new else "unreadable record is already a dead letter",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )
            return None

    async def _deliver(self, handle: Handle, events: Sequence[Event], parents: Mapping[UUID, str]) -> None:
        try:
            with tracing.handling(events, parents, self._name):
                await _handle_with_retries(handle, events)
            self.done += len(events)
        except TEMPORARY:
            raise
        except Exception as error:
            if len(events) == 1:
                await self._dead_letter(events[0], error)
                return
            middle = len(events) // 2
            await self._deliver(handle, events[:middle], parents)
            await self._deliver(handle, events[middle:], parents)

    async def _dead_letter(self, event: Event, error: Exception) -> None:
        # The message of an error may quote what a patient wrote: it is stored in the database, not in the log.
        log.error("event dead-lettered", type=event.type, id=str(event.id), error=type(error).__name__)
        async with self._database.transaction() as tx:
            await dead_letters.add(
                tx,
                topic=event.type,
                value=event.model_dump_json().encode(),
                reason=f"{type(error).__name__}: {error}",
                trace="".join(traceback.format_exception(error)),
                event_id=event.id,
                participant_id=event.participant_id,
            )
        self.done += 1


async def _handle_with_retries(handle: Handle, events: Sequence[Event]) -> None:
    for wait in RETRY_WAITS:
        try:
            return await handle(events)
        except TEMPORARY as error:
            log.warning("handler retries", type=events[0].type, error=type(error).__name__, seconds=wait)
            await asyncio.sleep(wait)
    await handle(events)
