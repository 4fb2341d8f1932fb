"""Brings a database to the present schema: the numbered .sql files, in order, each once."""

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict
from yoyo import get_backend, read_migrations

from pro_collector.errors import Unavailable
from pro_collector.postgres.connection import LONG, conninfo
from pro_collector.postgres.database import AWAY

FOLDER = Path(__file__).parent / "migrations"
_IN_HEAD = frozenset({"user", "password", "host", "port", "dbname"})
"""What a URL says before its query."""


def migrate(url: str) -> list[str]:
    """Apply what is missing; the names of the migrations applied, none when there was nothing to do.

    Safe to run from several places at once: the library holds a lock in the database. Raises Unavailable.
    """
    try:
        backend = get_backend(_with_limits(url).replace("postgresql://", "postgresql+psycopg://", 1))
    except psycopg.OperationalError as error:
        raise Unavailable(AWAY) from error
    try:
        with backend.lock():
            missing = backend.to_apply(read_migrations(str(FOLDER)))
            backend.apply_migrations(missing)
            return [migration.id for migration in missing]
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable("the database is at work: stop every part, then migrate") from error
    finally:
        backend.connection.close()


def _with_limits(url: str) -> str:
    """The URL with the limits of long work in its query, where the library of migrations takes them."""
    head, _, query = url.partition("?")
    in_query = dict(parse_qsl(query))
    every = conninfo_to_dict(conninfo(url, LONG)).items()
    return f"{head}?" + urlencode({name: value for name, value in every if name in in_query or name not in _IN_HEAD})
