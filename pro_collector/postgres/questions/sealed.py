"""The sealed (encrypted) columns: samples to recognise the key, and all rows to seal them again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

_BATCH = 500
Table = Literal["contact", "nickname", "written", "inbound"]
TABLES: tuple[Table, ...] = ("contact", "nickname", "written", "inbound")
"""The tables with a sealed column, in the schema `vault`; addresses come first."""
_READ: Mapping[Table, LiteralString] = {
    "contact": "SELECT id, sealed, lookup, concat_ws('/', participant_id, reporter, channel) AS row, 'contact' AS table"
    " FROM vault.contact",
    "nickname": "SELECT participant_id AS id, sealed, NULL AS lookup, participant_id || '/nickname' AS row,"
    " 'nickname' AS table FROM vault.nickname",
    "written": "SELECT message_id AS id, sealed, NULL AS lookup, concat_ws('/', participant_id, 'written', message_id)"
    " AS row, 'written' AS table FROM vault.written",
    "inbound": "SELECT id, sealed, sender_lookup AS lookup,"
    " concat_ws('/', encode(sender_lookup, 'hex'), provider, id) AS row, 'inbound' AS table FROM vault.inbound",
}
_CHANGE: Mapping[Table, LiteralString] = {
    "contact": "UPDATE vault.contact SET sealed = %s WHERE id = %s",
    "nickname": "UPDATE vault.nickname SET sealed = %s WHERE participant_id = %s",
    "written": "UPDATE vault.written SET sealed = %s WHERE message_id = %s",
    "inbound": "UPDATE vault.inbound SET sealed = %s WHERE id = %s",
}


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A sealed value, the name of the row that it is sealed for, and the keyed hash by which the row is found."""

    table: Table
    id: UUID
    sealed: bytes
    lookup: bytes | None
    row: str


Resealed = Mapping[UUID, bytes]
"""The new sealed values, by the id of their row; a row that is left out stays unchanged."""


async def samples(tx: Tx) -> list[bytes]:
    """Some sealed values: several, because one may have been changed by hand."""
    rows = await tx.execute(
        "(SELECT sealed FROM vault.contact LIMIT 10) UNION ALL (SELECT sealed FROM vault.inbound LIMIT 10)"
    )
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


async def reseal_all(tx: Tx, reseal: Callable[[Sequence[SealedRow]], Awaitable[Resealed]]) -> int:
    """Seal rows again, with the tables locked against reads and writes. Returns how many rows changed."""
    await tx.execute("LOCK TABLE vault.contact, vault.inbound, vault.nickname, vault.written IN ACCESS EXCLUSIVE MODE")
    return sum([await _reseal(tx, table, reseal) for table in TABLES])


async def _reseal(tx: Tx, table: Table, reseal: Callable[[Sequence[SealedRow]], Awaitable[Resealed]]) -> int:
    count = 0
    async with tx.cursor(name="sealed", row_factory=class_row(SealedRow)) as sealed, tx.cursor() as cursor:
        await sealed.execute(_READ[table])
        while rows := await sealed.fetchmany(_BATCH):
            changed = await reseal(rows)
            await cursor.executemany(_CHANGE[table], [(value, id) for id, value in changed.items()])
            count += len(changed)
    return count
