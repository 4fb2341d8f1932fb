"""The schema `research`: what the code says of its tables, whom it may be shown to, and codes for every reason."""

import re
from collections.abc import Iterator
from dataclasses import fields

import psycopg
import pytest
from psycopg import sql

from pro_collector.domain.conversation.survey import NO_MESSAGE_COULD_LEAVE
from pro_collector.domain.research.tables import TABLES
from scheduler.occasion import PLAN_REASONS
from tests.shared.places import ROOT

Connection = psycopg.Connection[tuple[object, ...]]
TYPES = {
    "id": {"uuid"},
    "text": {"text"},
    "integer": {"integer", "bigint"},
    "number": {"double precision"},
    "boolean": {"boolean"},
    "date": {"date"},
    "instant": {"timestamp with time zone"},
}


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def columns(connection: Connection, view: str) -> dict[str, str]:
    rows = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'research' AND table_name = %s ORDER BY ordinal_position",
        (view,),
    )
    return {str(name): str(kind) for name, kind in rows.fetchall()}


def test_each_table_has_the_columns_and_types_that_the_code_says(connection: Connection) -> None:
    for table in TABLES.values():
        stored = columns(connection, table.name)
        assert list(stored) == [column.name for column in table.columns] == [each.name for each in fields(table.row)]
        wrong = {each.name: stored[each.name] for each in table.columns if stored[each.name] not in TYPES[each.kind]}
        assert wrong == {}, table.name
        assert set(table.order) <= stored.keys()


def test_no_name_of_the_team_no_words_and_no_address_is_in_a_table() -> None:
    forbidden = {"recorded_by", "body", "subject", "html", "sealed", "birth_date", "zone", "contact_id", "note"}
    named = {(table.name, column.name) for table in TABLES.values() for column in table.columns}
    assert [each for each in sorted(named) if each[1] in forbidden] == []


def test_the_reader_sees_the_research_views_and_nothing_else(connection: Connection) -> None:
    script = (ROOT / "deploy/postgres/reader.sql").read_text(encoding="utf-8")
    role = sql.Identifier(connection.info.dbname + "_reader")  # roles belong to the server, not to the database
    connection.execute(sql.SQL("CREATE ROLE {}").format(role))
    try:
        for grant in re.findall(r"^GRANT [^;]+;", script, re.MULTILINE):
            statement = grant.replace("TO pro_reader", "TO {}").encode().decode()
            connection.execute(sql.SQL(statement).format(role))
        connection.execute(sql.SQL("SET ROLE {}").format(role))
        connection.execute("SET research.as_of = '2026-05-01T00:00Z'")
        for name in TABLES:
            connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier("research", name)))
        hidden = "answer", "participant", "message", "vault.contact", "research_parts.people", "research_parts.answers"
        for table in hidden:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}".encode())
    finally:
        connection.execute("RESET ROLE")
        connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(role))


def test_every_reason_has_a_code(connection: Connection) -> None:
    """The sentences of `domain/conversation/survey.py` are in the log; researchers get codes."""
    source = (ROOT / "pro_collector/domain/conversation/survey.py").read_text(encoding="utf-8")
    sentences = set(re.findall(r'"((?:window|answered after|every question answered|confirmed)[a-z ,]*)"', source))
    assert len(sentences) == 7
    assert NO_MESSAGE_COULD_LEAVE in sentences
    for reason in sorted(sentences | PLAN_REASONS | {"participation_ended", "nothing_reported", "not_asked_in_time"}):
        (row,) = connection.execute("SELECT research.reason_code(%s)", (reason,)).fetchall()
        assert re.fullmatch(r"[a-z_]+", str(row[0])), reason
        assert row[0] != "other", reason
    assert connection.execute("SELECT research.reason_code('who knows'), research.reason_code(NULL)").fetchall() == [
        ("other", None)
    ]


def test_one_person_s_scores_come_from_the_index(connection: Connection) -> None:
    """A condition on the participant must get below DISTINCT ON: otherwise every score of everybody is sorted."""
    connection.execute(
        """
        INSERT INTO score (completed_at, response_id, participant_id, occasion_id, instrument, instrument_version,
                           scoring_version, scale, value, answered, of, reporter, mode, scored_at)
        SELECT now(), id, id, id, 'i', '1', '1', 'pain', 50, 1, 1, 'self', 'sms', now() FROM gen_random_uuid() AS id
        """
    )  # TimescaleDB knows at once that there is nothing in an empty table, and plans no index
    connection.execute("SET enable_seqscan = off")
    by_id, by_code = "participant_id = '00000000-0000-0000-0000-000000000001'", "study = 's' AND participant_code = 'P'"
    views = (("score_current", by_id), ("research.scores", by_id), ("score_on_treatment", by_code))
    for view, person in views:
        lines = connection.execute(
            f"EXPLAIN SELECT * FROM {view} WHERE {person} AND scale = 'pain'".encode()
        ).fetchall()
        plan = "\n".join(str(line[0]) for line in lines)
        assert re.search(r"score_of.*\n.*Index Cond: \(?\(participant_id = ", plan), plan
