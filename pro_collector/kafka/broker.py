"""The FastStream broker: connecting, publishing, and the attributes that every event carries."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError
from faststream.kafka import KafkaBroker

from pro_collector import __version__
from pro_collector.errors import Unavailable
from pro_collector.kafka.connection import AWAY, SOURCE, brokers, client_options, security
from pro_collector.postgres.outbox import Row
from pro_collector.settings import Settings

UNREACHABLE: tuple[type[Exception], ...] = (KafkaError, ConnectionError, TimeoutError)
"""What publishing may raise and a later attempt may cure."""


class Broker:
    """Kafka, as the rest of the product sees it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faststream = KafkaBroker(
            brokers(settings),
            client_id=SOURCE,
            security=security(settings),
            enable_idempotence=settings.kafka_idempotent,
            acks="all",
            allow_auto_create_topics=False,
            graceful_timeout=4,
            logger=None,
        )

    def topic(self, name: str) -> str:
        """The topic of the event `name`."""
        return f"{self.settings.kafka_prefix}{name}"

    async def start(self) -> None:
        """Connect and start every subscriber that was added. Raises Unavailable."""
        await answers(self.settings)
        await self.faststream.start()

    async def stop(self) -> None:
        await self.faststream.stop()

    async def publish(self, rows: Sequence[Row]) -> None:
        """Publish events in order and wait until Kafka has them all; raises one of UNREACHABLE."""
        sent: list[Any] = [
            await self.faststream.publish(
                row.payload.encode(),
                topic=self.topic(row.type),
                key=str(row.participant_id).encode(),
                headers=headers(row),
                no_confirm=True,
            )
            for row in rows
        ]
        await asyncio.gather(*sent)


def fetch_wait(settings: Settings) -> int:
    """Milliseconds for which a consumer lets the broker wait for news.

    Kafka answers at once when there is some; the embedded broker looks only twice or so in that time, and every step
    of a conversation would wait for it.
    """
    return 100 if settings.kafka_idempotent else 40


async def answers(settings: Settings) -> None:
    """Raise Unavailable where no broker answers.

    Asked before anything starts: what a start that fails half-way leaves open complains when it is collected.
    """
    client = AIOKafkaClient(**client_options(settings))
    try:
        await client.bootstrap()
    except KafkaConnectionError as error:
        raise Unavailable(AWAY) from error
    finally:
        await client.close()


def headers(row: Row) -> dict[str, str]:
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
