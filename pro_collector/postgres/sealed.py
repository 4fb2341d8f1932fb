"""What is sealed in the database: one sample, to know the key by, and all of it, to seal it with another key."""

from collections.abc import Callable, Sequence
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow

_BATCH = 500
_SAMPLES: Sequence[LiteralString] = (
    "SELECT sealed FROM vault.contact LIMIT 1",
    "SELECT sealed FROM vault.inbound LIMIT 1",
)
# Every column that holds something sealed has a keyed hash beside it, by which the row is found.
_CONTACTS: Sequence[LiteralString] = (
    "LOCK TABLE vault.contact IN ACCESS EXCLUSIVE MODE",
    "SELECT id, sealed FROM vault.contact",
    "UPDATE vault.contact SET sealed = %s, lookup = %s WHERE id = %s",
)
_INBOUND: Sequence[LiteralString] = (
    "LOCK TABLE vault.inbound IN ACCESS EXCLUSIVE MODE",
    "SELECT id, sealed FROM vault.inbound",
    "UPDATE vault.inbound SET sealed = %s, sender_lookup = %s WHERE id = %s",
)

Anew = Callable[[bytes], tuple[bytes, bytes]]
"""What was sealed, to the same sealed again and the hash that finds it."""


async def sample(tx: AsyncConnection[DictRow]) -> bytes | None:
    """Something that is sealed; None while nothing is."""
    for query in _SAMPLES:
        rows = await tx.execute(query)
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
    for (lock, all_of_it, change), anew in ((_CONTACTS, contact), (_INBOUND, inbound)):
        await tx.execute(lock)
        async with tx.cursor(name="sealed") as sealed, tx.cursor() as cursor:
            await sealed.execute(all_of_it)
            while rows := await sealed.fetchmany(_BATCH):
                await cursor.executemany(change, [(*anew(bytes(row["sealed"])), row["id"]) for row in rows])
                count += len(rows)
    return count
