"""The time series: the same names and the same results on plain PostgreSQL and on TimescaleDB."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import psycopg
import pytest

Connection = psycopg.Connection[tuple[object, ...]]
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SCORES = [
    (MONDAY, 10.0),
    (MONDAY + timedelta(days=6, hours=23, minutes=59), 30.0),
    (MONDAY + timedelta(days=7), 50.0),
    (MONDAY - timedelta(microseconds=1), None),
    (MONDAY + timedelta(days=400), 70.0),
]


def add(connection: Connection, at: datetime, value: float | None, version: str = "a") -> UUID:
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


PLAIN = """
    SELECT date_bin(interval '7 days', completed_at, timestamptz '2000-01-03 00:00:00+00'), instrument, scale, reporter,
           scoring_version, count(value), avg(value), min(value), max(value)
    FROM score WHERE superseded_at IS NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
WEEKLY = """
    SELECT week, instrument, scale, reporter, scoring_version, scores, mean, lowest, highest
    FROM score_weekly ORDER BY 1, 2, 3, 4, 5
"""
ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def the_weeks_are_those_of_the_scores(connection: Connection) -> None:
    """In whatever zone the reader's session is, `score_weekly` is what the scores themselves say."""
    expected = connection.execute(PLAIN).fetchall()
    for zone in ZONES:
        connection.execute("SELECT set_config('timezone', %s, false)", (zone,))
        assert connection.execute(WEEKLY).fetchall() == expected, zone
    connection.execute("SET timezone = 'UTC'")


def years_of_scores(connection: Connection, seed: int) -> list[UUID]:
    """Three hundred scores from 1999 to two weeks after today: whole numbers, so that sums do not depend on order."""
    random = Random(seed)
    last = datetime.now(UTC) + timedelta(days=14)
    span = (last - datetime(1999, 12, 20, tzinfo=UTC)).total_seconds()
    return [
        add(connection, last - timedelta(seconds=random.random() ** 3 * span), random.choice([None, *range(101)]))
        for _ in range(300)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_weeks_are_right_after_late_superseded_and_erased_scores(connection: Connection, seed: int) -> None:
    responses = years_of_scores(connection, seed)
    the_weeks_are_those_of_the_scores(connection)
    connection.execute("CALL refresh_score_weekly()")
    the_weeks_are_those_of_the_scores(connection)
    years_of_scores(connection, seed + 100)
    connection.execute("UPDATE score SET superseded_at = now() WHERE response_id = ANY(%s)", (responses[:100],))
    connection.execute("SET pro_collector.erasing = 'yes'")
    connection.execute("DELETE FROM score WHERE response_id = ANY(%s)", (responses[200:],))
    connection.execute("CALL refresh_score_weekly()")
    the_weeks_are_those_of_the_scores(connection)
    connection.execute("CALL refresh_score_weekly()")
    the_weeks_are_those_of_the_scores(connection)


def test_the_present_weeks_are_right_without_a_refresh(connection: Connection) -> None:
    """What is added to the week that runs, or to the one before, counts at once, however often weeks were refreshed."""
    now = datetime.now(UTC)
    for age in (20, 13, 7, 0):
        add(connection, now - timedelta(days=age), 10.0)
    connection.execute("CALL refresh_score_weekly()")
    for age in (6, 1, 0):
        add(connection, now - timedelta(days=age), 20.0)
    the_weeks_are_those_of_the_scores(connection)
