"""Raw Kafka records: how they bypass FastStream's parser, and how an unreadable one becomes a dead letter."""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from faststream.kafka import KafkaMessage

from pro_collector import tracing
from pro_collector.postgres.tables.dead_letters import UnreadableRecord


class KafkaRecord(Protocol):
    """A Kafka record as aiokafka returns it; a header of a foreign record may have no value, or any bytes."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


async def keep_raw(
    records: tuple[Any, ...], original: Callable[[tuple[Any, ...]], Awaitable[KafkaMessage]]
) -> KafkaMessage:
    """The parser of a batch: returns FastStream's message with the raw records in it.

    FastStream's own parser decodes every header, and its decoder every body. One unreadable record would fail the
    whole batch before our code sees it. So its parser gets records without headers and body.
    """
    message = await original(tuple(replace(record, headers=(), value=b"") for record in records))
    message.raw_message = records
    return message


async def skip_decoding(_message: KafkaMessage) -> None:
    """The decoder of a batch, which does nothing: `Consumer` reads the records one by one."""


def dead_letter_of(record: KafkaRecord, topic: str, reason: str) -> UnreadableRecord:
    """The dead letter of a record that is no event; it keeps the complete record."""
    headers = [
        (name.replace("\0", "\ufffd"), value if value is None else base64.b64encode(value).decode())
        for name, value in record.headers
    ]
    parts = (record.key, json.dumps(headers).encode(), record.value)
    return UnreadableRecord(
        topic=topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        headers=headers,
        value=record.value or b"",
        fingerprint=_fingerprint(parts),
        reason=reason.replace("\0", "\ufffd").encode("utf-8", "backslashreplace").decode(),
        event_id=_header_id(record, "ce_id"),
        participant_id=_header_id(record, "ce_subject"),
    )


def traceparent_of(record: KafkaRecord) -> str | None:
    """The trace of what caused an event; None if the record has none."""
    value = dict(record.headers).get(tracing.HEADER)
    return value.decode("ascii", "replace") if value else None


def _fingerprint(parts: Iterable[bytes | None]) -> bytes:
    """Hash the content, independent of partition and offset. Each part has its length before it; -1: it is missing."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{-1 if part is None else len(part)}:".encode())
        digest.update(part or b"")
    return digest.digest()


def _header_id(record: KafkaRecord, name: str) -> UUID | None:
    """Read an id from the headers: one of our events has its ids there, even if its body cannot be read any more."""
    for header, value in record.headers:
        if header == name and value is not None:
            try:
                return UUID(value.decode("ascii"))
            except ValueError:
                return None
    return None
