"""Researchers' questions about scores read what they are about, and nothing else: with TimescaleDB and without."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.shared.weekly_scores import BY_ARM, ONE, RUNNING, SCALES, store

Connection = psycopg.Connection[tuple[Any, ...]]
PEOPLE, VISITS = 40, 52


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        store(opened, PEOPLE, VISITS)
        opened.execute("CALL refresh_score_weekly()")
        opened.execute("VACUUM ANALYZE")
        yield opened


def count(connection: Connection, query: str) -> int:
    (row,) = connection.execute(query.encode()).fetchall()
    return int(row[0])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def rows_read(connection: Connection, query: str) -> Counter[str]:
    """How many rows the plan of `query` fetches from each table, also those that it then drops.

    A hypertable's chunks count as the table, and the node that appends them not again. What an index leaves out was not
    fetched.
    """
    inherits = connection.execute("SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits")
    chunks = {str(chunk): str(table) for chunk, table in inherits.fetchall()}
    explain = f"EXPLAIN (ANALYZE, TIMING off, VERBOSE, FORMAT json) {query}"
    ((explained,),) = connection.execute(explain.encode()).fetchall()
    read: Counter[str] = Counter()
    for node in nodes(explained[0]["Plan"]):
        if "Relation Name" in node and node["Node Type"] != "Custom Scan":
            dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            table = chunks.get(f"{node['Schema']}.{node['Relation Name']}", node["Relation Name"])
            read[table] += round(node["Actual Loops"] * (node["Actual Rows"] + dropped))
    return read


def test_one_scale_of_a_person_reads_only_these_scores(connection: Connection) -> None:
    assert rows_read(connection, ONE)["score"] == VISITS


def test_weeks_by_arm_read_only_the_days_of_the_scale(connection: Connection) -> None:
    read = rows_read(connection, BY_ARM)
    days = count(connection, "SELECT count(*) FROM score_day WHERE scale = 'scale3'")
    assert days > VISITS
    assert (read["score_day"], read["score"], read["occasion"]) == (days, 0, 0)


def test_of_a_stale_day_the_weeks_read_its_scores_alone(connection: Connection) -> None:
    connection.execute(RUNNING.encode())
    responses = count(connection, "SELECT count(*) FROM score_day_stale")
    assert 0 < responses < PEOPLE
    of_that_day, whether_each_is_the_newest = responses * SCALES, responses
    assert rows_read(connection, BY_ARM)["score"] == of_that_day + whether_each_is_the_newest


def test_marks_are_read_once_by_a_plan_from_before_they_were_made(connection: Connection) -> None:
    """A connection keeps the plan of a prepared statement until the table is analysed again."""
    connection.execute(f"PREPARE weeks AS {BY_ARM}".encode())
    connection.execute("EXECUTE weeks")
    connection.execute(RUNNING.encode())
    marks = count(connection, "SELECT count(*) FROM score_day_stale")
    assert marks > 1
    of_stored_days, of_stale_days = marks, marks
    assert rows_read(connection, "EXECUTE weeks")["score_day_stale"] == of_stored_days + of_stale_days
