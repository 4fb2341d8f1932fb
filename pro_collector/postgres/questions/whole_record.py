"""The whole record, table by table, as PostgreSQL copies rows: read in one snapshot, written into empty tables."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import LiteralString

from psycopg import sql
from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

_PIECE = 2**16
"""Bytes of rows that are handed on together; PostgreSQL hands out one row at a time."""

# Tables of extensions (TimescaleDB's chunks) and of the migrations are left out: `migrate` makes them. So are scores by
# day: they are counted again from the scores.
_TABLES: LiteralString = """
WITH mine AS (
    SELECT c.oid, n.nspname AS schema, c.relname AS table FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND n.nspname NOT LIKE '%timescaledb%' AND c.relname NOT LIKE '%yoyo%'
      AND c.relname NOT IN ('score_day', 'score_day_stale') AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
SELECT schema, "table", schema || '.' || "table" AS name,
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = oid AND attnum > 0 AND NOT attisdropped
          AND attgenerated = '' ORDER BY attnum) AS columns,
    ARRAY(SELECT a.attname::text FROM pg_index i
          CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS part (number, place)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = part.number
          WHERE i.indrelid = oid AND i.indisprimary ORDER BY place) AS key,
    ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = oid AND a.attcollation <> 0) AS texts,
    ARRAY(SELECT r.schema || '.' || r.table FROM pg_constraint f JOIN mine r ON r.oid = f.confrelid
          WHERE f.conrelid = mine.oid AND f.contype = 'f' AND r.oid <> mine.oid) AS refers_to
FROM mine ORDER BY name
"""
_SEQUENCES: LiteralString = """
SELECT s.oid::regclass::text AS name, n.nspname || '.' || t.relname AS "table",
       coalesce(pg_sequence_last_value(s.oid), 0) AS last
FROM pg_class s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype = 'i'
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE s.relkind = 'S' ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table with its columns, those of its primary key, those that hold text, and the tables that it refers to."""

    schema: str
    table: str
    name: str
    columns: list[str]
    key: list[str]
    texts: list[str]
    refers_to: list[str]


async def tables(tx: Tx) -> list[TableShape]:
    """All tables of the product, each after those that it refers to."""
    async with tx.cursor(row_factory=class_row(TableShape)) as cursor:
        await cursor.execute(_TABLES)
        found = {shape.name: shape for shape in await cursor.fetchall()}
    order = TopologicalSorter({name: shape.refers_to for name, shape in found.items()}).static_order()
    return [found[name] for name in order]


def only(shape: TableShape, columns: Sequence[str]) -> TableShape:
    """A table with some of its columns."""
    return replace(shape, columns=list(columns))


async def filled(tx: Tx, shapes: Sequence[TableShape]) -> list[str]:
    """The names of the tables that have rows."""
    names = []
    for shape in shapes:
        rows = await tx.execute(sql.SQL("TABLE {} LIMIT 1").format(_identifier(shape)))
        if await rows.fetchone() is not None:
            names.append(shape.name)
    return names


async def migrations(tx: Tx) -> list[str]:
    """The names of the migrations that were applied here, in order."""
    rows = await tx.execute('SELECT migration_id COLLATE "C" AS name FROM _yoyo_migration ORDER BY name')
    return [row["name"] for row in await rows.fetchall()]


async def server_version(tx: Tx) -> str:
    """The version of the server, as it says it."""
    row = await (await tx.execute("SELECT current_setting('server_version') AS version")).fetchone()
    return str(row["version"]) if row else ""


async def use_portable_format(tx: Tx) -> None:
    """Have values copied in the same format by every server, until the transaction ends."""
    for setting in ("datestyle = 'ISO, YMD'", "intervalstyle = postgres", "bytea_output = hex", "timezone = 'UTC'"):
        await tx.execute(f"SET LOCAL {setting}")


async def copy_out(tx: Tx, shape: TableShape) -> AsyncIterator[bytes]:
    """The rows of a table in PostgreSQL's text format, in pieces, in the order of its primary key."""
    order = [
        sql.SQL('{} COLLATE "C"' if column in shape.texts else "{}").format(sql.Identifier(column))
        for column in shape.key or shape.columns
    ]
    query = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        _list(shape.columns), _identifier(shape), sql.SQL(", ").join(order)
    )
    piece = bytearray()
    async with tx.cursor() as cursor, cursor.copy(query) as copy:
        async for row in copy:
            piece += row
            if len(piece) >= _PIECE:
                yield bytes(piece)
                piece.clear()
    if piece:
        yield bytes(piece)


async def copy_in(tx: Tx, shape: TableShape, columns: Sequence[str], pieces: Iterable[bytes]) -> None:
    """Add rows in PostgreSQL's text format, with these columns, to a table."""
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(_identifier(shape), _list(columns))
    async with tx.cursor() as cursor, cursor.copy(query) as copy:
        for piece in pieces:
            await copy.write(piece)


async def add_missing(tx: Tx, shape: TableShape, pieces: Iterable[bytes]) -> None:
    """Add those of these rows that the table does not have yet, by its primary key."""
    table, columns = _identifier(shape), _list(shape.columns)
    await tx.execute(sql.SQL("CREATE TEMPORARY TABLE added AS SELECT {} FROM {} LIMIT 0").format(columns, table))
    async with tx.cursor() as cursor, cursor.copy(sql.SQL("COPY added ({}) FROM STDIN").format(columns)) as copy:
        for piece in pieces:
            await copy.write(piece)
    await tx.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM added ON CONFLICT DO NOTHING").format(table, columns, columns)
    )
    await tx.execute("DROP TABLE added")


async def sequences(tx: Tx) -> dict[str, int]:
    """The last number that each sequence of our tables has given; 0 if it has given none."""
    mine = {shape.name for shape in await tables(tx)}
    rows = await (await tx.execute(_SEQUENCES)).fetchall()
    return {row["name"]: row["last"] for row in rows if row["table"] in mine}


async def set_sequences(tx: Tx, last: Mapping[str, int]) -> None:
    """Let each sequence go on after the last number that it has given."""
    for name, number in last.items():
        if number:
            await tx.execute("SELECT setval(%s::regclass, %s)", (name, number))


def _identifier(shape: TableShape) -> sql.Identifier:
    return sql.Identifier(shape.schema, shape.table)


def _list(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
