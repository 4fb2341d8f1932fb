"""Compare what the protocol expects with what is planned, sent, confirmed and stored; a difference is a hole."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pro_collector.casework import planning
from pro_collector.domain.conversation.survey import State
from pro_collector.postgres.questions import holes
from pro_collector.postgres.tables import occasions, participants, studies
from pro_collector.runtime import Runtime

UNPLANNED = "the protocol asks it, and the plan does not agree"


@dataclass(frozen=True, slots=True)
class Hole:
    """Something that is missing, or that differs from the protocol."""

    kind: str
    participant: str
    occasion: UUID | None
    detail: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How much was compared, and the holes found."""

    participants: int
    states: dict[State, int]
    holes: list[Hole]

    @property
    def planned(self) -> int:
        """The number of occasions ever planned: the sum over all states."""
        return sum(self.states.values())


async def reconcile(rt: Runtime) -> Reconciliation:
    """Find the holes in the record; changes and locks nothing."""
    async with rt.database.transaction(long=True) as tx:
        people = [
            person for one in await studies.all_in_force(tx) for person in await participants.of_study(tx, one.id)
        ]
        states = await occasions.count_by_state(tx)
        codes: Mapping[UUID | None, str] = {person.id: person.code for person in people}
        holes_found = [
            Hole(row.kind, codes.get(row.participant_id, ""), row.occasion, row.detail or "")
            for row in await holes.find(tx, rt.clock.now())
        ]
    for start in range(0, len(people), planning.BATCH_SIZE):
        holes_found += await _unplanned(rt, [person.id for person in people[start : start + planning.BATCH_SIZE]])
    return Reconciliation(len(people), states, holes_found)


async def _unplanned(rt: Runtime, people: list[UUID]) -> list[Hole]:
    """Holes in the plans of these people: a plan computed now must equal the stored one."""
    async with rt.database.snapshot() as tx:
        planned = await planning.compare_plans(tx, rt, people, unlocked=True)
    unplanned = []
    for change in planned:
        within = change.person.planned_until or rt.clock.now()
        for word, occasion in planning.changes(change.diff):
            if occasion.due_at < within:
                detail = f"{word} {occasion.assessment} {occasion.point} due {occasion.due_at:%Y-%m-%d %H:%M}Z"
                unplanned.append(Hole(UNPLANNED, change.person.code, occasion.id, detail))
    return unplanned
