"""Computes the endpoints of a study from its participants, visits and scores. Pure.

The people of an endpoint are those for whom its questionnaire was ever planned with its reporter, whether they answered
or not. Visits are the planned ones that asked it and are decided; reports that nobody asked for are left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from pro_collector.domain.endpoints.area import Area
from pro_collector.domain.endpoints.change import Change
from pro_collector.domain.endpoints.compute import EndpointRow, compute
from pro_collector.domain.endpoints.course import Course, ScoreAt, course
from pro_collector.domain.endpoints.definition import ENROLMENT, AnyEndpoint, with_numbers
from pro_collector.domain.endpoints.deterioration import TimeToEvent
from pro_collector.domain.endpoints.responder import ResponseOf
from pro_collector.domain.endpoints.worst_grade import WorstGrade
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.research.endpoint_tables import (
    AnyEndpointRow,
    AreaOfParticipant,
    ChangeAtVisit,
    DeteriorationOfParticipant,
    ResponseOfParticipant,
    WorstGradeOfParticipant,
)
from pro_collector.domain.research.missingness import EXPECTED, VisitStanding, standing
from pro_collector.domain.research.numbering import number_of_visit
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit, ScaleValue, TimelineRecord

_MISSED = EXPECTED | {VisitStanding.WITHDREW, VisitStanding.OFF_STUDY}
"""A visit without a score that has a row: it came, was missing, or its participant had left alive."""


class VisitPlace(NamedTuple):
    """The name of one visit of one participant, and what became of it."""

    visit: str
    standing: VisitStanding


@dataclass(frozen=True, slots=True)
class ObservedStudy:
    """The rows of one study from which its endpoints are computed; `assessments` in the order of the study file."""

    people: Sequence[ParticipantOfStudy]
    visits: Sequence[PlannedVisit]
    scores: Sequence[ScaleValue]
    events: Sequence[TimelineRecord]
    assessments: Sequence[str]


def endpoint_rows(endpoint: AnyEndpoint, scale: Scale, day_0: str, study: ObservedStudy) -> Iterator[AnyEndpointRow]:
    """The rows of an endpoint: one a visit for a change, else one a participant, in the order of the participants.

    Raises NotFound for a visit that the study does not have.
    """
    asked = [visit for visit in study.visits if visit.planned and _asks(visit, endpoint)]
    numbers = {visit.visit: _number(study, visit) for visit in reversed(asked)}
    numbered = with_numbers(endpoint, numbers)
    places: dict[tuple[str, int], VisitPlace] = {}
    made = _courses(endpoint, first_days(study, day_0), study, asked, numbers, places)
    people = {str(person.participant_id): person for person in study.people}
    for row in compute(numbered, scale, made):
        place = None if isinstance(row, Area) or row.visit is None else places.get((row.person, row.visit))
        yield _row(endpoint.id, people[row.person], row, place)


def first_days(study: ObservedStudy, day_0: str) -> Mapping[UUID, date]:
    """Day 0 of each participant who has one."""
    if day_0 == ENROLMENT:
        return {person.participant_id: person.enrolled_on for person in study.people}
    return {
        event.participant_id: event.happened_on
        for event in study.events
        if event.source == "treatment" and event.believed and event.kind == day_0 and event.n == 1
    }


def _courses(
    endpoint: AnyEndpoint, first: Mapping[UUID, date], study: ObservedStudy, asked: Sequence[PlannedVisit],
    numbers: Mapping[str, int], places: dict[tuple[str, int], VisitPlace],
) -> list[Course]:  # fmt: skip
    """A course for each participant who was to be asked; `places` gets what became of each visit."""
    of_visit = _values(endpoint, study.scores)
    visits: dict[UUID, list[PlannedVisit]] = {}
    for visit in asked:
        visits.setdefault(visit.participant_id, []).append(visit)
    made = []
    for person in study.people:
        own, start = visits.get(person.participant_id), first.get(person.participant_id)
        if own is None:
            continue
        if start is None:
            made.append(Course(str(person.participant_id)))
            continue
        points = []
        for visit in own:
            place, value = standing(person, visit), of_visit.get(visit.visit_id)
            if value is None and place not in _MISSED:
                continue
            number, on = numbers[visit.visit], value.on_day if value else visit.answered_on or visit.due_on
            places[str(person.participant_id), number] = VisitPlace(visit.visit, place)
            points.append(ScoreAt(number, (on - start).days, value.value if value else None))
        died, left = _days(person.died_on, start), _days(person.withdrew_on, start)
        made.append(course(str(person.participant_id), points, died, left))
    return made


def _asks(visit: PlannedVisit, endpoint: AnyEndpoint) -> bool:
    return visit.reporter == endpoint.reporter and endpoint.instrument in visit.instruments.split()


def _number(study: ObservedStudy, visit: PlannedVisit) -> int:
    """The number of a visit; 0 for an assessment that no version of the study file has."""
    return number_of_visit(study.assessments, visit) or 0


def _values(endpoint: AnyEndpoint, scores: Sequence[ScaleValue]) -> dict[UUID, ScaleValue]:
    """The score with a value of each visit."""
    return {
        score.visit_id: score
        for score in scores
        if (score.instrument, score.scale) == (endpoint.instrument, endpoint.scale) and score.value is not None
    }


def _days(on: date | None, start: date) -> int | None:
    return None if on is None else (on - start).days


def _row(endpoint: str, person: ParticipantOfStudy, row: EndpointRow, place: VisitPlace | None) -> AnyEndpointRow:
    """A computed row with whom it is about and the name of its visit."""
    of: dict[str, Any] = {
        "study": person.study, "endpoint": endpoint, "participant_code": person.participant_code,
        "participant_id": person.participant_id, "site": person.site, "arm": person.arm, "sex": person.sex,
        "age_at_enrolment": person.age_at_enrolment,
    }  # fmt: skip
    data = row._asdict()
    data.pop("person")
    if "visit" in data:
        of |= {"visit": None if place is None else place.visit, "visit_number": data.pop("visit")}
    if isinstance(row, Change) and place is not None:
        of["standing"] = place.standing.value
    return _ROWS[type(row)](**of, **data)


_ROWS: Mapping[type[EndpointRow], Callable[..., AnyEndpointRow]] = {
    Change: ChangeAtVisit,
    ResponseOf: ResponseOfParticipant,
    TimeToEvent: DeteriorationOfParticipant,
    Area: AreaOfParticipant,
    WorstGrade: WorstGradeOfParticipant,
}
