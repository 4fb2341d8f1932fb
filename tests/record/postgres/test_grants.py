"""What each role may do: exactly what `grants.yaml` says, as the server itself knows it."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from pro_collector.postgres import grants
from pro_collector.postgres.database import Database
from pro_collector.postgres.grants import PREFIX, Grant

_TABLES = """
SELECT n.nspname || '.' || c.relname AS name, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'research', 'seen', 'vault') AND c.relkind IN ('r', 'v', 'm', 'p')
  AND c.relname !~ '^_?yoyo'
"""


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connected:
        yield connected


def allowed(connection: psycopg.Connection) -> set[Grant]:
    """Every verb that the server allows a role on a table, or on some of its columns only."""
    whole = connection.execute(
        f"SELECT r, t.name, v FROM ({_TABLES}) t, unnest(%s::text[]) r, unnest(%s::text[]) v"
        " WHERE has_table_privilege(%s || r, t.oid, v)".encode(),
        [list(grants.roles()), [*grants.VERBS.values(), "TRUNCATE", "REFERENCES", "TRIGGER"], PREFIX],
    ).fetchall()
    columns = connection.execute(
        f"SELECT r, t.name, v, array_agg(a.attname::text ORDER BY a.attname) FROM ({_TABLES}) t"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped,"
        " unnest(%s::text[]) r, unnest(%s::text[]) v WHERE NOT has_table_privilege(%s || r, t.oid, v)"
        " AND has_column_privilege(%s || r, t.oid, a.attnum, v) GROUP BY 1, 2, 3".encode(),
        [list(grants.roles()), ["SELECT", "INSERT", "UPDATE", "REFERENCES"], PREFIX, PREFIX],
    ).fetchall()
    return {Grant(*row) for row in whole} | {Grant(row[0], row[1], row[2], tuple(row[3])) for row in columns}


def test_every_role_may_do_exactly_what_the_file_says(connection: psycopg.Connection) -> None:
    said = {Grant(each.role, each.table, each.verb, tuple(sorted(each.columns))) for each in grants.grants()}
    assert len(said) > 200
    assert allowed(connection) == said


def test_the_file_names_every_table_and_function(connection: psycopg.Connection) -> None:
    assert {row[0] for row in connection.execute(_TABLES.encode())} == {each.table for each in grants.grants()}
    of_owner = connection.execute(
        "SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname IN ('public', 'seen', 'vault') AND p.prosecdef"
    )
    assert {row[0] for row in of_owner} == grants.functions().keys()


def test_functions_with_the_rights_of_the_owner_are_for_few(connection: psycopg.Connection) -> None:
    for name, callers in grants.functions().items():
        may = connection.execute(
            "SELECT r FROM unnest(%s::text[]) r WHERE has_function_privilege(%s || r, %s::regproc, 'EXECUTE')",
            [list(grants.roles()), PREFIX, name],
        )
        assert {row[0] for row in may} == set(callers), name


def test_nobody_but_the_owner_changes_the_schema(connection: psycopg.Connection) -> None:
    for role in grants.roles():
        may = connection.execute(
            "SELECT n, has_schema_privilege(%s, n, 'CREATE'), has_database_privilege(%s, current_database(), 'CREATE')"
            " FROM unnest(ARRAY['public', 'vault']) n",
            [PREFIX + role, PREFIX + role],
        ).fetchall()
        assert may == [("public", False, False), ("vault", False, False)], role
    kinds = connection.execute(
        "SELECT DISTINCT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles"
        " WHERE rolname = ANY(%s)",
        [[PREFIX + role for role in grants.roles()]],
    ).fetchall()
    assert kinds == [(False, False, False, False, False)]
    member = connection.execute(
        "SELECT 1 FROM pg_auth_members WHERE member IN (SELECT oid FROM pg_roles WHERE rolname = ANY(%s))",
        [[PREFIX + role for role in grants.roles()]],
    ).fetchall()
    assert member == []


def test_migrating_again_takes_back_what_somebody_granted(connection: psycopg.Connection) -> None:
    worker = sql.Identifier(f"{PREFIX}web")
    for what in ("SELECT ON vault.contact", "UPDATE (code) ON answer", "DELETE ON look"):
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.SQL(what), worker))
    connection.execute("GRANT SELECT ON vault.inbound TO PUBLIC")
    before = allowed(connection)
    assert grants.apply(connection)
    assert {each for each in before - allowed(connection) if each.role == "web"} == {
        Grant("web", "vault.contact", "SELECT"),
        Grant("web", "vault.inbound", "SELECT"),
        Grant("web", "public.answer", "UPDATE", ("code",)),
        Grant("web", "public.look", "DELETE"),
    }


async def test_a_part_acts_as_its_role(database_url: str) -> None:
    database = await Database(database_url).open()
    try:
        async with database.acting_as(f"{PREFIX}web") as limited:
            async with limited.transaction() as tx:
                assert await (await tx.execute("SELECT current_user::text AS name")).fetchall() == [
                    {"name": f"{PREFIX}web"}
                ]
            for refused in (
                "SELECT sealed FROM vault.contact",
                "SELECT sealed FROM vault.inbound",
                "UPDATE answer SET code = '1'",
                "CREATE TABLE mine (x int)",
                "DELETE FROM occasion_log",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    async with limited.transaction() as tx:
                        await tx.execute(refused.encode())
            async with limited.another(connections=1) as one, one.apart() as tx:
                assert await (await tx.execute("SELECT current_user::text AS name")).fetchall() == [
                    {"name": f"{PREFIX}web"}
                ]
    finally:
        await database.close()


async def test_without_the_roles_a_part_has_the_rights_of_its_login(database_url: str) -> None:
    database = await Database(database_url).open()
    try:
        async with database.acting_as("nobody_made_this_role") as limited:
            assert limited is database
    finally:
        await database.close()


def test_letters_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="x"):
        list(grants._grants("web", "public.answer", "rx"))
    with pytest.raises(ValueError, match="nobody"):
        list(grants._grants("nobody", "public.answer", "r"))
