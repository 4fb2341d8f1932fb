"""Reads the views of the schema `research`: as rows, or as CSV that the server itself writes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, LiteralString, TypeVar
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.research.definitions import read_instrument
from pro_collector.domain.research.tables import TABLES, Column, ColumnKind, ResearchRow, ResearchTable
from pro_collector.errors import Misconfigured, NotMigrated
from pro_collector.postgres.connection import Tx

Row = TypeVar("Row", bound=ResearchRow)
_SQL_TYPES: Mapping[ColumnKind, LiteralString] = {
    "id": "uuid", "text": "text", "integer": "bigint", "number": "float8", "boolean": "boolean", "date": "date",
    "instant": "timestamptz",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StudyUsed:
    """A study version that participants of an export belong to, and when it was applied."""

    study: str
    version: str
    applied_at: datetime
    assessments: list[str]
    """In the order of the study file."""
    title: str
    """In English, or in its first language by name."""
    events: list[str]
    """The kinds of event of its timeline, by name."""


async def see(tx: Tx, as_of: datetime | None) -> None:
    """Let this transaction see the record as it was at an instant (None: as it is).

    Raises NotMigrated if a questionnaire or study has no definition, without which rows would be missing.
    """
    await tx.execute("SELECT set_config('research.as_of', %s, true)", (as_of.isoformat() if as_of else "",))
    with _permission_named():
        rows = await tx.execute(
            "SELECT FROM research.instruments WHERE definition IS NULL"
            " UNION ALL SELECT FROM research.studies WHERE definition IS NULL LIMIT 1"
        )
    if await rows.fetchone() is not None:
        raise NotMigrated("the research views lack definitions: run pro-collector migrate")


async def sites(tx: Tx) -> list[str] | None:
    """The sites that this transaction is limited to, in order; None: it is not, and sees those of every study."""
    found = await tx.execute("SELECT current_setting('pro.sites', true) AS lines")
    row = await found.fetchone()
    lines = row["lines"] if row else None
    return None if lines in (None, "", "*") else str(lines).split("\n")


async def rows(tx: Tx, kind: type[Row], study: str | None = None, people: Sequence[UUID] | None = None) -> list[Row]:
    """All rows of the table of this kind, of one study or of all (None), in the order of the table.

    `people`: only those of these participants.
    """
    table = next(table for table in TABLES.values() if table.row is kind)
    async with tx.cursor(row_factory=class_row(kind)) as cursor:
        with _permission_named():
            await cursor.execute(_select(table, study, people, as_text=False))
        return await cursor.fetchall()


async def page(
    tx: Tx, table: ResearchTable, study: str, sites: Sequence[str] | None, after: Sequence[str] | None, limit: int
) -> list[Any]:
    """Up to `limit` rows of a study at these sites (None: all), after the row with these values of its order."""
    kinds = {column.name: column for column in table.columns}
    where = [sql.SQL("study = {}").format(sql.Literal(study))]
    if sites is not None:
        where.append(sql.SQL("site = ANY({})").format(sql.Literal(list(sites))))
    if after is not None:
        given = sql.SQL(", ").join(_as_kind(kinds[name], value) for name, value in zip(table.order, after, strict=True))
        place = sql.SQL(", ").join(_sorted(kinds[name]) for name in table.order)
        where.append(sql.SQL("({}) > ({})").format(place, given))
    query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
        sql.SQL(", ").join(_selected(column, as_text=False) for column in table.columns),
        sql.Identifier("research", table.name),
        sql.SQL(" AND ").join(where),
        sql.SQL(", ").join(_sorted(kinds[name]) for name in table.order),
        sql.Literal(limit),
    )
    kind: type[Any] = table.row
    async with tx.cursor(row_factory=class_row(kind)) as cursor:
        with _permission_named():
            await cursor.execute(query)
        return await cursor.fetchall()


async def copy_to(tx: Tx, table: ResearchTable, study: str | None, stream: BinaryIO) -> int:
    """Write the table as CSV with a header; return the number of rows.

    An empty field is NULL, an empty text is `""`. Instants are in UTC.
    """
    query = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(_select(table, study, None, as_text=True))
    with _permission_named():
        async with tx.cursor() as cursor:
            async with cursor.copy(query) as copy:
                async for piece in copy:
                    stream.write(piece)
            return cursor.rowcount


async def instruments(tx: Tx, study: str | None = None) -> list[Instrument]:
    """Every definition of the questionnaires of a study (None: of all studies), without wording, by id and version."""
    found = await tx.execute(
        """
        SELECT i.definition FROM research.instruments i
        WHERE i.definition IS NOT NULL AND (%(study)s::text IS NULL OR i.instrument IN (
            SELECT s.instrument FROM research.study_instruments s WHERE s.study = %(study)s))
        ORDER BY i.instrument, i.instrument_version, i.instrument_hash
        """,
        {"study": study},
    )
    return [read_instrument(row["definition"]) for row in await found.fetchall()]


async def studies(tx: Tx, study: str | None = None) -> list[StudyUsed]:
    """The study versions that visits belong to, of one study or of all (None), by study and time."""
    async with tx.cursor(row_factory=class_row(StudyUsed)) as cursor:
        await cursor.execute(
            "SELECT study, study_version AS version, applied_at,"
            " coalesce(definition -> 'assessment_order', '[]') AS assessments,"
            " coalesce(definition -> 'title' ->> 'en', (SELECT min(value) FROM jsonb_each_text(definition -> 'title')),"
            " study) AS title,"
            " ARRAY(SELECT jsonb_object_keys(definition -> 'timeline') ORDER BY 1) AS events FROM research.studies"
            " WHERE %(study)s::text IS NULL OR study = %(study)s ORDER BY study, applied_at, study_version",
            {"study": study},
        )
        return await cursor.fetchall()


async def received(tx: Tx, study: str) -> set[tuple[str, str]]:
    """The questionnaires of which something was received, each with its version."""
    found = await tx.execute(
        "SELECT DISTINCT instrument, instrument_version FROM research.responses WHERE study = %s", (study,)
    )
    return {(row["instrument"], row["instrument_version"]) for row in await found.fetchall()}


async def asked(tx: Tx, study: str) -> dict[str, set[str]]:
    """The questionnaires of each assessment, also of reports that nobody had asked for."""
    found = await tx.execute("SELECT DISTINCT assessment, instruments FROM research.visits WHERE study = %s", (study,))
    names: dict[str, set[str]] = {}
    for row in await found.fetchall():
        names.setdefault(row["assessment"], set()).update(row["instruments"].split())
    return names


def _select(table: ResearchTable, study: str | None, people: Sequence[UUID] | None, *, as_text: bool) -> sql.Composed:
    """The query of a table. Texts are sorted by their bytes, so that the order is the same on every server."""
    columns = sql.SQL(", ").join(_selected(column, as_text) for column in table.columns)
    conditions = [] if study is None else [sql.SQL("study = {}").format(sql.Literal(study))]
    if people is not None:
        conditions.append(sql.SQL("participant_id = ANY({})").format(sql.Literal(list(people))))
    where = sql.SQL(" WHERE {}").format(sql.SQL(" AND ").join(conditions)) if conditions else sql.SQL("")
    kinds = {column.name: column for column in table.columns}
    order = sql.SQL(", ").join(_sorted(kinds[name]) for name in table.order)
    name = sql.Identifier("research", table.name)
    return sql.SQL("SELECT {} FROM {}{} ORDER BY {}").format(columns, name, where, order)


def _selected(column: Column, as_text: bool) -> sql.Composed:
    """A column; in a file a boolean is `true` or `false`, not `t` or `f`."""
    form = "{}::text" if as_text and column.kind == "boolean" else "{}"
    return sql.SQL(form).format(sql.Identifier(column.name))


def _sorted(column: Column) -> sql.Composed:
    form = '{} COLLATE "C"' if column.kind == "text" else "{}"
    return sql.SQL(form).format(sql.Identifier(column.name))


def _as_kind(column: Column, value: str) -> sql.Composed:
    """A value of a column that a cursor kept as text."""
    return sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(_SQL_TYPES[column.kind]))


@contextmanager
def _permission_named() -> Iterator[None]:
    """Raise Misconfigured if the role may not read the views."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Misconfigured(
            "PRO_DATABASE_URL: this role may not read the schema research: run deploy/postgres/reader.sql"
        ) from error
