"""A relay and a consumer around a broker, with a handler that does what each event tells it to."""

import asyncio
import struct
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.record.util import calc_crc32c

from pro_collector.domain.events import TimelineChanged
from pro_collector.embedded.servers import Servers
from pro_collector.errors import NotMigrated
from pro_collector.kafka.chosen import broker_of, producer_of
from pro_collector.kafka.consumer import subscribe
from pro_collector.kafka.topics import create_topics
from pro_collector.postgres.database import Database
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.tables import outbox
from pro_collector.relay import Relay
from pro_collector.settings import Settings

TOPIC = TimelineChanged.type
HEARD = frozenset({TOPIC})
NO_MORE: Mapping[str, str] = {}
PATIENCE = 60.0
"""Real seconds a test waits for what must come."""


class Pipe:
    """Outbox, relay, topic, consumer; what was handled, in order. Causes: `poison`, `sick N`, `early N` (so often)."""

    def __init__(self, settings: Settings, database: Database, listener: Listener) -> None:
        self.settings, self.database, self.listener = settings, database, listener
        self.broker, self.producer = broker_of(settings), producer_of(settings, HEARD)
        self.handled: list[TimelineChanged] = []
        self.batches: list[int] = []
        self.tries: Counter[UUID] = Counter()
        self.mended = False
        self._at_work = asyncio.Lock()

    async def handle(self, events: Sequence[TimelineChanged]) -> None:
        """The handler."""
        async with self._at_work:
            await self._handle(events)

    async def _handle(self, events: Sequence[TimelineChanged]) -> None:
        self.batches.append(len(events))
        async with self.database.once(events) as (_, fresh):
            for event in fresh:
                self.tries[event.id] += 1
                kind, _, number = event.cause.partition(" ")
                if kind == "poison" and not self.mended:
                    raise ValueError("a patient's own words")
                if kind == "sick" and self.tries[event.id] <= int(number):
                    raise psycopg.OperationalError("the connection is lost")
                if kind == "early" and self.tries[event.id] <= int(number):
                    raise NotMigrated("run pro-collector migrate")
        self.handled += fresh

    def listen(self) -> None:
        """Subscribe the handler."""
        self.consumer = subscribe(self.broker, self.database, "worker", {TimelineChanged: self.handle})

    def relay(self) -> Relay:
        """One more relay."""
        return Relay(self.database, self.producer, self.listener, HEARD)

    async def emit(self, *causes: str, whom: UUID | None = None) -> list[TimelineChanged]:
        """Events in one transaction, each of its own participant unless `whom` is given."""
        events = [
            TimelineChanged(id=uuid4(), participant_id=whom or uuid4(), occurred_at=datetime.now(UTC), cause=cause)
            for cause in causes
        ]
        async with self.database.transaction() as tx:
            await outbox.add(tx, events)
        return events

    async def put(
        self,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        partition: int = 0,
        compression: str | None = None,
    ) -> None:
        """A record in the topic as somebody else may write it."""
        stranger = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_bootstrap, compression_type=compression)
        await stranger.start()
        try:
            await stranger.send_and_wait(
                self.broker.topic(TOPIC), value, key=b"whoever", partition=partition, headers=list(headers)
            )
        finally:
            await stranger.stop()

    async def put_unreadable(self, partition: int = 0, *, packed: bool = False) -> int:
        """A record which no producer but a hostile one writes; its offset.

        The name of a header is no text, or, `packed`, its batch says that it is compressed with gzip, and is not.
        """
        hostile = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_bootstrap)
        await hostile.start()
        try:
            batch = hostile.create_batch()
            batch.append(key=b"k", value=b"{}", timestamp=None, headers=[("name", b"")])
            raw = bytearray(batch._build().replace(b"name", b"name" if packed else b"\xff\xfe\xff\xfe"))
            raw[22] |= packed  # the lowest byte of the attributes: 1 is gzip
            struct.pack_into(">I", raw, 17, calc_crc32c(memoryview(raw)[21:]))
            batch._buffer = bytes(raw)
            sent = await hostile.send_batch(batch, self.broker.topic(TOPIC), partition=partition)
            return int((await sent).offset)
        finally:
            await hostile.stop()

    async def until_read(self, partition: int = 0) -> None:
        """Wait until a partition of the topic has been read to its end by the group of the handler."""
        group, place = f"{self.settings.kafka_prefix}worker", TopicPartition(self.broker.topic(TOPIC), partition)
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap, group_id=group, enable_auto_commit=False
        )
        await reader.start()
        try:
            reader.assign([place])
            deadline = time.monotonic() + PATIENCE
            while ((await reader.committed(place)) or 0) < (await reader.end_offsets([place]))[place]:
                assert time.monotonic() < deadline, "a record was not read"
                await asyncio.sleep(0.05)
        finally:
            await reader.stop()

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the record says."""
        async with self.database.transaction() as tx:
            return await (await tx.execute(query.encode(), values)).fetchall()

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not ready():
            assert time.monotonic() < deadline, "it did not come"
            await asyncio.sleep(0.02)

    async def all_done(self) -> None:
        """Wait until every event is handled or dead."""
        deadline = time.monotonic() + PATIENCE
        while True:
            async with self.database.transaction() as tx:
                busy = await outbox.count_unfinished(tx)
            async with self._at_work:  # what has committed has also been noted down
                if not busy:
                    return
            assert time.monotonic() < deadline, "an event is neither handled nor dead"
            await asyncio.sleep(0.05)

    def count(self, events: Sequence[TimelineChanged]) -> list[int]:
        """How often each event was handled."""
        seen = Counter(event.id for event in self.handled)
        return [seen[event.id] for event in events]

    def by_participant(self) -> dict[UUID, list[str]]:
        """What was handled, in order, for each participant."""
        found: dict[UUID, list[str]] = defaultdict(list)
        for event in self.handled:
            found[event.participant_id].append(event.cause)
        return found


def settings(servers: Servers, prefix: str, more: Mapping[str, str]) -> Settings:
    """Settings for these servers and topics."""
    return Settings.model_validate(
        {
            "database_url": servers.database_url, "kafka_bootstrap": servers.kafka_bootstrap,
            "kafka_idempotent": servers.kafka_idempotent, "kafka_prefix": prefix, "kafka_partitions": 3,
            "vault_key": "0" * 64, "link_key": "0" * 64, "public_url": "http://127.0.0.1",
            **more,
        }
    )  # fmt: skip


@asynccontextmanager
async def pipe(
    servers: Servers, prefix: str, *, relay: bool = True, listen: bool = True, more: Mapping[str, str] = NO_MORE
) -> AsyncIterator[Pipe]:
    """A pipe on topics of its own, started; `more` are further settings."""
    async with AsyncExitStack() as stack:
        chosen = settings(servers, prefix, more)
        await create_topics(chosen)
        database = await Database(servers.database_url).open()
        stack.push_async_callback(database.close)
        listener = Listener(servers.database_url, [outbox.CHANNEL])
        listener.start(outbox.CHANNEL)
        stack.push_async_callback(listener.stop)
        made = Pipe(chosen, database, listener)
        if listen:
            made.listen()
        await made.broker.start()
        stack.push_async_callback(made.broker.stop)
        await made.producer.start()
        stack.push_async_callback(made.producer.stop)
        if relay:
            task = asyncio.create_task(made.relay().run())
            stack.push_async_callback(_ended, task)
        yield made


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
