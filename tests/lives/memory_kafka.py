"""Kafka in memory: partitions in order, no order between them, at least once, and able to lose what it confirmed."""

import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aiokafka.errors import KafkaConnectionError, RequestTimedOutError

from pro_collector.kafka.producer import Published
from pro_collector.kafka.producer import headers as attributes_of
from pro_collector.postgres.tables.outbox import OutboxRow
from tests.lives.faults import Boundaries

PARTITIONS = 3
Partition = tuple[str, int]


@dataclass(slots=True)
class Record:
    """One record, with the attributes that a consumer reads."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class MemoryKafka:
    """The topics and the offsets of every group; the relay publishes to it as to `kafka.producer.Producer`."""

    def __init__(self, boundaries: Boundaries) -> None:
        self._boundaries = boundaries
        self._partitions: dict[Partition, list[Record]] = defaultdict(list)
        self._offsets: dict[tuple[str, Partition], int] = {}

    async def publish(self, rows: Sequence[OutboxRow]) -> Published:
        """Append events to their partitions, in order, as far as Kafka takes them."""
        here = self._boundaries
        here.cross(f"publish {[row.type for row in rows]}")
        if here.happens("kafka_away"):
            return Published([], KafkaConnectionError())
        taken, error = rows, None
        if here.happens("unconfirmed"):
            taken, error = rows[: here.dice.randrange(len(rows))], RequestTimedOutError()
            if here.dice.random() < 0.5:  # Kafka has the others, and could not say so
                self._append(rows[len(taken) :])
        self._append([row for row in taken if not here.happens("record_lost")])
        here.cross("published")
        return Published([row.id for row in taken], error)

    async def lose(self, rows: Sequence[OutboxRow]) -> Published:
        """Confirm every event and keep none: a fault for the laws to notice."""
        return Published([row.id for row in rows])

    def waiting(self, group: str, topics: Collection[str]) -> list[Partition]:
        """The partitions that have records which the group has not handled."""
        return [
            partition
            for partition, records in self._partitions.items()
            if partition[0] in topics and self._offsets.get((group, partition), 0) < len(records)
        ]

    def take(self, group: str, topics: Collection[str], limit: int) -> list[Record]:
        """A batch of some of these partitions, from the offset of the group on."""
        dice, found = self._boundaries.dice, self.waiting(group, topics)
        batch: list[Record] = []
        for partition in dice.sample(found, dice.randint(1, len(found))):
            start = self._offsets.get((group, partition), 0)
            batch += self._partitions[partition][start : start + dice.choice((1, 2, limit))]
        return batch[:limit]

    def commit(self, group: str, batch: Sequence[Record]) -> None:
        """Move the offsets of the group behind these records, unless Kafka was wiped meanwhile."""
        for record in batch:
            partition = (record.topic, record.partition)
            if record.offset < len(self._partitions.get(partition, ())):
                self._offsets[group, partition] = max(self._offsets.get((group, partition), 0), record.offset + 1)

    def wipe(self) -> None:
        """Lose everything."""
        self._partitions.clear()
        self._offsets.clear()

    def _append(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            key = str(row.participant_id).encode()
            place = (row.type, zlib.crc32(key) % PARTITIONS)
            headers = tuple((name, value.encode()) for name, value in attributes_of(row).items())
            records = self._partitions[place]
            records.append(Record(*place, len(records), key, row.payload.encode(), headers))
