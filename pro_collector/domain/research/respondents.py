"""Who answered at each visit: the participant, a proxy, or both. Pure.

A share of visits at which only a proxy answered belongs beside every rate of completion, because a proxy's answers are
another measure (they are never mixed in one series here). A caregiver answers about themselves, and is not counted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pro_collector.domain.research.missingness import RECEIVED, standing
from pro_collector.domain.research.tables import Arm, ParticipantOfStudy, PlannedVisit, ResearchTable, Study, VisitName


@dataclass(frozen=True, slots=True)
class RespondentRow:
    """Who answered at one visit, in one arm."""

    study: Study
    arm: Arm
    assessment: Annotated[str, "assessment of the study"]
    visit: VisitName
    received: Annotated[int, "participants of whom something was received, from whomever"]
    self_only: Annotated[int, "of these: the participant alone answered"]
    proxy_only: Annotated[int, "of these: a proxy alone answered"]
    both: Annotated[int, "of these: both answered, each a series of their own"]
    proxy_share: Annotated[float, "proxy_only by received"]


RESPONDENTS = ResearchTable("respondents", RespondentRow)


def respondents(people: Iterable[ParticipantOfStudy], visits: Iterable[PlannedVisit]) -> Iterator[RespondentRow]:
    """A row for each visit of one study at which anything was received, by arm, in the order of the schedule."""
    known = {person.participant_id: person for person in people}
    found: dict[tuple[str, int, int, str, str | None], dict[UUID, set[str]]] = {}
    for visit in visits:
        person = known.get(visit.participant_id)
        if person is None or not visit.planned or standing(person, visit) not in RECEIVED:
            continue
        if visit.reporter == "caregiver":
            continue
        key = (visit.assessment, visit.anchor_n, visit.visit_n, visit.visit, person.arm)
        found.setdefault(key, {}).setdefault(person.participant_id, set()).add(visit.reporter)
    study = next((person.study for person in known.values()), "")
    for key, by_person in sorted(found.items(), key=lambda each: (*each[0][:4], str(each[0][4]))):
        yield _row(study, key[0], key[3], key[4], list(by_person.values()))


def _row(study: str, assessment: str, visit: str, arm: str | None, reporters: list[set[str]]) -> RespondentRow:
    both = sum(len(each) > 1 for each in reporters)
    proxy = sum(each == {"proxy"} for each in reporters)
    total = len(reporters)
    return RespondentRow(study, arm, assessment, visit, total, total - both - proxy, proxy, both, proxy / total)
