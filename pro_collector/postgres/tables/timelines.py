"""Rows of `treatment_event`: bitemporal facts; what is believed now is the row that nothing has superseded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class TreatmentRow:
    """One statement about one fact of a treatment: when it was so (`happened_on`), and when that was said."""

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


async def history(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, list[TreatmentRow]]:
    """Everything that was ever said of each participant's treatment, in the order it was said."""
    found: dict[UUID, list[TreatmentRow]] = {id: [] for id in participants}
    async with tx.cursor(row_factory=class_row(TreatmentRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM treatment_event WHERE participant_id = ANY(%s)"
            " ORDER BY recorded_at, superseded_at NULLS LAST, id",
            (list(participants),),
        )
        async for row in cursor:
            found[row.participant_id].append(row)
    return found


async def dates(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, list[tuple[str, date]]]:
    """What is believed now to have happened in each participant's treatment, and on which day."""
    found: dict[UUID, list[tuple[str, date]]] = {id: [] for id in participants}
    rows = await tx.execute(
        "SELECT participant_id, kind, happened_on FROM treatment_event"
        " WHERE participant_id = ANY(%s) AND superseded_at IS NULL AND NOT retracted",
        (list(participants),),
    )
    for row in await rows.fetchall():
        found[row["participant_id"]].append((row["kind"], row["happened_on"]))
    return found


async def record(tx: Tx, row: TreatmentRow) -> None:
    """Say something; what was said of the same fact before is superseded, and stays."""
    await tx.execute(
        "UPDATE treatment_event SET superseded_at = %s WHERE root_id = %s AND superseded_at IS NULL",
        (row.recorded_at, row.root_id),
    )
    await tx.execute(
        """
        INSERT INTO treatment_event (id, participant_id, root_id, kind, happened_on, recorded_at, recorded_by, reason,
                                     retracted)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (row.id, row.participant_id, row.root_id, row.kind, row.happened_on, row.recorded_at, row.recorded_by,
         row.reason, row.retracted),
    )  # fmt: skip
