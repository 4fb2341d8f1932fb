"""One person's scores of one scale over a study: the plain rows that every endpoint is computed from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeGuard

VisitNamed = int | str
"""A visit in an endpoint file: its number, or its name, in whose place `definition.with_numbers` puts the number."""


class ScoreAt(NamedTuple):
    """One planned visit: its number, the day (see `Course`), and the score; None if it was missed or has no score."""

    visit: int
    day: int
    score: float | None


class Scored(NamedTuple):
    """One visit that has a score."""

    visit: int
    day: int
    score: float


@dataclass(frozen=True)
class Course:
    """The visits of one person for one scale and one reporter.

    A day is the number of whole days since the reference date of the person: 0 on that date, -1 on the day before
    (`day_of` converts a study day). Visits are in order of day and number; none is after the death. `left_on` is the
    day on which the person withdrew.
    """

    person: str
    visits: tuple[ScoreAt, ...] = ()
    died_on: int | None = None
    left_on: int | None = None

    @cached_property
    def scored(self) -> tuple[Scored, ...]:
        """The visits with a score."""
        return tuple(Scored(*visit) for visit in self.visits if _has_score(visit))

    def after(self, base: ScoreAt | Scored) -> tuple[ScoreAt, ...]:
        """The visits later than `base`, with or without a score."""
        return tuple(visit for visit in self.visits if (visit.day, visit.visit) > (base.day, base.visit))


class CoursePerson(NamedTuple):
    """One person of the analysis set; the study days of death and withdrawal, if there are any."""

    person: str
    died_on: int | None = None
    left_on: int | None = None


class CourseVisit(NamedTuple):
    """One planned visit of one person: the study day of the score, or the planned one of a missed visit."""

    person: str
    visit: int
    study_day: int
    score: float | None


def courses(people: Iterable[CoursePerson], rows: Iterable[CourseVisit]) -> list[Course]:
    """The courses of `people`, in their order, from rows in any order; people without a row have an empty course.

    Rows of one scale and one reporter. Rows of others than `people` are left out. Raises ValueError for study day 0.
    """
    visits: dict[str, list[ScoreAt]] = {}
    for row in rows:
        visits.setdefault(row.person, []).append(ScoreAt(row.visit, day_of(row.study_day), row.score))
    return [course(each.person, visits.get(each.person, ()), _day(each.died_on), _day(each.left_on)) for each in people]


def course(person: str, visits: Iterable[ScoreAt], died_on: int | None = None, left_on: int | None = None) -> Course:
    """A course from visits in any order. Visits after the day of death are left out."""
    kept = (visit for visit in visits if died_on is None or visit.day <= died_on)
    return Course(person, tuple(sorted(kept, key=lambda visit: (visit.day, visit.visit))), died_on, left_on)


def day_of(study_day: int) -> int:
    """The day of a CDISC study day, which has no 0: study day 1 is day 0, study day -1 is day -1.

    Raises ValueError for study day 0.
    """
    if study_day == 0:
        raise ValueError("there is no study day 0: study day 1 is the reference date, -1 the day before")
    return study_day - 1 if study_day > 0 else study_day


def _day(study_day: int | None) -> int | None:
    return None if study_day is None else day_of(study_day)


def scored_of(visits: Sequence[ScoreAt]) -> tuple[Scored, ...]:
    """The visits of a list that have a score."""
    return tuple(Scored(*visit) for visit in visits if _has_score(visit))


def _has_score(visit: ScoreAt) -> TypeGuard[Scored]:
    return visit.score is not None
