"""The sealed (encrypted) columns: samples to recognise the key, and all rows to seal them again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

_BATCH = 500
_SAMPLES: LiteralString = """
(SELECT sealed FROM vault.contact LIMIT 10) UNION ALL (SELECT sealed FROM vault.inbound LIMIT 10)
"""
Table = Literal["contact", "nickname", "written", "inbound"]
TABLES: tuple[Table, ...] = ("contact", "nickname", "written", "inbound")
"""The tables with a sealed column, in the schema `vault`; addresses come first."""
_READ: Mapping[Table, LiteralString] = {
    "contact": "SELECT id, sealed, lookup, concat_ws('/', participant_id, reporter, channel) AS row FROM vault.contact",
    "nickname": "SELECT participant_id AS id, sealed, NULL AS lookup, participant_id || '/nickname' AS row"
    " FROM vault.nickname",
    "written": "SELECT message_id AS id, sealed, NULL AS lookup, message_id || '/written' AS row FROM vault.written",
    "inbound": "SELECT id, sealed, sender_lookup AS lookup,"
    " concat_ws('/', id, provider, encode(sender_lookup, 'hex')) AS row FROM vault.inbound",
}
_CHANGE: Mapping[Table, LiteralString] = {
    "contact": "UPDATE vault.contact SET sealed = %(sealed)s, lookup = %(lookup)s WHERE id = %(id)s",
    "nickname": "UPDATE vault.nickname SET sealed = %(sealed)s WHERE participant_id = %(id)s",
    "written": "UPDATE vault.written SET sealed = %(sealed)s WHERE message_id = %(id)s",
    "inbound": "UPDATE vault.inbound SET sealed = %(sealed)s, sender_lookup = %(lookup)s WHERE id = %(id)s",
}


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A sealed value, the name of the row that it is sealed for, and the keyed hash by which the row is found."""

    id: UUID
    sealed: bytes
    lookup: bytes | None
    row: str


Resealed = tuple[bytes, bytes | None] | None
"""The new sealed value and the new keyed hash; None to leave the row unchanged."""


async def samples(tx: Tx) -> list[bytes]:
    """Some sealed values: several, because one may have been changed by hand."""
    rows = await tx.execute(_SAMPLES)
    return [bytes(row["sealed"]) for row in await rows.fetchall()]


async def other_process_connected(tx: Tx) -> bool:
    """Whether another process of ours is connected to this database."""
    rows = await tx.execute(
        """
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND application_name = current_setting('application_name') LIMIT 1
        """
    )
    return await rows.fetchone() is not None


async def reseal_all(tx: Tx, reseal: Callable[[Table, SealedRow], Resealed]) -> int:
    """Seal rows again, with the tables locked against reads and writes. Returns how many rows changed."""
    await tx.execute("LOCK TABLE vault.contact, vault.inbound, vault.nickname, vault.written IN ACCESS EXCLUSIVE MODE")
    return sum([await _reseal(tx, table, reseal) for table in TABLES])


async def _reseal(tx: Tx, table: Table, reseal: Callable[[Table, SealedRow], Resealed]) -> int:
    count = 0
    async with tx.cursor(name="sealed", row_factory=class_row(SealedRow)) as sealed, tx.cursor() as cursor:
        await sealed.execute(_READ[table])
        while rows := await sealed.fetchmany(_BATCH):
            changed = [
                {"id": row.id, "sealed": new[0], "lookup": new[1]} for row in rows if (new := reseal(table, row))
            ]
            await cursor.executemany(_CHANGE[table], changed)
            count += len(changed)
    return count
