"""Records as they lie in a topic: taken past FastStream's own reading, and laid aside when they are no event."""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from faststream.kafka import KafkaMessage

from pro_collector.postgres.tables.dead_letters import UnreadableRecord


class KafkaRecord(Protocol):
    """A Kafka record as aiokafka gives it; somebody else's header may have no value, and any bytes."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


async def unread(
    records: tuple[Any, ...], original: Callable[[tuple[Any, ...]], Awaitable[KafkaMessage]]
) -> KafkaMessage:
    """FastStream's message of a batch, with the records in it as they came.

    Its own parser decodes every header, and its decoder every body: one that it cannot read would take its whole batch
    with it, before anybody here has seen it. So it is given records without any.
    """
    message = await original(tuple(replace(record, headers=(), value=b"") for record in records))
    message.raw_message = records
    return message


async def undecoded(_message: KafkaMessage) -> None:
    """In place of FastStream's decoder: who handles the batch reads its records one by one."""


def laid_aside(record: KafkaRecord, topic: str, reason: str) -> UnreadableRecord:
    """What is kept of a record that is no event: all of it."""
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


def _fingerprint(parts: Iterable[bytes | None]) -> bytes:
    """The same for the same content wherever it lies; each part has its length before it, or -1 when it is missing."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{-1 if part is None else len(part)}:".encode())
        digest.update(part or b"")
    return digest.digest()


def _header_id(record: KafkaRecord, name: str) -> UUID | None:
    """An id in the headers: an event of ours keeps its name there, even when its content cannot be read any more."""
    for header, value in record.headers:
        if header == name and value is not None:
            try:
                return UUID(value.decode("ascii"))
            except ValueError:
                return None
    return None
