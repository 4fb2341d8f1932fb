"""Change from baseline, visit by visit: the rows of a mixed model."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from pro_collector.domain.endpoints.baseline import BaselineRule, baseline
from pro_collector.domain.endpoints.course import Course
from pro_collector.domain.endpoints.difference import Judge

Category = Literal["improved", "stable", "deteriorated"]


class Change(NamedTuple):
    """One visit of one person: the score, the baseline, what changed, and what it means.

    A missed visit has a row without a score. `percent` is None if the baseline is 0. The rows up to the baseline have
    no change. `category` is None without a change or a meaningful difference.
    """

    person: str
    visit: int
    day: int
    score: float | None
    is_baseline: bool
    base: float | None
    change: float | None
    percent: float | None
    category: Category | None


def changes(course: Course, rule: BaselineRule, judge: Judge | None) -> Iterator[Change]:
    """A row for each visit of a person, in order. `judge` names the category; without it there is none."""
    base = baseline(course, rule)
    for visit in course.visits:
        is_base = base is not None and visit[:2] == base[:2]
        later = base is not None and visit[:2] != base[:2] and visit in course.after(base)
        change = visit.score - base.score if later and base is not None and visit.score is not None else None
        yield Change(
            course.person,
            *visit,
            is_baseline=is_base,
            base=None if base is None else base.score,
            change=change,
            percent=None if change is None or base is None or base.score == 0 else 100 * change / base.score,
            category=None
            if judge is None or base is None or change is None or visit.score is None
            else category(judge, visit.score, base.score),
        )


def category(judge: Judge, score: float, base: float) -> Category:
    """Whether a score is better or worse than the baseline by a difference that matters, or neither."""
    if judge.is_worse(score, base):
        return "deteriorated"
    return "improved" if judge.is_better(score, base) else "stable"
