"""What TimescaleDB adds: chunks, columns for what is old; and what it must not change."""

import asyncio
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from pro_collector.embedded.postgres import _install
from pro_collector.postgres.migrate import migrate
from pro_collector.postgres.tables import answers
from tests.record.postgres.test_time_series import (
    WEEKLY,
    Connection,
    add,
    the_weeks_are_those_of_the_scores,
    years_of_scores,
)
from tests.shared.databases import own_database

LONG_AGO = datetime(2024, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A migrated database that has the extension."""
    with psycopg.connect(database_url, autocommit=True) as opened:
        if not opened.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
            pytest.skip("this PostgreSQL has no TimescaleDB; docs/testing.md tells how to run on one that has")
        yield opened


def answer(connection: Connection, occasion: UUID, item: str, value: int, at: datetime = LONG_AGO) -> None:
    connection.execute(
        """
        INSERT INTO answer (answered_at, participant_id, occasion_id, instrument, instrument_version, instrument_hash,
                            item, value, code, reporter, mode, rung, language)
        VALUES (%s, %s, %s, 'diary', '1.0.0', 'hash', %s, %s, %s, 'self', 'sms', 0, 'en')
        """,
        (at, occasion, occasion, item, value, str(value)),
    )


def current(connection: Connection) -> set[tuple[object, ...]]:
    return set(connection.execute("SELECT occasion_id, item, value FROM answer_current").fetchall())


def compressed(connection: Connection) -> list[bool]:
    rows = connection.execute("SELECT is_compressed FROM timescaledb_information.chunks WHERE hypertable_name='answer'")
    return [bool(row[0]) for row in rows.fetchall()]


def run_jobs(connection: Connection, procedure: str) -> None:
    """What the background worker does when the hour has come."""
    jobs = connection.execute(
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = %s ORDER BY 1", (procedure,)
    ).fetchall()
    assert jobs, procedure
    for job in jobs:
        connection.execute("CALL run_job(%s)", job)


@pytest.fixture
def filed(connection: Connection) -> list[UUID]:
    """Three occasions with two answers each, so old that the policy has put them into columns."""
    occasions = [uuid4() for _ in range(3)]
    for occasion in occasions:
        answer(connection, occasion, "pain", 3)
        answer(connection, occasion, "sleep", 1)
    answer(connection, uuid4(), "pain", 5, datetime.now(UTC))
    run_jobs(connection, "policy_compression")
    assert sorted(compressed(connection)) == [False, True]
    return occasions


def test_answers_and_scores_are_hypertables(connection: Connection) -> None:
    tables = connection.execute(
        "SELECT hypertable_name FROM timescaledb_information.hypertables WHERE hypertable_schema = 'public' ORDER BY 1"
    )
    assert tables.fetchall() == [("answer",), ("score",)]


def test_the_policy_is_there(connection: Connection) -> None:
    jobs = connection.execute(
        """
        SELECT proc_name, config ->> 'compress_after', scheduled
        FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy%' AND job_id >= 1000 ORDER BY 1
        """
    ).fetchall()
    assert jobs == [("policy_compression", "1 year", True)]


def test_a_correction_of_a_filed_answer_counts(connection: Connection, filed: list[UUID], database_url: str) -> None:
    first, second, _ = filed
    answer(connection, first, "pain", 9)
    answer(connection, second, "worry", 4)
    expected = {(o, item, float(v)) for o in filed for item, v in (("pain", 3), ("sleep", 1))}
    expected = expected - {(first, "pain", 3.0)} | {(first, "pain", 9.0), (second, "worry", 4.0)}
    assert {row for row in current(connection) if row[0] in filed} == expected

    async def loaded() -> set[tuple[UUID, str, object]]:
        async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as tx:
            given = await answers.load(tx, filed)
            return {(o, item, value) for o in filed for item, value in given[o]["diary"].items()}

    assert asyncio.run(loaded()) == expected


def test_a_survey_under_way_leaves_alone_what_is_filed(connection: Connection, filed: list[UUID]) -> None:
    """Else each reply would unpack the whole history of the study: columns have no index by occasion."""

    def chunks(since: datetime) -> int:
        plan = connection.execute(f"EXPLAIN {answers._LOAD}", (filed, since)).fetchall()
        return len(set(re.findall(r"_hyper_\d+_\d+_chunk\b", str(plan))))

    assert chunks(answers.ALL_TIME) == 2
    assert chunks(datetime.now(UTC) - timedelta(days=30)) == 1


def test_a_filed_person_can_be_erased(connection: Connection, filed: list[UUID]) -> None:
    gone = filed[0]
    connection.execute("SELECT erase_measurements(%s)", (gone,))
    run_jobs(connection, "policy_compression")
    assert not any(row[0] == gone for row in current(connection))
    assert len(current(connection)) == 5


def test_a_filed_answer_is_not_stored_twice(connection: Connection, filed: list[UUID]) -> None:
    """The same row again, number and all, as a restored copy would bring it."""
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "INSERT INTO answer OVERRIDING SYSTEM VALUE SELECT * FROM answer WHERE participant_id = %s", (filed[0],)
        )


def test_a_score_is_not_stored_twice(connection: Connection) -> None:
    add(connection, LONG_AGO, 10.0)
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("INSERT INTO score SELECT * FROM score")
    connection.execute("INSERT INTO score SELECT * FROM score ON CONFLICT DO NOTHING")
    assert connection.execute("SELECT count(*) FROM score").fetchall() == [(1,)]


def test_a_backup_comes_back_as_the_manual_says(
    connection: Connection, filed: list[UUID], database_url: str, postgres: str, tmp_path: Path
) -> None:
    years_of_scores(connection, seed=1)
    connection.execute("CALL refresh_score_weekly()")
    dump = tmp_path / "pro.dump"
    with own_database(postgres) as other:
        tool("pg_dump", "--format=custom", f"--file={dump}", database_url)
        tool(
            "psql",
            "-X",
            "-q",
            "-d",
            other,
            "-c",
            "CREATE EXTENSION timescaledb",
            "-c",
            "SELECT timescaledb_pre_restore()",
        )
        tool("pg_restore", f"--dbname={other}", str(dump))
        tool("psql", "-X", "-q", "-d", other, "-c", "SELECT timescaledb_post_restore()")
        assert migrate(other) == []
        with psycopg.connect(other, autocommit=True) as restored:
            assert restored.execute(WEEKLY).fetchall() == connection.execute(WEEKLY).fetchall()
            assert current(restored) == current(connection)
            assert len(current(restored)) == 2 * len(filed) + 1
            years_of_scores(restored, seed=2)
            restored.execute("CALL refresh_score_weekly()")
            the_weeks_are_those_of_the_scores(restored)
            answer(restored, filed[0], "pain", 9)
            assert (filed[0], "pain", 9.0) in current(restored)


def tool(name: str, *arguments: str) -> None:
    """Run a program that came with the server; what it complains of is shown."""
    done = subprocess.run([_install() / "bin" / name, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
