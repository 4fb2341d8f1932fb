"""A separate database for each test: copies of a migrated template on one embedded server."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql

from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.migrate import migrate

TEMPLATE: LiteralString = "template_pro"
"""The migrated database that is copied for each test."""
CLONE: LiteralString = f" TEMPLATE {TEMPLATE} STRATEGY file_copy"
"""The options of a copy. Copied files cost half of what a copy through the log costs, for ten megabytes."""
DEMO_TEMPLATE: LiteralString = "template_demo"
"""A copy in which the demo study is in force; an office begins with it."""
DEMO_CLONE: LiteralString = f" TEMPLATE {DEMO_TEMPLATE} STRATEGY file_copy"


@contextmanager
def server_with_template() -> Iterator[str]:
    """Start an embedded PostgreSQL server with a migrated template; yields the URL of its first database."""
    server = Postgres()
    url = server.start(durable=False)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
            migrate(with_database(url, TEMPLATE))
        close_template(url, TEMPLATE)
        yield url
    finally:
        server.stop()


def close_template(url: str, name: LiteralString) -> None:
    """Let nobody connect to a template any more: TimescaleDB's workers would, and then it cannot be copied."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", (name,))


@contextmanager
def own_database(url: str, options: LiteralString = "") -> Iterator[str]:
    """Create a database on the server with these `options`, yield its URL, and drop it at the end."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(f"CREATE DATABASE {{}}{options}").format(sql.Identifier(name)))
        yield with_database(url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def with_database(url: str, name: str) -> str:
    """The URL of the database `name` on the same server."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
