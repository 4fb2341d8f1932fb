"""Consumes events in batches: wait out what passes, split what does not, lay the one poison event aside."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import cast

import structlog
from aiokafka import ConsumerRebalanceListener
from faststream import AckPolicy
from faststream.kafka import KafkaMessage

from pro_collector.domain.events import Event
from pro_collector.errors import NotMigrated
from pro_collector.kafka.broker import Broker, fetch_wait
from pro_collector.kafka.records import KafkaRecord, laid_aside, undecoded, unread
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database
from pro_collector.postgres.tables import dead_letters

log = structlog.get_logger(__name__)

Handle = Callable[..., Awaitable[None]]
"""A handler: takes a batch of its event and the runtime (`rt`), which the pipeline binds."""


BATCH = 500
PASSES = (*TRANSIENT, NotMigrated)
"""What no event is to blame for: it is waited out."""
WAITS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Real seconds between tries when something outside is away; then the batch goes back to Kafka and comes again."""


def subscribe(
    broker: Broker, database: Database, process: str, handlers: Mapping[type[Event], Handle], *, at_a_time: int = BATCH
) -> None:
    """Have each handler called with batches of its event, one after the other, in a consumer group named `process`.

    Offsets are committed after the handlers' transactions. FastStream reads and validates before a handler runs, and
    repeats a failing batch for ever (NACK seeks back): so the subscriber here takes raw records and decides itself.
    """
    consumer = Consumer(database, {broker.topic(event.type): (event, handle) for event, handle in handlers.items()})
    patience = 10_000 if broker.settings.kafka_idempotent else 2_000  # the embedded broker's first member waits half
    subscriber = broker.faststream.subscriber(
        *(broker.topic(event.type) for event in handlers),
        batch=True,
        max_records=at_a_time,
        batch_timeout_ms=100,
        fetch_max_wait_ms=fetch_wait(broker.settings),
        group_id=f"{broker.settings.kafka_prefix}{process}",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        session_timeout_ms=patience,
        heartbeat_interval_ms=patience // 3,
        listener=Share(process),
        parser=unread,
        decoder=undecoded,
        title=process,
    )

    @subscriber
    async def consume(message: KafkaMessage) -> None:
        try:
            await consumer.take(cast(Sequence[KafkaRecord], message.raw_message))
        except Exception as error:
            log.error("batch goes back to Kafka", of=process, error=type(error).__name__)
            raise


class Share(ConsumerRebalanceListener):  # type: ignore[misc]
    """Says when a consumer has no share of its topics: they are missing, or more processes run than have use."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._has_none = False

    async def on_partitions_revoked(self, revoked: object) -> None:
        """Nothing to do: offsets are committed after each batch."""

    async def on_partitions_assigned(self, assigned: Collection[object]) -> None:
        """Told after each division of the topics."""
        if not assigned:
            log.warning(
                "consumer has no partitions; if others have none either: pro-collector migrate", of=self._process
            )
        elif self._has_none:
            log.info("consumer has partitions again", of=self._process, partitions=len(assigned))
        self._has_none = not assigned


class Consumer:
    """The events of one process and their handlers, by topic."""

    def __init__(self, database: Database, handlers: Mapping[str, tuple[type[Event], Handle]]) -> None:
        self._database = database
        self._handlers = handlers

    async def take(self, records: Sequence[KafkaRecord]) -> None:
        """Handle a batch of records, whatever is in it; raises only when something outside stays away."""
        for topic, (event, handle) in self._handlers.items():
            readable = [
                read for record in records if record.topic == topic and (read := await self._read(event, record))
            ]
            if readable:
                await self._deliver(handle, readable)

    async def _read(self, event: type[Event], record: KafkaRecord) -> Event | None:
        try:
            return event.model_validate_json(record.value or b"")
        except (ValueError, RecursionError) as error:
            async with self._database.transaction() as tx:
                new = await dead_letters.add_unreadable(tx, laid_aside(record, event.type, str(error)))
            log.error(
                "unreadable record laid aside" if new else "unreadable record lies aside already",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )
            return None

    async def _deliver(self, handle: Handle, events: Sequence[Event]) -> None:
        try:
            await _handle_patiently(handle, events)
        except PASSES:
            raise
        except Exception as error:
            if len(events) == 1:
                await self._bury(events[0], error)
                return
            middle = len(events) // 2
            await self._deliver(handle, events[:middle])
            await self._deliver(handle, events[middle:])

    async def _bury(self, event: Event, error: Exception) -> None:
        # The message of an error may quote what a patient wrote: it goes to the database, not to the log.
        log.error("event laid aside", type=event.type, id=str(event.id), error=type(error).__name__)
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


async def _handle_patiently(handle: Handle, events: Sequence[Event]) -> None:
    for wait in WAITS:
        try:
            return await handle(events)
        except PASSES as error:
            log.warning("handler waits", type=events[0].type, error=type(error).__name__, seconds=wait)
            await asyncio.sleep(wait)
    await handle(events)
