"""The rows of an endpoint from the courses of many people."""

from collections.abc import Iterable, Iterator

from pro_collector.domain.endpoints.area import Area, area
from pro_collector.domain.endpoints.change import Change, changes
from pro_collector.domain.endpoints.course import Course
from pro_collector.domain.endpoints.definition import (
    AnyEndpoint,
    AreaEndpoint,
    ChangeEndpoint,
    DeteriorationEndpoint,
    ResponderEndpoint,
    WorstGradeEndpoint,
    judge_of,
)
from pro_collector.domain.endpoints.deterioration import TimeToEvent, time_to_deterioration
from pro_collector.domain.endpoints.responder import ResponseOf, response
from pro_collector.domain.endpoints.worst_grade import WorstGrade, worst_grade
from pro_collector.domain.instrument.scale import Scale

EndpointRow = Change | ResponseOf | TimeToEvent | Area | WorstGrade


def compute(endpoint: AnyEndpoint, scale: Scale, courses: Iterable[Course]) -> Iterator[EndpointRow]:
    """The rows of one endpoint: one a visit for a change, else one a person, in the order of `courses`.

    `courses` are those of `scale` and of the endpoint's reporter. Raises ValueError as `judge_of` does.
    """
    base = endpoint.baseline
    if isinstance(endpoint, AreaEndpoint):
        yield from (area(course, base, endpoint.rule) for course in courses)
    elif isinstance(endpoint, WorstGradeEndpoint):
        yield from (worst_grade(course, base, endpoint.rule) for course in courses)
    else:
        yield from _judged(endpoint, scale, courses)


def _judged(
    endpoint: ChangeEndpoint | ResponderEndpoint | DeteriorationEndpoint, scale: Scale, courses: Iterable[Course]
) -> Iterator[EndpointRow]:
    judge, base = judge_of(endpoint, scale), endpoint.baseline
    if isinstance(endpoint, ChangeEndpoint):
        for course in courses:
            yield from changes(course, base, judge)
        return
    if judge is None:
        raise ValueError(f"{endpoint.id} needs a difference that matters")
    if isinstance(endpoint, ResponderEndpoint):
        yield from (response(course, base, endpoint.rule, judge) for course in courses)
    else:
        yield from (time_to_deterioration(course, base, endpoint.rule, judge) for course in courses)
