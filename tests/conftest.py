"""What tests can ask for: a database cloned from a migrated template, a broker, an office. Each ring has its own."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, LiteralString

import pytest
from hypothesis import HealthCheck, settings

from tests.shared.clock import START
from tests.shared.rings import misplaced, shared_out

if TYPE_CHECKING:  # a run of the unit ring alone imports no database driver and no web server
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from pro_collector.embedded.servers import Servers
    from tests.shared.office import Office

# A test fails because the code changed, never because the machine was slow or the dice fell otherwise. The same
# examples each time; `--hypothesis-profile=search` looks for new ones.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", _PATIENT, max_examples=1000)
settings.register_profile("same", _PATIENT, derandomize=True, database=None)
settings.load_profile("same")

# What is set for an installation on this machine is nothing to a test.
for _name in [each for each in os.environ if each.startswith("PRO_")]:
    if not _name.startswith(("PRO_TEST_", "PRO_CACHE")):
        del os.environ[_name]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a test that asks for more than its ring has. Each process begins with some files of the slowest ring."""
    if found := misplaced(items):
        raise pytest.UsageError("\n".join(found))
    items[:] = shared_out(items, getattr(config, "workerinput", {}).get("workercount", 1))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """One embedded PostgreSQL server with a migrated template; its URL."""
    from tests.shared.databases import server_with_template

    with server_with_template() as url:
        yield url


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A database of the test's own, cloned from the migrated template."""
    from tests.shared.databases import CLONE, own_database

    with own_database(postgres, CLONE) as own:
        yield own


@pytest.fixture(scope="session")
def kafka() -> "Iterator[Servers]":
    """A broker: the embedded one, or Apache Kafka with PRO_TEST_KAFKA=apache."""
    from pro_collector.embedded.kafka import Kafka
    from pro_collector.embedded.servers import Servers
    from tests.apache_kafka import ApacheKafka

    apache = os.environ.get("PRO_TEST_KAFKA") == "apache"
    broker: Kafka | ApacheKafka = ApacheKafka() if apache else Kafka()
    try:
        yield Servers("", broker.start(), kafka_idempotent=apache)
    finally:
        broker.stop()


@pytest.fixture
def servers(database_url: str, kafka: "Servers") -> "Servers":
    """A fresh database and the broker."""
    from dataclasses import replace

    return replace(kafka, database_url=database_url)


@pytest.fixture
def prefix() -> str:
    """Topics of the test's own."""
    return f"t{uuid.uuid4().hex[:10]}."


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> "InMemorySpanExporter":
    """Every span that ends during the test."""
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of passwords that cost nothing: on a busy machine a real one takes most of a second."""
    from argon2 import PasswordHasher

    from pro_collector.accounts import hashing

    monkeypatch.setattr(hashing, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def demo_template(postgres: str) -> LiteralString:
    """A second template, in which the demo study came into force at START; the options of a copy of it."""
    from tests.shared.databases import DEMO_CLONE
    from tests.shared.office import make_demo_template

    make_demo_template(postgres)
    return DEMO_CLONE


@pytest.fixture
async def office(postgres: str, demo_template: LiteralString) -> "AsyncIterator[Office]":
    """The demo study in force on a Monday at noon UTC, in virtual time, without Kafka."""
    from tests.shared.databases import own_database
    from tests.shared.office import opened_office

    with own_database(postgres, demo_template) as own:
        async with opened_office(own, START, applied=True) as opened:
            yield opened
