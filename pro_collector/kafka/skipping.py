"""A consumer that steps over a record which the client library cannot read; its own would stand there for ever."""

from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

log = structlog.get_logger(__name__)


class SteppingConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Steps over a record with a header whose name is no text: the library decodes names before anybody sees them.

    Whoever consumes gets a record without value in its place, which says so and is laid aside.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._careful = False
        """Whether there is such a record somewhere before us: then partitions are read record by record."""

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Any]]:
        """As the library's; raises no UnicodeDecodeError."""
        if not self._careful:
            try:
                found: dict[TopicPartition, list[Any]] = await super().getmany(
                    *partitions, timeout_ms=timeout_ms, max_records=max_records
                )
            except UnicodeDecodeError:
                self._careful = True
            else:
                return found
        return await self._record_by_record()

    async def _record_by_record(self) -> dict[TopicPartition, list[Any]]:
        """At most one record of each partition, until the one that cannot be read has been stepped over."""
        found: dict[TopicPartition, list[Any]] = {}
        for place in sorted(self.assignment()):
            try:
                found |= await super().getmany(place, max_records=1)
            except UnicodeDecodeError:
                self._careful = False
                found[place] = [await self._stepped_over(place)]
        return found

    async def _stepped_over(self, place: TopicPartition) -> Any:
        offset = await self.position(place)
        self.seek(place, offset + 1)
        log.error("record that cannot be read", topic=place.topic, partition=place.partition, offset=offset)
        why = f"partition {place.partition}, offset {offset}: a header whose name is no text; not kept"
        return ConsumerRecord(
            topic=place.topic,
            partition=place.partition,
            offset=offset,
            timestamp=-1,
            timestamp_type=0,
            key=None,
            value=None,
            checksum=None,
            serialized_key_size=-1,
            serialized_value_size=-1,
            headers=(("unreadable", why.encode()),),
        )
