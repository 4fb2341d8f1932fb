"""How long from the last answer until a consumer has the scores: `python -m tests.bench_streams [--kafka apache]`.

With the people of the made-up year, a relay and a worker in one process apart from this one, PostgreSQL, and the
embedded broker or Apache Kafka. First as many responses as they take, all at once; then half as many a second, one by
one. Beside it the same records, at the same pace, from a bare producer to the same consumer.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import DEVNULL, create_subprocess_exec
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from psycopg.rows import class_row

from pro_collector.domain.events import OccasionRef, ResponseCompleted
from pro_collector.embedded.servers import Servers, embedded_servers
from pro_collector.kafka.topics import create_topics
from pro_collector.postgres import migrate
from pro_collector.postgres.tables import answers, outbox
from pro_collector.postgres.tables.answers import AnswerRow, ResponseRow
from pro_collector.runtime import Runtime, open_runtime
from tests.chaos.brokers import Broker
from tests.shared.team_year import seed_year, settings_for

LIMIT_MS = 250.0
"""What is promised of the slowest in a hundred, at half load."""
BARE = "bench.bare"
Submit = Callable[[ResponseRow], Awaitable[None]]


class Ears:
    """A consumer of one topic that notes when it gets the record of a response."""

    def __init__(self) -> None:
        self.heard: dict[str, float] = {}

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            self.heard[json.loads(record.value)["key" if record.topic == BARE else "response_id"]] = time.perf_counter()

    async def until(self, rows: Sequence[ResponseRow]) -> None:
        waiting = {str(row.id) for row in rows}
        async with asyncio.timeout(120):
            while waiting := waiting - self.heard.keys():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def listening(bootstrap: str, topic: str) -> AsyncIterator[Ears]:
    """Follow a topic, as an application does that asks the broker all the time."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="latest", fetch_max_wait_ms=20)
    await consumer.start()
    await consumer.seek_to_end()
    ears = Ears()
    task = asyncio.create_task(ears.listen(consumer))
    try:
        yield ears
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await consumer.stop()


async def answered_again(rt: Runtime, row: ResponseRow) -> None:
    """Store the last answer of a response once more, with what that causes, as the form does."""
    now = datetime.now(UTC)
    again = replace(row, completed_at=now)
    async with rt.database.transaction() as tx:
        async with tx.cursor(row_factory=class_row(AnswerRow)) as cursor:
            await cursor.execute(
                f"SELECT {', '.join(AnswerRow.__dataclass_fields__)} FROM answer"
                " WHERE occasion_id = %s AND instrument = %s ORDER BY seq DESC LIMIT 1".encode(),
                (row.occasion_id, row.instrument),
            )
            (last,) = await cursor.fetchall()
        await answers.add(tx, [replace(last, answered_at=now)])
        await answers.add_responses(tx, [again])
        occasion = OccasionRef(row.occasion_id, row.participant_id)
        await outbox.add(tx, [ResponseCompleted.of(occasion, row.id, row.instrument, now)])


async def paced(rows: Sequence[ResponseRow], rate: float, submit: Submit, ears: Ears) -> list[float]:
    """Milliseconds of each response from the beginning of its transaction until the consumer has its scores."""
    begun: dict[UUID, float] = {}
    start = time.perf_counter()
    for n, row in enumerate(rows):
        await asyncio.sleep(max(0.0, start + n / rate - time.perf_counter()))
        begun[row.id] = time.perf_counter()
        await submit(row)
    await ears.until(rows)
    return [(ears.heard[str(id)] - at) * 1000 for id, at in begun.items()]


async def at_once(rows: Sequence[ResponseRow], submit: Submit, ears: Ears) -> float:
    """How many responses a second come through, when all are there at once."""
    start = time.perf_counter()
    await asyncio.gather(*map(submit, rows))
    await ears.until(rows)
    return len(rows) / (max(ears.heard.values()) - start)


def shown(name: str, took: Sequence[float]) -> str:
    late = quantiles(took, n=100, method="inclusive")[-1]
    return f"{name:16} median {median(took):6.1f} ms, p99 {late:6.1f} ms"


async def measure(people: int, days: int, seconds: float, kafka: str) -> None:
    """Load the year, measure, and print."""
    broker = Broker(kafka)
    async with embedded_servers() as own:
        await broker.start()
        servers = replace(own, kafka_bootstrap=broker.address, kafka_idempotent=broker.idempotent)
        await asyncio.to_thread(migrate.migrate, servers.database_url)
        settings = settings_for(servers.database_url).model_copy(
            update={"kafka_bootstrap": servers.kafka_bootstrap, "kafka_idempotent": servers.kafka_idempotent}
        )
        async with open_runtime(settings) as rt:
            await seed_year(rt, people=people, days=days)
            await create_topics(settings)
            async with rt.database.transaction() as tx, tx.cursor(row_factory=class_row(ResponseRow)) as cursor:
                columns = ", ".join(ResponseRow.__dataclass_fields__)
                await cursor.execute(f"SELECT {columns} FROM response ORDER BY id".encode())
                rows = await cursor.fetchall()
                await cursor.execute("SET LOCAL session_replication_role = replica")  # scores only grow
                await cursor.execute("DELETE FROM score")  # so that each response is scored for the first time
            async with working(rt, servers):
                await through(rt, rows, seconds)
    await broker.stop()


async def through(rt: Runtime, rows: Sequence[ResponseRow], seconds: float) -> None:
    """Measure the product, then the bare broker."""
    bootstrap, topic = rt.settings.kafka_bootstrap, f"{rt.settings.kafka_prefix}score.recorded"

    async def submit(row: ResponseRow) -> None:
        await answered_again(rt, row)

    async with listening(bootstrap, topic) as ears:
        await at_once(rows[:100], submit, ears)  # connections, plans, caches
    async with listening(bootstrap, topic) as ears:
        most = await at_once(rows[100:600], submit, ears)
    sample = rows[600 : 600 + int(most / 2 * seconds)]
    async with listening(bootstrap, topic) as ears:
        took = await paced(sample, most / 2, submit, ears)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(BARE, num_partitions=1, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:

        async def send(row: ResponseRow) -> None:
            await producer.send_and_wait(BARE, json.dumps({"key": str(row.id), "scores": "0" * 900}).encode())

        await send(rows[0])
        async with listening(bootstrap, BARE) as ears:
            bare = await paced(sample, most / 2, send, ears)
    finally:
        await producer.stop()
    print(f"answer to stream: {most:.0f} responses a second at once; {len(sample)} at half of that; {LIMIT_MS:.0f} ms")
    print(shown("answer to stream", took))
    print(shown("bare Kafka", bare))


@asynccontextmanager
async def working(rt: Runtime, servers: Servers) -> AsyncIterator[None]:
    """A relay and a worker in a process of their own."""
    settings = rt.settings
    values: Mapping[str, str] = {
        "DATABASE_URL": servers.database_url, "KAFKA_BOOTSTRAP": servers.kafka_bootstrap,
        "KAFKA_IDEMPOTENT": str(servers.kafka_idempotent).lower(),
        "VAULT_KEY": settings.vault_key.get_secret_value(), "LINK_KEY": settings.link_key.get_secret_value(),
        "PUBLIC_URL": settings.public_url,
    }  # fmt: skip
    known = {name: value for name, value in os.environ.items() if not name.startswith("PRO_")}
    process = await create_subprocess_exec(
        Path(sys.executable).with_name("pro-collector"), "run", "relay", "worker",
        env={**known, **{f"PRO_{name}": value for name, value in values.items()}}, stdout=DEVNULL, stderr=DEVNULL,
    )  # fmt: skip
    try:
        await asyncio.sleep(5)
        yield
    finally:
        process.terminate()
        await process.wait()


def main(people: int = 300, days: int = 365, seconds: float = 20, kafka: str = "embedded") -> None:
    """Measure."""
    asyncio.run(measure(people, days, seconds, kafka))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kafka", choices=("apache", "embedded"), default="embedded")
    given = parser.parse_args()
    main(given.people, given.days, given.seconds, given.kafka)
