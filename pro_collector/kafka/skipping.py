"""A consumer that skips records which the client library cannot read, and stops within seconds, whatever Kafka does."""

import asyncio
import gzip
import zlib
from typing import Any, Final

import cramjam
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedCodecError

log = structlog.get_logger(__name__)

UNREADABLE: Final[tuple[type[Exception], ...]] = (
    UnicodeDecodeError,  # the name of a header
    CorruptRecordException,
    UnsupportedCodecError,
    cramjam.DecompressionError,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
)
"""What the library raises at a record or at a compressed batch of records that it cannot read, each time again."""
STOP_TIMEOUT: Final = 2.0
"""Seconds to leave the consumer group; then the connections are closed, and seconds for what waited for them."""


class SkippingConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Skips a record that the library cannot decompress, or whose header names are not UTF-8: it decodes them itself.

    The caller gets a record without value in its place; it says why, and becomes a dead letter.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._single_records = False
        """Whether such a record comes next in some partition: then partitions are read record by record."""

    async def stop(self) -> None:
        """Leave the group and close. The library waits 40 s for each reply of a broker that no longer answers."""
        stopping = asyncio.create_task(super().stop())
        await asyncio.wait({stopping}, timeout=STOP_TIMEOUT)
        if not stopping.done():
            await self._client.close()  # whoever waits for a reply gets an error
            await asyncio.wait({stopping}, timeout=STOP_TIMEOUT)
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Any]]:
        """As in the library, but raises nothing of UNREADABLE."""
        if not self._single_records:
            try:
                batches: dict[TopicPartition, list[Any]] = await super().getmany(
                    *partitions, timeout_ms=timeout_ms, max_records=max_records
                )
            except UNREADABLE:
                self._single_records = True
            except KafkaError as error:  # FastStream tries again in 5 s, for ever, and says nothing
                log.error("consumer cannot read from Kafka", error=type(error).__name__)
                raise
            else:
                return batches
        return await self._record_by_record()

    async def _record_by_record(self) -> dict[TopicPartition, list[Any]]:
        """Fetch at most one record of each partition, until the unreadable record has been skipped."""
        batches: dict[TopicPartition, list[Any]] = {}
        for partition in sorted(self.assignment()):
            try:
                batches |= await super().getmany(partition, max_records=1)
            except UNREADABLE as error:
                self._single_records = False
                batches[partition] = [await self._skip(partition, error)]
        return batches

    async def _skip(self, partition: TopicPartition, error: Exception) -> Any:
        offset = await self.position(partition)
        name = type(error).__name__
        self.seek(partition, offset + 1)
        log.error(
            "record skipped: it cannot be decoded",
            topic=partition.topic,
            partition=partition.partition,
            offset=offset,
            error=name,
        )
        why = f"partition {partition.partition}, offset {offset}: it cannot be decoded ({name}); the record is not kept"
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
