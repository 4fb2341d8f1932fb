"""Rows of `work` and `work_log`: who of the team has which item of the worklist, and what they did about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.worklist import Held
from pro_collector.postgres.connection import Tx

WorkDone = Literal["claimed", "released", "assigned", "noted", "wrote", "snoozed", "woken", "done"]


@dataclass(frozen=True, slots=True)
class WorkLogRow:
    """One act on an item. `assignee`: to whom it was given; `until`: until when it was put off."""

    item: UUID
    participant_id: UUID
    at: datetime
    what: WorkDone
    who: str
    assignee: str | None = None
    until: datetime | None = None
    note: str | None = None


async def save(tx: Tx, item: UUID, participant: UUID, held: Held, done_at: datetime | None = None) -> bool:
    """Store what an item is after an act on the version before; false if somebody acted on that version meanwhile."""
    saved = await tx.execute(
        """
        INSERT INTO work (item, participant_id, version, assignee, held_until, snoozed_at, snoozed_until, done_at)
        VALUES (%(item)s, %(participant)s, %(version)s, %(assignee)s, %(held)s, %(at)s, %(until)s, %(done)s)
        ON CONFLICT (item) DO UPDATE SET version = excluded.version, assignee = excluded.assignee,
            held_until = excluded.held_until, snoozed_at = excluded.snoozed_at,
            snoozed_until = excluded.snoozed_until, done_at = excluded.done_at
        WHERE work.version = excluded.version - 1
        """,
        {
            "item": item, "participant": participant, "version": held.version, "assignee": held.assignee,
            "held": held.held_until, "at": held.snoozed_at, "until": held.snoozed_until, "done": done_at,
        },
    )  # fmt: skip
    return saved.rowcount == 1


async def add_log(tx: Tx, row: WorkLogRow) -> None:
    """Record an act."""
    await tx.execute(
        """
        INSERT INTO work_log (item, participant_id, at, what, who, assignee, until, note)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (row.item, row.participant_id, row.at, row.what, row.who, row.assignee, row.until, row.note),
    )


async def log_of(tx: Tx, item: UUID) -> Sequence[WorkLogRow]:
    """Every act on an item, oldest first."""
    async with tx.cursor(row_factory=class_row(WorkLogRow)) as cursor:
        await cursor.execute(
            """
            SELECT item, participant_id, at, what, who, assignee, until, note FROM work_log WHERE item = %s ORDER BY id
            """,
            (item,),
        )
        return await cursor.fetchall()
