"""Publishing: events to their topics, in order, by a producer that is replaced as soon as a delivery has failed."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pro_collector import __version__
from pro_collector.kafka.broker import answers
from pro_collector.kafka.connection import METADATA_MAX_AGE_MS, SOURCE, client_options
from pro_collector.postgres.tables.outbox import OutboxRow
from pro_collector.settings import Settings

UNREACHABLE: tuple[type[Exception], ...] = (KafkaError, ConnectionError, TimeoutError)
"""What publishing may end with and a later attempt may cure."""
DELIVERY = 12.0
"""Seconds for which Kafka may keep us waiting: the relay's transaction is open meanwhile, and may be idle for 20."""
ANSWER_MS = 10_000
"""For one request, and for a topic that is not there."""
GOODBYE = 2.0
"""Seconds for which a producer that ends may still try to deliver, and again until it lets go of its connections."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a batch: the rows that Kafka has (`OutboxRow.id`), and why not the others."""

    taken: Sequence[int]
    error: BaseException | None = None


class Producer:
    """The way out to Kafka.

    An idempotent producer counts the records of each partition and cannot take a number back. After a failure its
    count is wrong, and Kafka refuses whatever follows (OutOfOrderSequenceNumber), for ever. A Kafka that lost its log
    gives out producer ids that it gave out before, with the same end. So whatever the failure was, the producer is
    closed, and the next attempt has a new one with an id and counts of its own.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: Any = None

    async def start(self) -> None:
        """Raise Unavailable where no broker answers."""
        await answers(self._settings)

    async def stop(self) -> None:
        """End within some seconds, whatever Kafka does; what it has not confirmed is published again one day."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _ended(producer)

    async def publish(self, rows: Sequence[OutboxRow]) -> Published:
        """Publish events, those of a topic in their order, and wait until Kafka has them or DELIVERY is over."""
        answered: dict[int, asyncio.Future[Any]] = {}
        errors: list[BaseException] = []
        try:
            async with asyncio.timeout(DELIVERY):
                producer = await self._opened()
                ways = [self._send(producer, same, answered) for same in _by_topic(rows)]
                errors += [each for each in await asyncio.gather(*ways, return_exceptions=True) if each is not None]
                if answered:
                    await asyncio.wait(answered.values())
        except UNREACHABLE as error:
            errors.append(error)
        finally:
            failed = {id: why for id, future in answered.items() if (why := _failure(future)) is not None}
        errors += failed.values()
        if errors:
            await self.stop()
        return Published([id for id in answered if id not in failed], errors[0] if errors else None)

    async def _opened(self) -> Any:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                **client_options(self._settings),
                enable_idempotence=self._settings.kafka_idempotent,
                acks="all",
                request_timeout_ms=ANSWER_MS,
                metadata_max_age_ms=METADATA_MAX_AGE_MS,
            )
            await self._producer.start()
        return self._producer

    async def _send(self, producer: Any, rows: Sequence[OutboxRow], answered: dict[int, asyncio.Future[Any]]) -> None:
        for row in rows:
            answered[row.id] = await producer.send(
                f"{self._settings.kafka_prefix}{row.type}",
                row.payload.encode(),
                key=str(row.participant_id).encode(),
                headers=[(name, value.encode()) for name, value in headers(row).items()],
            )


def headers(row: OutboxRow) -> dict[str, str]:
    """CloudEvents 1.0 attributes, binary mode (Kafka protocol binding)."""
    return {
        "ce_specversion": "1.0",
        "ce_id": str(row.event_id),
        "ce_type": row.type,
        "ce_source": SOURCE,
        "ce_subject": str(row.participant_id),
        "ce_time": row.occurred_at.isoformat(),
        "content-type": "application/json",
        "ce_dataversion": __version__,
    }


def _by_topic(rows: Sequence[OutboxRow]) -> Iterator[list[OutboxRow]]:
    """A topic that cannot be written to must not hold up the others."""
    for type in sorted({row.type for row in rows}):
        yield [row for row in rows if row.type == type]


def _failure(delivery: asyncio.Future[Any]) -> BaseException | None:
    """Why a record is not known to be in Kafka; None when it is."""
    if not delivery.done():
        delivery.cancel()
    if delivery.cancelled():
        return TimeoutError("Kafka did not confirm in time")
    return delivery.exception()


async def _ended(producer: Any) -> None:
    """Close a producer. Its own `stop` waits until everything is delivered, and so for ever while Kafka is away."""
    closing = asyncio.create_task(producer.stop())
    await asyncio.wait({closing}, timeout=GOODBYE)
    if not closing.done():
        await _give_up(producer)
        await asyncio.wait({closing}, timeout=GOODBYE)
    closing.cancel()
    with contextlib.suppress(asyncio.CancelledError, *UNREACHABLE):
        await closing
    await producer.client.close()


async def _give_up(producer: Any) -> None:
    """End what tries to deliver, then what waits for it. aiokafka has no public way; cancelled once, it tries on."""
    sending, accumulator = producer._sender.sender_task, producer._message_accumulator
    while not sending.done():
        sending.cancel()
        await asyncio.sleep(0)
    for batch in (*accumulator._pending_batches, *chain.from_iterable(accumulator._batches.values())):
        if not batch.future.done():
            batch.future.set_result(None)
