"""A consumer that commits the offsets of handled batches, those of several batches at once."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from pro_collector.kafka.records import KafkaRecord
from pro_collector.kafka.skipping import SkippingConsumer

log = structlog.get_logger(__name__)

COMMIT_EVERY: Final = 1.0
"""Seconds from a handled batch until its offsets are committed. What is delivered again after a crash is dropped."""
COMMIT_WITHIN: Final = 1.0
"""Seconds that a commit may take. The library goes on trying for ever. After Kafka has lost everything it would commit
offsets of old records in the new topics, whose records would be handled only when they are published again."""


class CommittingConsumer(SkippingConsumer):
    """Commits what its caller says was handled, at most once a second."""

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._handled: dict[TopicPartition, int] = {}
        self._committing: asyncio.Task[None] | None = None

    def handled(self, records: Sequence[KafkaRecord]) -> None:
        """Commit the offsets of these records within COMMIT_EVERY seconds."""
        for record in records:
            self._handled[TopicPartition(record.topic, record.partition)] = record.offset + 1
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_later(), name="offsets")

    async def stop(self) -> None:
        """Commit what was handled, leave the group and close."""
        if self._committing is not None:
            self._committing.cancel()
            await asyncio.gather(self._committing, return_exceptions=True)
            await self._commit_handled()
        await super().stop()

    async def _commit_later(self) -> None:
        await asyncio.sleep(COMMIT_EVERY)
        await self._commit_handled()

    async def _commit_handled(self) -> None:
        """Commit the offsets of the partitions that this consumer still has; of others somebody else is told."""
        mine = self.assignment()
        offsets = {partition: offset for partition, offset in self._handled.items() if partition in mine}
        self._handled.clear()
        if not offsets:
            return
        try:
            async with asyncio.timeout(COMMIT_WITHIN):
                await self.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            log.debug("offsets not committed: these records may be delivered again", error=type(error).__name__)
