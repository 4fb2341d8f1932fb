"""Publishes events to their topics in order, with a producer that is replaced after every failed delivery."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pro_collector import __version__, tracing
from pro_collector.domain.event_schemas import schema_id
from pro_collector.kafka.broker import check_reachable
from pro_collector.kafka.connection import METADATA_MAX_AGE_MS, SOURCE, client_options
from pro_collector.kafka.topics import restore_topics
from pro_collector.postgres.tables.outbox import OutboxRow
from pro_collector.settings import Settings

RETRIABLE: tuple[type[Exception], ...] = (KafkaError, ConnectionError, TimeoutError)
"""Exceptions of publishing after which a later attempt may succeed."""
DELIVERY_TIMEOUT = 12.0
"""Timeout of one batch in seconds: the relay's transaction is open meanwhile, and may be idle for 20 s."""
REQUEST_TIMEOUT_MS = 10_000
"""Timeout of one request, and of waiting for a missing topic."""
STOP_TIMEOUT = 2.0
"""Seconds for which a stopping producer may still deliver, and then seconds for closing its connections."""


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a batch: the rows that Kafka confirmed (`OutboxRow.id`), and the error of the others."""

    confirmed: Sequence[int]
    error: BaseException | None = None


class Publisher(Protocol):
    """Publishes events, to Kafka or to a log in this process."""

    async def publish(self, rows: Sequence[OutboxRow]) -> Published:
        """Publish events, in order within each topic, and wait until they are there."""


class Producer:
    """Publishes events to Kafka.

    An idempotent producer numbers the records of each partition and cannot take a number back. After a failure its
    number is wrong, and Kafka refuses every later record (OutOfOrderSequenceNumber), for ever. The same happens when
    Kafka loses its log and assigns a producer id a second time. So the producer is closed after every failure, and
    the next attempt uses a new one with its own id and numbers. Before that it creates the topics that are missing:
    after Kafka has lost everything, nobody has to do anything.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: Any = None

    async def start(self) -> None:
        """Raise Unavailable when no broker can be reached."""
        await check_reachable(self._settings)

    async def stop(self) -> None:
        """Stop within some seconds, whatever Kafka does; records without confirmation are published again later."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _close(producer)

    async def publish(self, rows: Sequence[OutboxRow]) -> Published:
        """Publish events, in order within each topic, and wait until Kafka confirms them, at most DELIVERY_TIMEOUT."""
        deliveries: dict[int, asyncio.Future[Any]] = {}
        errors: list[BaseException] = []
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT):
                producer = await self._open_producer()
                sends = [self._send(producer, topic, deliveries) for topic in _by_topic(rows)]
                results = await asyncio.gather(*sends, return_exceptions=True)
                errors += [error for error in results if error is not None]
                if deliveries:
                    await asyncio.wait(deliveries.values())
        except RETRIABLE as error:
            errors.append(error)
        finally:
            failed = {id: why for id, future in deliveries.items() if (why := _failure(future)) is not None}
        errors += failed.values()
        if errors:
            await self.stop()
        return Published([id for id in deliveries if id not in failed], errors[0] if errors else None)

    async def _open_producer(self) -> Any:
        if self._producer is None:
            await restore_topics(self._settings)
            self._producer = AIOKafkaProducer(
                **client_options(self._settings),
                enable_idempotence=self._settings.kafka_idempotent,
                acks="all",
                request_timeout_ms=REQUEST_TIMEOUT_MS,
                metadata_max_age_ms=METADATA_MAX_AGE_MS,
            )
            await self._producer.start()
        return self._producer

    async def _send(self, producer: Any, rows: Sequence[OutboxRow], deliveries: dict[int, asyncio.Future[Any]]) -> None:
        for row in rows:
            deliveries[row.id] = await producer.send(
                f"{self._settings.kafka_prefix}{row.type}", value_of(row), key=key_of(row), headers=encoded_headers(row)
            )


def key_of(row: OutboxRow) -> bytes:
    """The key of an event's record: its participant, or the thing that the event is the newest state of."""
    return (row.compaction_key or str(row.participant_id)).encode()


def value_of(row: OutboxRow) -> bytes | None:
    """The value of an event's record; None deletes the state with its key."""
    return None if row.payload == "null" else row.payload.encode()


def encoded_headers(row: OutboxRow) -> list[tuple[str, bytes]]:
    """`headers`, as a record has them."""
    return [(name, value.encode()) for name, value in headers(row).items()]


def headers(row: OutboxRow) -> dict[str, str]:
    """The CloudEvents 1.0 attributes of an event, in binary mode (Kafka protocol binding), and its trace if any."""
    trace = {tracing.HEADER: row.traceparent} if row.traceparent else {}
    return {
        **trace,
        "ce_specversion": "1.0",
        "ce_id": str(row.event_id),
        "ce_type": row.type,
        "ce_source": SOURCE,
        "ce_subject": str(row.participant_id),
        "ce_time": row.occurred_at.isoformat(),
        "ce_dataschema": schema_id(row.type),
        "content-type": "application/json",
        "ce_dataversion": __version__,
    }


def _by_topic(rows: Sequence[OutboxRow]) -> Iterator[list[OutboxRow]]:
    """Group events by topic: a topic that cannot be written to must not block the others."""
    for type in sorted({row.type for row in rows}):
        yield [row for row in rows if row.type == type]


def _failure(delivery: asyncio.Future[Any]) -> BaseException | None:
    """Why Kafka has not confirmed a record; None when it has. Cancels a delivery that is not done."""
    if not delivery.done():
        delivery.cancel()
    if delivery.cancelled():
        return TimeoutError("Kafka did not confirm in time")
    return delivery.exception()


async def _close(producer: Any) -> None:
    """Close a producer. Its own `stop` waits until all is delivered, and so for ever while Kafka cannot be reached."""
    closing = asyncio.create_task(producer.stop())
    await asyncio.wait({closing}, timeout=STOP_TIMEOUT)
    if not closing.done():
        await _abort(producer)
        await asyncio.wait({closing}, timeout=STOP_TIMEOUT)
    closing.cancel()
    with contextlib.suppress(asyncio.CancelledError, *RETRIABLE):
        await closing
    await producer.client.close()


async def _abort(producer: Any) -> None:
    """Cancel the sending task, then end the waiting batches. aiokafka has no public API, and ignores one cancel."""
    sending, accumulator = producer._sender.sender_task, producer._message_accumulator
    while not sending.done():
        sending.cancel()
        await asyncio.sleep(0)
    for batch in (*accumulator._pending_batches, *chain.from_iterable(accumulator._batches.values())):
        if not batch.future.done():
            batch.future.set_result(None)
