"""The time series: the same names and the same results on plain PostgreSQL and on TimescaleDB."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SCORES = [
    (MONDAY, 10.0),
    (MONDAY + timedelta(days=6, hours=23, minutes=59), 30.0),
    (MONDAY + timedelta(days=7), 50.0),
    (MONDAY - timedelta(microseconds=1), None),
    (MONDAY + timedelta(days=400), 70.0),
]


def add(
    connection: psycopg.Connection[tuple[object, ...]], at: datetime, value: float | None, version: str = "a"
) -> UUID:
    """Store one score; the id of its response."""
    response = uuid4()
    connection.execute(
        """
        INSERT INTO score (completed_at, response_id, participant_id, occasion_id, instrument, instrument_version,
                           scoring_version, scale, value, answered, of, reporter, mode, scored_at)
        VALUES (%s, %s, %s, %s, 'diary', '1.0.0', %s, 'pain', %s, 1, 1, 'self', 'sms', %s)
        """,
        (at, response, uuid4(), uuid4(), version, value, at),
    )
    return response


def test_weeks_begin_on_monday_and_a_missing_value_is_no_score(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for at, value in SCORES:
            add(connection, at, value)
        rows = connection.execute(
            "SELECT week, scores, mean, lowest, highest FROM score_weekly WHERE scale = 'pain' ORDER BY week"
        ).fetchall()
    assert rows == [
        (MONDAY - timedelta(days=7), 0, None, None, None),
        (MONDAY, 2, 20.0, 10.0, 30.0),
        (MONDAY + timedelta(days=7), 1, 50.0, 50.0, 50.0),
        (MONDAY + timedelta(days=399), 1, 70.0, 70.0, 70.0),
    ]


def test_the_newest_scoring_counts_and_the_old_stays(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        response = add(connection, MONDAY, 10.0)
        connection.execute(
            """
            INSERT INTO score SELECT completed_at, response_id, participant_id, occasion_id, instrument,
                instrument_version, 'b', scale, 20.0, answered, of, reason, band, reporter, mode,
                scored_at + interval '1 hour' FROM score WHERE response_id = %s
            """,
            (response,),
        )
        assert connection.execute("SELECT value FROM score_current").fetchall() == [(20.0,)]
        assert connection.execute("SELECT count(*) FROM score").fetchall() == [(2,)]


def test_with_the_extension_answers_and_scores_are_hypertables(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        if not connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
            pytest.skip("this PostgreSQL has no TimescaleDB; set PRO_TEST_POSTGRES_OPTIONS to run on one that has")
        tables = connection.execute("SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1")
        assert [name for (name,) in tables if not str(name).startswith("_")] == ["answer", "score"]
        views = connection.execute("SELECT view_name FROM timescaledb_information.continuous_aggregates")
        assert views.fetchall() == [("score_weekly",)]
