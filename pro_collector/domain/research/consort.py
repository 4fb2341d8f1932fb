"""The flow of participants through a study's questionnaires, for a CONSORT diagram with its PRO extension. Pure.

CONSORT-PRO (Calvert et al., JAMA 2013;309:814-822, doi 10.1001/jama.2013.879) asks for the number of participants with
PRO data at baseline and at later time points, with reasons, in the items 13a and 16.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pro_collector.domain.research.missingness import (
    EXPECTED,
    RECEIVED,
    OfVisit,
    VisitKey,
    VisitStanding,
    by_assessment,
    standing,
)
from pro_collector.domain.research.tables import Arm, ParticipantOfStudy, PlannedVisit, ResearchTable, Study

Step = Literal[
    "enrolled", "left the study", "planned", "first visit received", "later visit received", "expected", "received",
    "missing",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class FlowRow:
    """How many participants of one arm took one step."""

    study: Study
    arm: Arm
    step: Annotated[
        Step,
        "`planned`: the assessment was ever planned; `first visit received`: of these; `later visit received`: of "
        "these, one more at least; the others are of one visit",
    ]
    assessment: Annotated[str | None, "assessment of the study; empty: of the study as a whole"]
    reporter: Annotated[str | None, "who reports: self, proxy, or a caregiver about themselves"]
    visit: Annotated[str | None, "name of the visit"]
    reason: Annotated[str | None, "why they left, or why the visit is missing, as a code"]
    participants: Annotated[int, "how many"]


CONSORT = ResearchTable("consort", FlowRow)


def flow(people: Iterable[ParticipantOfStudy], visits: Iterable[PlannedVisit]) -> Iterator[FlowRow]:
    """The steps of one study, arm by arm, in the order of a diagram."""
    everybody = list(people)
    asked = by_assessment(everybody, visits)
    for study, arm in sorted({(person.study, person.arm) for person in everybody}, key=str):

        def row(step: Step, participants: int, *of: str | None, study: str = study, arm: str | None = arm) -> FlowRow:
            assessment, reporter, visit, reason = (*of, None, None, None, None)[:4]
            return FlowRow(study, arm, step, assessment, reporter, visit, reason, participants)

        group = [person for person in everybody if (person.study, person.arm) == (study, arm)]
        yield row("enrolled", len(group))
        left = Counter(person.off_study_reason for person in group if person.off_study_on is not None)
        for reason, count in sorted(left.items(), key=str):
            yield row("left the study", count, None, None, None, reason)
        for (assessment, reporter), (members, names) in asked.items():
            if chosen := [person for person in members if person.arm == arm]:
                yield from _assessment(row, assessment, reporter, chosen, names)


def _assessment(
    row: Callable[..., FlowRow], assessment: str, reporter: str, members: list[ParticipantOfStudy],
    names: dict[VisitKey, OfVisit],
) -> Iterator[FlowRow]:  # fmt: skip
    yield row("planned", len(members), assessment, reporter)
    first, later = _received(members, names)
    yield row("first visit received", first, assessment, reporter)
    yield row("later visit received", later, assessment, reporter)
    for (visit, _), own in names.items():
        places = [(standing(person, own.get(person.participant_id)), person.participant_id) for person in members]
        yield row("expected", sum(place in EXPECTED for place, _ in places), assessment, reporter, visit)
        yield row("received", sum(place in RECEIVED for place, _ in places), assessment, reporter, visit)
        missing = Counter(own[id].reason for place, id in places if place is VisitStanding.MISSING)
        for reason, count in sorted(missing.items(), key=str):
            yield row("missing", count, assessment, reporter, visit, reason)


def _received(members: list[ParticipantOfStudy], names: dict[VisitKey, OfVisit]) -> tuple[int, int]:
    """How many gave their own first visit, and how many of these gave a later one as well."""
    first = later = 0
    for person in members:
        own = [found[person.participant_id] for found in names.values() if person.participant_id in found]
        in_order = sorted(own, key=lambda each: (each.due_at, each.visit_id))
        came = [standing(person, visit) in RECEIVED for visit in in_order]
        first += bool(came and came[0])
        later += bool(came and came[0] and any(came[1:]))
    return first, later
