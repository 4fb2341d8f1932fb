"""Rows of the record that nobody changes or deletes, and what may be filled once."""

from collections.abc import Iterator

import psycopg
import pytest

from pro_collector.postgres import grants

KEPT = ("answer", "score", "occasion_log", "treatment_event", "report", "opt_out", "look", "erasure", "restoration")
ROWS = """
INSERT INTO study VALUES ('s', '1', '', '', NULL, now(), 'x', true);
INSERT INTO participant (id, study, study_version, code, zone, language, enrolled_on)
VALUES ('00000000-0000-0000-0000-000000000001', 's', '1', 'RT-1', 'UTC', 'en', '2026-01-01');
INSERT INTO vault.contact (id, participant_id, reporter, channel, sealed, lookup)
VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'self', 'sms', 'x', 'a');
INSERT INTO answer (answered_at, participant_id, occasion_id, instrument, instrument_version, instrument_hash, item,
                    value, code, reporter, mode, rung, language)
VALUES (now(), '00000000-0000-0000-0000-000000000001', gen_random_uuid(), 'i', '1', 'h', 'pain', 5, '5', 'self', 'sms',
        0, 'en');
INSERT INTO score (completed_at, response_id, participant_id, occasion_id, instrument, instrument_version,
                   scoring_version, scale, value, answered, of, reporter, mode, scored_at)
VALUES (now(), gen_random_uuid(), '00000000-0000-0000-0000-000000000001', gen_random_uuid(), 'i', '1', '1', 'pain', 50,
        1, 1, 'self', 'sms', now());
INSERT INTO occasion_log (occasion_id, participant_id, at, what)
VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', now(), 'planned');
INSERT INTO treatment_event (id, participant_id, root_id, kind, happened_on, recorded_at, recorded_by)
VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', gen_random_uuid(), 'start', '2026-01-01', now(),
        'x');
INSERT INTO report VALUES (gen_random_uuid(), 'SM1', 'sent', NULL, now());
INSERT INTO opt_out (participant_id, contact_id, stopped_at, how, stopped_by)
SELECT participant_id, id, now(), 'keyword', 'participant' FROM vault.contact;
INSERT INTO look (looked_at, looked_by, door, view, participant_id, inbound_ids)
VALUES (now(), 'nurse', 'cli', 'task', '00000000-0000-0000-0000-000000000001', '{}');
INSERT INTO erasure VALUES (gen_random_uuid(), 's', false, now(), 'x');
INSERT INTO restoration (id, backup_at, restored_at, restored_by) VALUES (gen_random_uuid(), now(), now(), 'x');
"""
"""One row in each table."""


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connected:
        connected.execute(ROWS.encode())
        yield connected


def test_nobody_changes_or_deletes_a_row(connection: psycopg.Connection) -> None:
    for table in KEPT:
        before = connection.execute(f"TABLE {table}".encode()).fetchall()
        assert len(before) == 1, table
        column = {
            "look": "looked_by",
            "erasure": "erased_by",
            "report": "status",
            "opt_out": "how",
            "restoration": "restored_by",
        }.get(table)
        column = column or {"occasion_log": "what", "treatment_event": "kind"}.get(table, "instrument")
        for change in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"UPDATE {table} SET {column} = 'other'"):
            with pytest.raises(psycopg.errors.RaiseException, match=f"the table {table} only grows"):
                connection.execute(change.encode())
        assert connection.execute(f"TABLE {table}".encode()).fetchall() == before


@pytest.mark.parametrize(
    ("table", "column", "value", "other"),
    [
        ("score", "superseded_at", "'2026-01-01Z'", "NULL"),
        ("treatment_event", "superseded_at", "'2026-01-01Z'", "'2026-01-02Z'"),
        ("opt_out", "resumed_at", "'2026-01-01Z'", "NULL"),
        ("restoration", "resumed_by", "'x'", "'y'"),
    ],
)
def test_some_columns_are_filled_once(
    connection: psycopg.Connection, table: str, column: str, value: str, other: str
) -> None:
    connection.execute(f"UPDATE {table} SET {column} = {value}".encode())
    connection.execute(f"UPDATE {table} SET {column} = {value}".encode())
    with pytest.raises(psycopg.errors.RaiseException, match="only grows"):
        connection.execute(f"UPDATE {table} SET {column} = {other}".encode())


def test_no_role_may_delete_or_change_what_only_grows() -> None:
    may = {(each.table, each.columns) for each in grants.grants() if each.verb in ("UPDATE", "DELETE")}
    kept = {table: columns for table, columns in may if table.removeprefix("public.") in KEPT}
    assert kept == {
        "public.score": ("superseded_at",),
        "public.treatment_event": ("superseded_at",),
        "public.opt_out": ("resumed_at", "resumed_how", "resumed_by", "resumed_inbound_id"),
        "public.restoration": ("resumed_at", "resumed_by"),
    }


def test_the_team_erases_through_the_functions_only(connection: psycopg.Connection) -> None:
    person = "00000000-0000-0000-0000-000000000001"
    connection.execute(f"SET ROLE {grants.PREFIX}team".encode())
    connection.execute("SET pro_collector.erasing = 'yes'")
    for table in KEPT:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"DELETE FROM {table}".encode())
    connection.execute("RESET pro_collector.erasing")
    connection.execute("SELECT erase_traces(%s), erase_measurements(%s)", [person, person])
    for table in ("answer", "score", "occasion_log", "treatment_event", "opt_out"):
        assert connection.execute(f"TABLE {table}".encode()).fetchall() == [], table
    looked = connection.execute("SELECT looked_by, participant_id FROM look").fetchall()
    assert looked == [("nurse", None)]
    assert connection.execute("SELECT current_setting('pro_collector.erasing', true)").fetchone() in [("",), (None,)]
