"""What every test can ask for: a database cloned from a migrated template, a broker, a rehearsal world."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import LiteralString

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from pro_collector.clock import Clock
from pro_collector.embedded.kafka import Kafka
from pro_collector.embedded.postgres import Postgres
from pro_collector.embedded.servers import Servers
from pro_collector.postgres.migrate import migrate
from pro_collector.rehearsal.world import World, rehearsal
from tests.apache_kafka import ApacheKafka
from tests.office import Office, opened_office

# A test fails because the code changed, never because the machine was slow or the dice fell otherwise. The same
# examples each time; `--hypothesis-profile=search` looks for new ones.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", _PATIENT)
settings.register_profile("same", _PATIENT, derandomize=True, database=None)
settings.load_profile("same")

# What is set for an installation on this machine is nothing to a test.
for _name in [each for each in os.environ if each.startswith("PRO_")]:
    if not _name.startswith(("PRO_TEST_", "PRO_CACHE")):
        del os.environ[_name]

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday at noon, UTC; where virtual time begins in tests."""


TEMPLATE: LiteralString = "template_pro"
"""The migrated database that those of the tests are copies of."""


class FixedClock:
    """A clock that moves only when a test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    async def sleep(self, _seconds: float) -> None:
        await asyncio.Event().wait()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """One embedded PostgreSQL server; the URL of its template database, migrated."""
    server = Postgres()
    url = server.start(durable=False)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
            migrate(with_database(url, TEMPLATE))
            # TimescaleDB's workers come to every database that can be connected to, and nobody may be in a template.
            connection.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", (TEMPLATE,)
            )
        yield url
    finally:
        server.stop()


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A database of the test's own, cloned from the migrated template."""
    with own_database(postgres, f" TEMPLATE {TEMPLATE}") as own:
        yield own


@pytest.fixture(scope="session")
def kafka() -> Iterator[Servers]:
    """A broker: the embedded one, or Apache Kafka with PRO_TEST_KAFKA=apache."""
    apache = os.environ.get("PRO_TEST_KAFKA") == "apache"
    broker: Kafka | ApacheKafka = ApacheKafka() if apache else Kafka()
    try:
        yield Servers("", broker.start(), kafka_idempotent=apache)
    finally:
        broker.stop()


@pytest.fixture
def servers(database_url: str, kafka: Servers) -> Servers:
    """A fresh database and the broker."""
    return Servers(database_url, kafka.kafka_bootstrap, kafka.kafka_idempotent)


@pytest.fixture
def prefix() -> str:
    """Topics of the test's own."""
    return f"t{uuid.uuid4().hex[:10]}."


@asynccontextmanager
async def world_at(servers: Servers, clock: Clock, prefix: str) -> AsyncIterator[World]:
    """A rehearsal world on topics of its own."""
    async with rehearsal(servers, clock, prefix=prefix) as world:
        yield world


@contextmanager
def own_database(url: str, options: LiteralString = "") -> Iterator[str]:
    """A database on the server, made with these `options` and dropped in the end; its URL."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(f"CREATE DATABASE {{}}{options}").format(sql.Identifier(name)))
        yield with_database(url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    """The demo study in force on a Monday at noon UTC, in virtual time, without Kafka."""
    async with opened_office(database_url, START) as opened:
        yield opened
