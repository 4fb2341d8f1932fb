"""Whether the reporters of participants agree to be asked today, from their stored consents, and who wants no more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pro_collector.casework.standing import day_of
from pro_collector.domain.study.definition import Study
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import consents
from pro_collector.postgres.tables.consents import ConsentRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from scheduler.consent import Covers, agrees, needs
from scheduler.rules import Reporter

NO_CONTACT = "wants no further contact"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the reporters of one participant agree to on `today`, by their calendar."""

    study: Study
    rows: Iterable[ConsentRow]
    today: date

    def needs_release(self, assessment: str) -> bool:
        """Whether a person of the team must release each occasion of an assessment."""
        known = self.study.assessments.get(assessment)
        return known is None or (known.after is not None and known.after.needs_release)

    def agrees(self, reporter: Reporter, covers: Covers = "participation") -> bool:
        """Whether consent allows to ask this reporter."""
        needed = needs(reporter, covers, self.study.needs_consent)
        return agrees([row.consent for row in self.rows], reporter, covers, self.today, needed=needed)


async def load_agreements(
    tx: Tx, rt: Runtime, persons: Mapping[UUID, ParticipantRow], now: datetime
) -> dict[UUID, Agreement]:
    """What the reporters of each of these participants agree to today, by their present version of the study."""
    rows = await consents.of_participants(tx, list(persons))
    return {
        id: Agreement(
            (await rt.studies.get(tx, person.study, person.study_version)).study, rows[id], day_of(now, person.zone)
        )
        for id, person in persons.items()
    }


async def end_contact(tx: Tx, participant: UUID, on: date, now: datetime, by: str, *, asked_by: Reporter) -> None:
    """Withdraw the consents to be asked after the end of participation, because `asked_by` wants no further contact.

    A consent that is given later counts again: it says that somebody thinks otherwise.
    """
    for row in (await consents.of_participants(tx, [participant]))[participant]:
        if row.consent.ends_when_leaves(asked_by):
            await consents.withdraw(tx, row.withdrawn(max(on, row.given_on), now, by, NO_CONTACT))
