"""Brings a database to the present schema: the numbered .sql files, in order, each once."""

from pathlib import Path

import psycopg
from yoyo import get_backend, read_migrations

from pro_collector.errors import Unavailable
from pro_collector.postgres.database import AWAY

FOLDER = Path(__file__).parent / "migrations"


def migrate(url: str) -> list[str]:
    """Apply what is missing; the names of the migrations applied, none when there was nothing to do.

    Safe to run from several places at once: the library holds a lock in the database. Raises Unavailable.
    """
    try:
        backend = get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1))
    except psycopg.OperationalError as error:
        raise Unavailable(AWAY) from error
    try:
        with backend.lock():
            missing = backend.to_apply(read_migrations(str(FOLDER)))
            backend.apply_migrations(missing)
            return [migration.id for migration in missing]
    finally:
        backend.connection.close()
