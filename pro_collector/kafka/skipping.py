"""A consumer that skips records which the client library cannot read; the library's own would block for ever."""

from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

log = structlog.get_logger(__name__)


class SkippingConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Skips a record with a header name that is not UTF-8: the library decodes header names before it returns records.

    The caller gets a record without value in its place; it says why, and becomes a dead letter.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._single_records = False
        """Whether such a record comes next in some partition: then partitions are read record by record."""

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Any]]:
        """As in the library, but raises no UnicodeDecodeError."""
        if not self._single_records:
            try:
                batches: dict[TopicPartition, list[Any]] = await super().getmany(
                    *partitions, timeout_ms=timeout_ms, max_records=max_records
                )
            except UnicodeDecodeError:
                self._single_records = True
            else:
                return batches
        return await self._record_by_record()

    async def _record_by_record(self) -> dict[TopicPartition, list[Any]]:
        """Fetch at most one record of each partition, until the unreadable record has been skipped."""
        batches: dict[TopicPartition, list[Any]] = {}
        for partition in sorted(self.assignment()):
            try:
                batches |= await super().getmany(partition, max_records=1)
            except UnicodeDecodeError:
                self._single_records = False
                batches[partition] = [await self._skip(partition)]
        return batches

    async def _skip(self, partition: TopicPartition) -> Any:
        offset = await self.position(partition)
        self.seek(partition, offset + 1)
        log.error(
            "record skipped: its header cannot be decoded",
            topic=partition.topic,
            partition=partition.partition,
            offset=offset,
        )
        why = f"partition {partition.partition}, offset {offset}: a header name is not UTF-8; the record is not kept"
        return ConsumerRecord(
            topic=partition.topic,
            partition=partition.partition,
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
