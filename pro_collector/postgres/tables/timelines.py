"""Rows of `treatment_event`: bitemporal facts; the row that is not superseded is believed now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class TreatmentRow:
    """One statement about a fact of a treatment: when it happened, and when that was recorded."""

    id: UUID
    participant_id: UUID
    root_id: UUID
    kind: str
    happened_on: date
    recorded_at: datetime
    recorded_by: str
    reason: str
    retracted: bool
    superseded_at: datetime | None
    happened_time: time | None = None


async def history(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, list[TreatmentRow]]:
    """All statements about each participant's treatment, in the order in which they were recorded."""
    by_participant: dict[UUID, list[TreatmentRow]] = {id: [] for id in participants}
    async with tx.cursor(row_factory=class_row(TreatmentRow)) as cursor:
        await cursor.execute(
            "SELECT id, participant_id, root_id, kind, happened_on, recorded_at, recorded_by, reason, retracted,"
            " superseded_at, happened_time FROM treatment_event WHERE participant_id = ANY(%s)"
            " ORDER BY recorded_at, superseded_at NULLS LAST, id",
            (list(participants),),
        )
        async for row in cursor:
            by_participant[row.participant_id].append(row)
    return by_participant


async def dates(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, list[tuple[str, date]]]:
    """The treatment events of each participant as believed now, as (kind, day)."""
    by_participant: dict[UUID, list[tuple[str, date]]] = {id: [] for id in participants}
    rows = await tx.execute(
        "SELECT participant_id, kind, happened_on FROM treatment_event"
        " WHERE participant_id = ANY(%s) AND superseded_at IS NULL AND NOT retracted",
        (list(participants),),
    )
    for row in await rows.fetchall():
        by_participant[row["participant_id"]].append((row["kind"], row["happened_on"]))
    return by_participant


async def record(tx: Tx, row: TreatmentRow) -> date | None:
    """Record a statement; earlier statements about the same fact stay, marked superseded.

    Returns the day that was believed before; None if it was not in the record, or retracted.
    """
    rows = await tx.execute(
        "UPDATE treatment_event SET superseded_at = %s WHERE root_id = %s AND superseded_at IS NULL"
        " RETURNING happened_on, retracted",
        (row.recorded_at, row.root_id),
    )
    before = await rows.fetchone()
    await tx.execute(
        """
        INSERT INTO treatment_event (id, participant_id, root_id, kind, happened_on, recorded_at, recorded_by, reason,
                                     retracted, happened_time)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (row.id, row.participant_id, row.root_id, row.kind, row.happened_on, row.recorded_at, row.recorded_by,
         row.reason, row.retracted, row.happened_time),
    )  # fmt: skip
    return before["happened_on"] if before and not before["retracted"] else None
