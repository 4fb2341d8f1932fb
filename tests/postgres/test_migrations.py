"""Migrations: from nothing to the present schema, once, from several places at once."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from pro_collector.postgres.migrate import FOLDER, migrate
from tests.conftest import with_database

NAMES = sorted(file.stem for file in FOLDER.glob("*.sql"))


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template1").format(sql.Identifier(name)))
    yield with_database(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def schema(url: str) -> list[tuple[object, ...]]:
    """Every column, view and index of the product."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT table_schema, table_name, column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema IN ('public', 'vault') ORDER BY 1, 2, ordinal_position"
        ).fetchall()
        indexes = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'vault') ORDER BY 1"
        ).fetchall()
    return [*columns, *indexes]


def test_from_nothing_and_again(empty: str) -> None:
    assert migrate(empty) == NAMES
    before = schema(empty)
    assert migrate(empty) == []
    assert schema(empty) == before


def test_from_two_places_at_once(empty: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        applied = sorted(pool.map(lambda _: tuple(migrate(empty)), range(2)))
    assert applied == [(), tuple(NAMES)]


def test_one_that_was_cut_off_is_finished_the_next_time(empty: str) -> None:
    """As from the last release: what is there stays, what is missing is applied."""
    migrate(empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("DROP VIEW score_on_treatment, occasion_count, answer_current CASCADE")
        connection.execute("DROP VIEW IF EXISTS timeline_event, score_current CASCADE")
        connection.execute("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0002%'")
    assert migrate(empty) == [name for name in NAMES if name.startswith("0002")]
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT * FROM score_on_treatment").fetchall() == []
