"""Migrations: from nothing to the present schema, once, from several places at once."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.migrate import FOLDER, migrate
from tests.record.postgres.test_time_series import MONDAY, add
from tests.shared.databases import own_database

NAMES = sorted(file.stem for file in FOLDER.glob("*.sql"))


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    """A database with nothing in it."""
    with own_database(postgres) as url:
        yield url


@pytest.fixture
def owner(postgres: str, empty: str) -> Iterator[str]:
    """A role without any privilege; gone after the test with what it owns."""
    name = f"r_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


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


def test_by_an_owner_who_is_no_superuser(empty: str, owner: str) -> None:
    """As hospitals give it: a role that owns its database, and may see and do nothing else on the server."""
    with psycopg.connect(empty, autocommit=True) as connection:
        names = sql.Identifier(connection.info.dbname), sql.Identifier(owner)
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(*names))
    own = empty.replace("pro_collector@", f"{owner}@")
    assert migrate(own) == NAMES
    with psycopg.connect(own, autocommit=True) as connection:
        assert connection.execute("SELECT current_user::text, current_setting('is_superuser')").fetchone() == (
            owner,
            "off",
        )
        add(connection, MONDAY, 10.0)
        connection.execute("CALL refresh_score_weekly()")
        assert connection.execute("SELECT mean FROM score_weekly").fetchall() == [(10.0,)]


def test_under_the_apache_licence_of_timescaledb() -> None:
    """Some hosting providers have hypertables and nothing more; without the extension the setting means nothing."""
    server = Postgres(["-c", "timescaledb.license=apache"])
    try:
        url = server.start(durable=False)
        assert migrate(url) == NAMES
        with psycopg.connect(url, autocommit=True) as connection:
            for value, mean in ((10.0, 10.0), (30.0, 20.0)):
                add(connection, MONDAY, value)
                connection.execute("CALL refresh_score_weekly()")
                assert connection.execute("SELECT mean FROM score_weekly").fetchall() == [(mean,)]
    finally:
        server.stop()


def test_from_two_places_at_once(empty: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        applied = sorted(pool.map(lambda _: tuple(migrate(empty)), range(2)))
    assert applied == [(), tuple(NAMES)]


def test_one_that_was_cut_off_is_finished_the_next_time(empty: str) -> None:
    """As from the last release: what is there stays, what is missing is applied."""
    migrate(empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("DROP INDEX outbox_of_strangers")
        connection.execute("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0010%'")
    assert migrate(empty) == [name for name in NAMES if name.startswith("0010")]
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT to_regclass('outbox_of_strangers') IS NOT NULL").fetchone() == (True,)


def test_links_from_before_calls_are_links_of_the_web(empty: str) -> None:
    migrate(empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("ALTER TABLE link DROP COLUMN mode, ALTER COLUMN message_id SET NOT NULL")
        connection.execute("DROP INDEX task_open_of")
        connection.execute("ALTER TABLE link DROP CONSTRAINT link_occasion_id_fkey")  # the link alone is at stake
        connection.execute(
            "INSERT INTO link (token_hash, occasion_id, message_id) VALUES ('x', gen_random_uuid(), gen_random_uuid())"
        )
        connection.execute("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0004%'")
    assert migrate(empty) == [name for name in NAMES if name.startswith("0004")]
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT mode FROM link").fetchall() == [("web",)]
