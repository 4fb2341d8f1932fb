"""Migrates a database to the schema of this version: applies the numbered .sql files in order, each once."""

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict
from yoyo import get_backend, read_migrations

from pro_collector.errors import Unavailable
from pro_collector.postgres.connection import LONG, conninfo
from pro_collector.postgres.database import UNREACHABLE

FOLDER = Path(__file__).parent / "migrations"
_NOT_IN_QUERY = frozenset({"user", "password", "host", "port", "dbname"})
"""The parameters that a URL has before its query."""


def migrate(url: str) -> list[str]:
    """Apply the missing migrations and return their names.

    Several processes may run this at once: yoyo locks the database. Raises Unavailable.
    """
    try:
        backend = get_backend(_with_limits(url).replace("postgresql://", "postgresql+psycopg://", 1))
    except psycopg.OperationalError as error:
        raise Unavailable(UNREACHABLE) from error
    try:
        with backend.lock():
            missing = backend.to_apply(read_migrations(str(FOLDER)))
            backend.apply_migrations(missing)
            return [migration.id for migration in missing]
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable("the database is in use: stop every part, then migrate") from error
    finally:
        backend.connection.close()


def names() -> list[str]:
    """The names of all migrations of this version, in order."""
    return sorted(file.stem for file in FOLDER.glob("*.sql"))


def _with_limits(url: str) -> str:
    """Return the URL with the limits of LONG in its query, where yoyo reads them."""
    head, _, query = url.partition("?")
    in_query = dict(parse_qsl(query))
    parameters = conninfo_to_dict(conninfo(url, LONG)).items()
    return f"{head}?" + urlencode(
        {name: value for name, value in parameters if name in in_query or name not in _NOT_IN_QUERY}
    )
