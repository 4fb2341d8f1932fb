"""The roles of the product in PostgreSQL and what each may do, from `grants.yaml`; grants exactly that."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Literal

import psycopg
import yaml
from psycopg import Connection, sql

FILE = Path(__file__).with_name("grants.yaml")
PREFIX = "pro_collector_"
"""Stands before the name of each role, because the roles of a server belong to all of its databases."""
SCHEMAS = ("public", "research", "seen", "vault")
VIEWER = "viewer"
"""The role that sees some sites of one study only (row-level security, migration 0030)."""
TEAM = "team"
"""The role with which somebody of the team changes something, from the command line or a page."""
Verb = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]
VERBS: Mapping[str, Verb] = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
"""The letters of `grants.yaml`, which are those of psql."""
_PART = re.compile(r"([rawd]+)(?:\(([a-z_, ]+)\))?\s*")


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role may do this with a table, or with some of its columns; `table` has its schema before it."""

    role: str
    table: str
    verb: Verb
    columns: tuple[str, ...] = ()
    """Empty: the whole table."""


@dataclass(frozen=True, slots=True)
class _File:
    roles: Mapping[str, str]
    tables: Mapping[str, Mapping[str, str]]
    functions: Mapping[str, Sequence[str]]


@cache
def roles() -> Mapping[str, str]:
    """What each role is for, by its name without the prefix."""
    return _content().roles


@cache
def grants() -> tuple[Grant, ...]:
    """Everything that is allowed, in the order of the file. Raises ValueError for letters that mean nothing."""
    return tuple(
        grant
        for table, by_role in _content().tables.items()
        for role, letters in by_role.items()
        for grant in _grants(role, table if "." in table else f"public.{table}", letters)
    )


@cache
def functions() -> Mapping[str, tuple[str, ...]]:
    """Which roles may call which function that works with the rights of the owner."""
    return {name: tuple(roles) for name, roles in _content().functions.items()}


def apply(connection: Connection, prefix: str = PREFIX) -> bool:
    """Create the missing roles, and grant each exactly what the file says, in one transaction.

    Returns false, without any change, if roles are missing and the login must not create them.
    """
    names = {role: prefix + role for role in roles()}
    with connection.transaction():
        missing = _missing(connection, names.values())
        if missing and not _may_create(connection):
            return False
        for name in missing:
            _create(connection, name)
        for statement in _statements(names):
            connection.execute(statement)
        for statement in _policies(connection, names[VIEWER]):
            connection.execute(statement)
    return True


def _statements(names: Mapping[str, str]) -> Iterator[sql.Composed]:
    everybody, schemas = _names(names.values()), _names(SCHEMAS)
    # Without a table, privileges on columns are revoked too. Also for PUBLIC: nobody else has any access.
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}, PUBLIC").format(schemas, everybody)
    yield sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(schemas, everybody)
    for name, callers in functions().items():
        function = sql.Identifier(*name.split("."))
        yield sql.SQL("REVOKE ALL ON FUNCTION {} FROM {}, PUBLIC").format(function, everybody)
        if callers:  # nobody calls a trigger
            yield sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(
                function, _names(names[role] for role in callers)
            )
    for schema in SCHEMAS:
        inside = sorted({names[each.role] for each in grants() if each.table.startswith(f"{schema}.")})
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), _names(inside))
    for (table, role), several in groupby(grants(), lambda each: (each.table, each.role)):
        yield sql.SQL("GRANT {} ON {} TO {}").format(
            sql.SQL(", ").join(map(_verb, several)), sql.Identifier(*table.split(".")), sql.Identifier(names[role])
        )


def _policies(connection: Connection, viewer: str) -> Iterator[sql.Composed]:
    """Give the policies on rows to the role that they are for; those that it has already are left, without a lock."""
    rows = connection.execute(
        "SELECT schemaname::text, tablename::text FROM pg_policies"
        " WHERE policyname = 'sites' AND roles <> ARRAY[%s]::name[]",
        [viewer],
    ).fetchall()
    for table in rows:
        yield sql.SQL("ALTER POLICY sites ON {} TO {}").format(sql.Identifier(*table), sql.Identifier(viewer))


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _verb(grant: Grant) -> sql.Composable:
    """The verb, with the columns on which it is allowed if it is not the whole table."""
    verb = sql.SQL(grant.verb)
    return sql.SQL("{} ({})").format(verb, _names(grant.columns)) if grant.columns else verb


def _grants(role: str, table: str, letters: str) -> Iterator[Grant]:
    if role not in roles() or _PART.sub("", letters):
        raise ValueError(f"{FILE.name}: {table}: {role}: {letters}")
    for verbs, columns in _PART.findall(letters):
        for verb in verbs:
            yield Grant(role, table, VERBS[verb], tuple(re.findall(r"\w+", columns)))


def _missing(connection: Connection, names: Iterable[str]) -> list[str]:
    rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(names)]).fetchall()
    return sorted(set(names) - {row[0] for row in rows})


def _may_create(connection: Connection) -> bool:
    row = connection.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _create(connection: Connection, name: str) -> None:
    """Create a role that cannot log in, and let the login act as it. Another database may create it meanwhile."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(name)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return


@cache
def _content() -> _File:
    return _File(**yaml.safe_load(FILE.read_text(encoding="utf-8")))
