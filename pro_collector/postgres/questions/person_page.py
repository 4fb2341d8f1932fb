"""What the page of one person shows beside check-ins and scores: work, changes of their data, and sealed addresses."""

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.alerts import AlertRow
from pro_collector.postgres.tables.participants import STATE_COLUMNS, ChangeRow, StateRow
from pro_collector.postgres.tables.tasks import TaskRow


async def tasks_of(tx: Tx, participant: UUID, at_most: int) -> list[TaskRow]:
    """The tasks about a participant: those that are open, then the last ones that were done."""
    async with tx.cursor(row_factory=class_row(TaskRow)) as cursor:
        await cursor.execute(
            """
            SELECT id, participant_id, occasion_id, kind, raised_at, detail, importance, done_at, done_by, note
            FROM task WHERE participant_id = %s ORDER BY done_at DESC NULLS FIRST, raised_at DESC LIMIT %s
            """,
            (participant, at_most),
        )
        return await cursor.fetchall()


async def alerts_of(tx: Tx, participant: UUID, at_most: int) -> list[AlertRow]:
    """The alerts of the rules about a participant: those that are not closed, then the last ones that were."""
    async with tx.cursor(row_factory=class_row(AlertRow)) as cursor:
        await cursor.execute(
            """
            SELECT id, participant_id, study, study_version, rule, reporter, state, raised_at, last_at, due_at, repeats,
                   step, came_back, acknowledged_by, acknowledged_at, closed_by, closed_at, done, note
            FROM alert WHERE participant_id = %s ORDER BY closed_at DESC NULLS FIRST, raised_at DESC LIMIT %s
            """,
            (participant, at_most),
        )
        return await cursor.fetchall()


async def changes_of(tx: Tx, participant: UUID) -> list[ChangeRow]:
    """Every correction of a participant's data, oldest first."""
    async with tx.cursor(row_factory=class_row(ChangeRow)) as cursor:
        await cursor.execute(
            "SELECT id, participant_id, field, was, became, recorded_at, recorded_by, reason FROM participant_change"
            " WHERE participant_id = %s ORDER BY recorded_at, id",
            (participant,),
        )
        return await cursor.fetchall()


async def states_ever(tx: Tx, participant: UUID) -> list[StateRow]:
    """Every state of a participant, the retracted ones too, by their first day."""
    async with tx.cursor(row_factory=class_row(StateRow)) as cursor:
        await cursor.execute(
            f"SELECT {STATE_COLUMNS} FROM participant_state"  # noqa: S608  # names from our own file
            " WHERE participant_id = %s ORDER BY starts_on, recorded_at",
            (participant,),
        )
        return await cursor.fetchall()


async def sealed_addresses(tx: Tx, contacts: Sequence[UUID]) -> dict[UUID, bytes]:
    """The encrypted addresses of these contacts, each behind its sealed key."""
    rows = await tx.execute(
        "SELECT id, vault.with_key(participant_id::text, sealed) AS sealed FROM vault.contact WHERE id = ANY(%s)",
        (list(contacts),),
    )
    return {row["id"]: bytes(row["sealed"]) for row in await rows.fetchall()}
