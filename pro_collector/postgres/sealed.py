"""What is sealed in the database: one sample, to know the key by, and all of it, to seal it with another key."""

from collections.abc import Callable

from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow

# Every column that holds something sealed has a keyed hash beside it, by which the row is found.
_TABLES = {"contact": "lookup", "inbound": "sender_lookup"}
_BATCH = 500

Anew = Callable[[bytes], tuple[bytes, bytes]]
"""What was sealed, to the same sealed again and the hash that finds it."""


async def sample(tx: AsyncConnection[DictRow]) -> bytes | None:
    """Something that is sealed; None while nothing is."""
    for table in _TABLES:
        rows = await tx.execute(sql.SQL("SELECT sealed FROM {} LIMIT 1").format(_name(table)))
        row = await rows.fetchone()
        if row is not None:
            return bytes(row["sealed"])
    return None


async def others_at_work(tx: AsyncConnection[DictRow]) -> bool:
    """Whether another process of ours is connected to this database."""
    rows = await tx.execute(
        """
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND application_name = current_setting('application_name') LIMIT 1
        """
    )
    return await rows.fetchone() is not None


async def replace(tx: AsyncConnection[DictRow], contact: Anew, inbound: Anew) -> int:
    """Seal every row anew; nobody reads or writes them meanwhile. How many there were."""
    count = 0
    for table, anew in (("contact", contact), ("inbound", inbound)):
        await tx.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(_name(table)))
        change = sql.SQL("UPDATE {} SET sealed = %s, {} = %s WHERE id = %s").format(
            _name(table), sql.Identifier(_TABLES[table])
        )
        async with tx.cursor(name="sealed") as sealed, tx.cursor() as cursor:
            await sealed.execute(sql.SQL("SELECT id, sealed FROM {}").format(_name(table)))
            while rows := await sealed.fetchmany(_BATCH):
                await cursor.executemany(change, [(*anew(bytes(row["sealed"])), row["id"]) for row in rows])
                count += len(rows)
    return count


def _name(table: str) -> sql.Identifier:
    return sql.Identifier("vault", table)
