"""Migrates a database to the schema of this version: the numbered .sql files in order, each once; then the grants."""

from pathlib import Path
from urllib.parse import urlencode

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict
from yoyo import get_backend, read_migrations

from pro_collector.errors import Unavailable
from pro_collector.postgres import grants
from pro_collector.postgres.connection import LONG, conninfo
from pro_collector.postgres.database import UNREACHABLE

log = structlog.get_logger(__name__)

FOLDER = Path(__file__).parent / "migrations"


def migrate(url: str, roles: str = grants.PREFIX) -> list[str]:
    """Apply the missing migrations and return their names; then grant each role what it may do.

    `roles` stands before the name of each role. Several processes may run this at once: yoyo locks the database.
    Raises Unavailable.
    """
    try:
        backend = get_backend(_yoyo_url(url))
    except psycopg.OperationalError as error:
        raise Unavailable(UNREACHABLE) from error
    try:
        with backend.lock():
            missing = backend.to_apply(read_migrations(str(FOLDER)))
            backend.apply_migrations(missing)
            _grant(url, roles)
            return [migration.id for migration in missing]
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable("the database is in use: stop every part, then migrate") from error
    finally:
        backend.connection.close()


def names() -> list[str]:
    """The names of all migrations of this version, in order."""
    return sorted(file.stem for file in FOLDER.glob("*.sql"))


def _yoyo_url(url: str) -> str:
    """The URL with the limits of LONG, all of it in the query: yoyo cannot read several servers before the query."""
    return f"postgresql+psycopg:///?{urlencode(conninfo_to_dict(conninfo(url, LONG)))}"


def _grant(url: str, roles: str) -> None:
    with psycopg.connect(conninfo(url, LONG)) as connection:
        if not grants.apply(connection, roles):
            log.warning("roles were not created: the login has no CREATEROLE; every part works as its login")
