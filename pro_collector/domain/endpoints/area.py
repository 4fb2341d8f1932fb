"""Area under the curve of a person's scores: Matthews JNS et al., BMJ 1990;300:230-235."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, Self

from pydantic import model_validator

from pro_collector.domain.endpoints.baseline import BaselineRule, baseline
from pro_collector.domain.endpoints.course import Course, Scored
from pro_collector.domain.instrument.item import FrozenModel


class AreaRule(FrozenModel):
    """Which area.

    It runs from the baseline to day `until_day`, along straight lines between scores (trapezoids). `beyond`: a person
    whose last score is earlier has the area up to it (`stop`), the last score carried on (`carry`), or none
    (`missing`). `of`: the score itself, or its difference from the baseline. `as`: points times days, or the mean
    level (that divided by the days).
    """

    until_day: int
    beyond: Literal["stop", "carry", "missing"]
    of: Literal["score", "change"] = "score"
    value: Literal["mean", "points-times-days"] = "mean"

    @model_validator(mode="after")
    def _some_days(self) -> Self:
        if self.until_day < 1:
            raise ValueError("`until_day` is a day after the reference date, such as 84")
        return self


class Area(NamedTuple):
    """The area of one person over `days` days, from `scores` scores; None with the reason `why` if there is none."""

    person: str
    area: float | None
    why: Literal["scores", "no-baseline", "no-follow-up", "ended-early"]
    days: int
    scores: int


def area(course: Course, rule: BaselineRule, how: AreaRule) -> Area:
    """The area under the curve of one person; every person has exactly one row."""
    base = baseline(course, rule)
    if base is None or base.day >= how.until_day:
        return Area(course.person, None, "no-baseline", 0, 0)
    points = _one_a_day([base, *(scored for scored in course.scored if scored.day > base.day)])
    inside = [point for point in points if point[0] <= how.until_day]
    line = _up_to(points, how)
    if len(line) < 2:
        return Area(course.person, None, "no-follow-up", 0, len(inside))
    days = round(line[-1][0] - line[0][0])
    if how.beyond == "missing" and line[-1][0] < how.until_day:
        return Area(course.person, None, "ended-early", days, len(inside))
    total = sum((after[0] - before[0]) * (after[1] + before[1]) / 2 for before, after in pairwise(line))
    total -= base.score * days if how.of == "change" else 0
    return Area(course.person, total / days if how.value == "mean" else total, "scores", days, len(inside))


def _one_a_day(scored: Sequence[Scored]) -> list[tuple[int, float]]:
    """Day and score, the last one of each day."""
    return list({one.day: one.score for one in scored}.items())


def _up_to(points: Sequence[tuple[int, float]], how: AreaRule) -> list[tuple[int, float]]:
    """The corners of the line from the baseline to the last day, which is cut or carried on to `until_day`."""
    end = how.until_day
    inside = [point for point in points if point[0] <= end]
    day, score = inside[-1]
    if day == end:
        return inside
    if len(inside) < len(points):
        next_day, next_score = points[len(inside)]
        return [*inside, (end, score + (next_score - score) * (end - day) / (next_day - day))]
    return [*inside, (end, score)] if how.beyond == "carry" and len(inside) > 1 else inside
