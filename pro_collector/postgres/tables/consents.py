"""Rows of `consent`: what each reporter agreed to, from when until when, and who recorded it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from scheduler.consent import Consent, Covers
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent of one reporter; the fields of the withdrawal are None while it is in force.

    `excludes_data`: exports leave out the answers of this reporter since the withdrawal was recorded.
    """

    id: UUID
    participant_id: UUID
    reporter: Reporter
    covers: Covers
    given_on: date
    recorded_at: datetime
    recorded_by: str
    reason: str = ""
    withdrawn_on: date | None = None
    withdrawal_recorded_at: datetime | None = None
    withdrawal_recorded_by: str | None = None
    withdrawal_reason: str | None = None
    excludes_data: bool | None = None

    @property
    def consent(self) -> Consent:
        """The consent as the planner knows it."""
        return Consent(self.reporter, self.covers, self.given_on, self.withdrawn_on)

    def withdrawn(self, on: date, now: datetime, by: str, reason: str, *, excludes_data: bool = False) -> "ConsentRow":
        """This consent, withdrawn from `on` on; `withdraw` stores it."""
        return replace(
            self, withdrawn_on=on, withdrawal_recorded_at=now, withdrawal_recorded_by=by, withdrawal_reason=reason,
            excludes_data=excludes_data,
        )  # fmt: skip


async def add(tx: Tx, row: ConsentRow) -> None:
    """Record that a reporter agreed."""
    await tx.execute(
        """
        INSERT INTO consent (id, participant_id, reporter, covers, given_on, recorded_at, recorded_by, reason)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            row.id, row.participant_id, row.reporter, row.covers, row.given_on, row.recorded_at, row.recorded_by,
            row.reason,
        ),
    )  # fmt: skip


async def withdraw(tx: Tx, row: ConsentRow) -> None:
    """Record the withdrawal that is in `row`."""
    await tx.execute(
        """
        UPDATE consent SET withdrawn_on = %s, withdrawal_recorded_at = %s, withdrawal_recorded_by = %s,
               withdrawal_reason = %s, excludes_data = %s
        WHERE id = %s AND withdrawn_on IS NULL
        """,
        (
            row.withdrawn_on, row.withdrawal_recorded_at, row.withdrawal_recorded_by, row.withdrawal_reason,
            row.excludes_data, row.id,
        ),
    )  # fmt: skip


async def of_participants(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, list[ConsentRow]]:
    """The consents of the reporters of each participant, oldest first."""
    by_participant: dict[UUID, list[ConsentRow]] = {id: [] for id in participants}
    async with tx.cursor(row_factory=class_row(ConsentRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM consent WHERE participant_id = ANY(%s) ORDER BY given_on, recorded_at, id",
            (list(participants),),
        )
        async for row in cursor:
            by_participant[row.participant_id].append(row)
    return by_participant
