"""A log of events in this process, in place of Kafka where one process runs all parts: `up` and the demo.

It is used when PRO_KAFKA_BOOTSTRAP begins with `in-process:`. Like an embedded broker it keeps nothing when it ends:
what was not handled is published again. An event is handed over at once, where a broker is asked for it.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from pro_collector.errors import Unavailable
from pro_collector.settings import Settings

SCHEME: Final = "in-process:"
ELSEWHERE: Final = (
    "PRO_KAFKA_BOOTSTRAP: the log of events is inside another process, which runs all parts, or has ended; "
    "to run a part in a process of its own, use Kafka"
)


@dataclass(slots=True)
class LogRecord:
    """A record as a consumer reads it from Kafka."""

    topic: str
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    partition: int = 0


Listen = Callable[[bytes | None], None]
"""Called with the value of each new record; it must not block."""


@dataclass(slots=True)
class InProcessLog:
    """The records of each topic that its consumer has not taken yet, oldest first."""

    _waiting: dict[str, deque[LogRecord]] = field(default_factory=lambda: defaultdict(deque))
    _listeners: dict[str, list[Listen]] = field(default_factory=lambda: defaultdict(list))
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _offset: int = 0

    def append(
        self,
        topic: str,
        key: bytes,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        *,
        consumed: bool,
    ) -> None:
        """Add a record and tell the listeners; one that has no consumer is not kept."""
        for listen in self._listeners[topic]:
            listen(value)
        if consumed:
            self._offset += 1
            self._waiting[topic].append(LogRecord(topic, self._offset, key, value, headers))
            self._arrived.set()

    async def take(self, topics: Sequence[str], limit: int) -> list[LogRecord]:
        """Wait for records of these topics, and take the oldest of each, at most `limit`."""
        while not any(self._waiting[topic] for topic in topics):
            self._arrived.clear()  # whoever waits already is woken all the same
            await self._arrived.wait()
        batch: list[LogRecord] = []
        for topic in topics:
            records = self._waiting[topic]
            batch += [records.popleft() for _ in range(min(len(records), limit - len(batch)))]
        return batch

    @contextmanager
    def listening(self, topic: str, listen: Listen) -> Iterator[None]:
        """Call `listen` with what comes during the block."""
        self._listeners[topic].append(listen)
        try:
            yield
        finally:
            self._listeners[topic].remove(listen)


_LOGS: Final[dict[str, InProcessLog]] = {}
"""The logs of this process by address. An address is all that the settings can hold."""


class InProcessServer:
    """The life of a log, like that of a broker: it has an address from `start` to `stop`."""

    def __init__(self) -> None:
        self._address = ""

    def start(self) -> str:
        """Make an empty log; returns its address, for PRO_KAFKA_BOOTSTRAP."""
        self._address = f"{SCHEME}{uuid4()}"
        _LOGS[self._address] = InProcessLog()
        return self._address

    def stop(self) -> None:
        """Drop the log and all that is in it."""
        _LOGS.pop(self._address, None)


def is_in_process(settings: Settings) -> bool:
    """Whether these settings name a log in a process, and not Kafka."""
    return settings.kafka_bootstrap.startswith(SCHEME)


def log_of(settings: Settings) -> InProcessLog:
    """The log at the address of the settings. Raises Unavailable when it is not in this process."""
    found = _LOGS.get(settings.kafka_bootstrap)
    if found is None:
        raise Unavailable(ELSEWHERE)
    return found
