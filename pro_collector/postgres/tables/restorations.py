"""Rows of `restoration`: when this database was restored from a backup, and when messages were allowed again."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.after_restore import Restoration
from pro_collector.postgres.connection import Tx


async def add(tx: Tx, id: UUID, backup_at: datetime, restored_at: datetime, by: str) -> None:
    """Record a restoration, at the end of its transaction; one that nobody has resumed yet is replaced by it.

    It says how many entries of the audit chain were emptied, because people were erased again.
    """
    await tx.execute(
        "UPDATE restoration SET resumed_at = %s, resumed_by = %s WHERE resumed_at IS NULL", (restored_at, by)
    )
    await tx.execute(
        """
        INSERT INTO restoration (id, backup_at, restored_at, restored_by, recorded_at, entries)
        SELECT %s, %s, %s, %s, now(), count(*) FROM audit_entry WHERE erased_at = now()
        """,
        (id, backup_at, restored_at, by),
    )


async def last(tx: Tx) -> Restoration | None:
    """The last restoration of this database; None if it was never restored."""
    async with tx.cursor(row_factory=class_row(Restoration)) as cursor:
        await cursor.execute(
            "SELECT backup_at, restored_at, resumed_at FROM restoration ORDER BY restored_at DESC LIMIT 1"
        )
        return await cursor.fetchone()


async def lost(tx: Tx) -> list[tuple[datetime, datetime]]:
    """From when to when this database forgot what was recorded: from each backup until it was restored."""
    rows = await tx.execute("SELECT backup_at, restored_at FROM restoration ORDER BY restored_at")
    return [(row["backup_at"], row["restored_at"]) for row in await rows.fetchall()]


async def is_open(tx: Tx) -> bool:
    """Whether the database was restored, and nobody has resumed yet."""
    rows = await tx.execute("SELECT FROM restoration WHERE resumed_at IS NULL")
    return await rows.fetchone() is not None


async def resume(tx: Tx, at: datetime, by: str) -> None:
    """Let messages leave again."""
    await tx.execute("UPDATE restoration SET resumed_at = %s, resumed_by = %s WHERE resumed_at IS NULL", (at, by))
