"""Worst grade after the baseline, with and without adjustment: the summary of PRO-CTCAE.

Dueck AC et al., JAMA Oncol 2020;6:e193332; Basch E et al., Clin Trials 2021;18:104-114.
"""

from typing import NamedTuple

from pydantic import Field

from pro_collector.domain.endpoints.baseline import BaselineRule, baseline
from pro_collector.domain.endpoints.course import Course
from pro_collector.domain.instrument.item import FrozenModel


class WorstGradeRule(FrozenModel):
    """From which grade on a symptom counts as present, and as severe; the last day that counts, if there is one."""

    present: int = Field(default=1, ge=1)
    severe: int = Field(default=3, ge=1)
    until_day: int | None = None


class WorstGrade(NamedTuple):
    """The worst grade of one person.

    `worst` is the highest grade after the baseline; None without one. `adjusted` is the same if it is above the
    baseline, else 0 (what was there before treatment is not put down to it); None without a baseline. `present` and
    `severe` are about `adjusted`, `present_unadjusted` and `severe_unadjusted` about `worst`.
    """

    person: str
    base: float | None
    worst: float | None
    adjusted: float | None
    present: bool | None
    severe: bool | None
    present_unadjusted: bool | None
    severe_unadjusted: bool | None
    visit: int | None
    scores: int


def worst_grade(course: Course, rule: BaselineRule, how: WorstGradeRule) -> WorstGrade:
    """The worst grade of one person; every person has exactly one row.

    Without a baseline, the grades after the last day on which there could have been one count.
    """
    base = baseline(course, rule)
    start = (rule.until_day, float("inf")) if base is None else (base.day, base.visit)
    end = float("inf") if how.until_day is None else how.until_day
    later = [scored for scored in course.scored if (scored.day, scored.visit) > start and scored.day <= end]
    worst = max(later, key=lambda scored: scored.score, default=None)
    top = None if worst is None else worst.score
    adjusted = None if base is None or top is None else top if top > base.score else 0.0
    return WorstGrade(
        course.person,
        None if base is None else base.score,
        top,
        adjusted,
        *_reached(adjusted, how),
        *_reached(top, how),
        visit=None if worst is None else worst.visit,
        scores=len(later),
    )


def _reached(grade: float | None, how: WorstGradeRule) -> tuple[bool | None, bool | None]:
    return (None, None) if grade is None else (grade >= how.present, grade >= how.severe)
