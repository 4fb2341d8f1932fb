"""Row-level security: which tables have a policy, by the server's catalogue; and who sees what with which settings."""

from collections.abc import Iterator

import psycopg
import pytest

from pro_collector.postgres.grants import PREFIX, VIEWER

Connection = psycopg.Connection[tuple[object, ...]]
QUEUES = {"agenda", "outbox", "dead_letter"}
"""Events on their way; no page reads them."""
HYPERTABLES = {"answer", "score"}
"""TimescaleDB allows no policy there; the viewer has views instead."""
# Tables with a foreign key, over others, to `participant`, and those that have the column without one.
WITH_A_PATH = """
WITH RECURSIVE reached AS (
    SELECT 'public.participant'::regclass::oid AS oid
    UNION SELECT a.attrelid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          WHERE a.attname IN ('participant_id', 'message_id', 'occasion_id') AND c.relkind = 'r'
            AND c.relnamespace::regnamespace::text IN ('public', 'vault')
    UNION SELECT f.conrelid FROM pg_constraint f JOIN reached r ON r.oid = f.confrelid WHERE f.contype = 'f')
SELECT oid::regclass::text FROM reached
"""


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def names(connection: Connection, query: str, *values: object) -> set[str]:
    return {str(row[0]) for row in connection.execute(query.encode(), values).fetchall()}


def test_every_table_with_a_path_to_a_participant_has_the_policy(connection: Connection) -> None:
    reached = names(connection, WITH_A_PATH)
    assert {"participant", "vault.contact", "alert_log", "link", "answer"} <= reached
    guarded = names(
        connection,
        "SELECT p.polrelid::regclass::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
        " WHERE p.polname = 'sites' AND NOT p.polpermissive AND c.relrowsecurity"
        " AND p.polroles = ARRAY[%s::regrole::oid]",
        PREFIX + VIEWER,
    )
    assert reached - guarded == QUEUES | HYPERTABLES, "write CALL seen.restrict('...') in the migration of the table"


def test_the_viewer_reads_no_table_of_people_without_a_policy(connection: Connection) -> None:
    readable = names(
        connection,
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm')"
        " AND c.relnamespace::regnamespace::text IN ('public', 'vault') AND c.relname !~ 'yoyo'"
        " AND NOT c.relrowsecurity AND has_any_column_privilege(%s, c.oid, 'SELECT')",
        PREFIX + VIEWER,
    )
    assert readable == {
        "study", "study_application", "study_instrument", "instrument", "instrument_item", "scale_item", "restoration",
        "channel_hold", "account", "account_grant", "account_event", "audit_checkpoint", "audit_verification",
    }, "none of these may say anything of a participant"  # fmt: skip
    changes = names(
        connection,
        "SELECT c.oid::regclass || ' ' || v FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) v"
        " WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('public', 'vault', 'seen')"
        " AND has_table_privilege(%s, c.oid, v)",
        PREFIX + VIEWER,
    )
    assert changes == {"look INSERT"}


def test_the_views_of_the_viewer_have_the_columns_of_those_that_they_stand_before(connection: Connection) -> None:
    columns = "SELECT string_agg(attname || ' ' || atttypid::regtype, ', ' ORDER BY attnum) FROM pg_attribute WHERE"
    views = names(connection, "SELECT relname FROM pg_class WHERE relnamespace = 'seen'::regnamespace") - {"person"}
    assert views >= HYPERTABLES
    for view in views:
        here, there = (
            names(
                connection, f"{columns} attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", f"{where}.{view}"
            )
            for where in ("seen", "public")
        )
        assert here == there, f"make seen.{view} anew: the columns of {view} changed"


def test_without_settings_the_viewer_sees_nobody_and_others_see_all(connection: Connection) -> None:
    connection.execute("INSERT INTO study VALUES ('s', '1', '', '', NULL, now(), 'x', true)")
    connection.execute(
        "INSERT INTO participant (id, study, study_version, code, zone, language, enrolled_on, site)"
        " SELECT gen_random_uuid(), 's', '1', site || n, 'UTC', 'en', '2026-01-01', site"
        " FROM unnest(ARRAY['paris', 'madrid', NULL]) AS x (site), generate_series(1, 2) AS n WHERE site IS NOT NULL"
    )
    people = "SELECT count(*) FROM participant"
    found = "SELECT count(*) FROM research.participants"
    for role, study, sites, seen in (
        (VIEWER, None, None, 0), (VIEWER, "", "*", 0), (VIEWER, "s", "", 0), (VIEWER, "other", "*", 0),
        (VIEWER, "s", "paris", 2), (VIEWER, "s", "paris\nmadrid", 4), (VIEWER, "s", "*", 4), ("web", "s", "paris", 4),
        ("worker", None, None, 4),
    ):  # fmt: skip
        with connection.transaction():
            connection.execute(f"SET LOCAL ROLE {PREFIX}{role}".encode())
            for name, value in (("pro.study", study), ("pro.sites", sites)):
                if value is not None:
                    connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            shown = connection.execute(people.encode()).fetchone()
            assert shown == (seen,), (role, study, sites)
            if role == VIEWER:
                assert connection.execute(found.encode()).fetchone() == (seen,), (role, study, sites)


def test_a_view_for_research_keeps_to_the_sites_that_a_transaction_names_also_for_others(
    connection: Connection,
) -> None:
    connection.execute("INSERT INTO study VALUES ('s', '1', '', '', NULL, now(), 'x', true)")
    connection.execute(
        "INSERT INTO participant (id, study, study_version, code, zone, language, enrolled_on, site)"
        " SELECT gen_random_uuid(), 's', '1', site, 'UTC', 'en', '2026-01-01', site"
        " FROM unnest(ARRAY['paris', 'madrid']) AS x (site)"
    )
    for role in ("team", "jobs", "reader"):
        for sites, codes in ((None, {"paris", "madrid"}), ("*", {"paris", "madrid"}), ("paris", {"paris"})):
            with connection.transaction():
                connection.execute(f"SET LOCAL ROLE {PREFIX}{role}".encode())
                if sites is not None:
                    connection.execute(
                        "SELECT set_config('pro.study', 's', true), set_config('pro.sites', %s, true)", (sites,)
                    )
                assert names(connection, "SELECT participant_code FROM research.participants") == codes, (role, sites)


def test_work_for_some_sites_is_seen_by_those_who_see_each_of_them(connection: Connection) -> None:
    for kind, sites in (
        ("export", "null"), ("export", '["paris"]'), ("export", '["paris", "madrid"]'), ("backtest", '["madrid"]'),
        ("backtest", "null"), ("export", None), ("preview", None),
    ):  # fmt: skip
        given = "{}" if sites is None else f'{{"sites": {sites}}}'
        connection.execute(
            "INSERT INTO job (id, study, kind, asked_by, asked_at, input, state) VALUES (gen_random_uuid(), 's',"
            " %s, 'x', now(), %s, 'waiting')",
            (kind, given),
        )
    connection.execute("INSERT INTO export_piece SELECT id, 0, '' FROM job WHERE kind = 'export'")
    for lines, jobs, pieces in (
        ("*", 7, 4), ("paris", 2, 1), ("madrid", 2, 0), ("madrid\nparis", 4, 2), ("oslo", 1, 0), ("", 1, 0),
    ):  # fmt: skip
        with connection.transaction():
            connection.execute(f"SET LOCAL ROLE {PREFIX}{VIEWER}".encode())
            connection.execute("SELECT set_config('pro.study', 's', true), set_config('pro.sites', %s, true)", (lines,))
            seen = connection.execute(
                "SELECT (SELECT count(*) FROM job), (SELECT count(*) FROM export_piece)"
            ).fetchone()
            assert seen == (jobs, pieces), lines
