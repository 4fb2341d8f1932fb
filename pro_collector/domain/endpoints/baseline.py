"""Which score of a person is the baseline."""

from typing import Literal, Self

from pydantic import model_validator

from pro_collector.domain.endpoints.course import Course, Scored, VisitNamed
from pro_collector.domain.instrument.item import FrozenModel


class BaselineRule(FrozenModel):
    """Which score is the baseline.

    `last`: the last score from day `from_day` up to day `until_day` (the usual rule of ADaM: the last before
    treatment). `first`: the first score in these days. `visit`: the score of the visit with this number or name; if it
    has none, the person has no baseline.
    """

    choose: Literal["last", "first", "visit"] = "last"
    visit: VisitNamed | None = None
    from_day: int | None = None
    until_day: int = 0

    @model_validator(mode="after")
    def _visit_or_days(self) -> Self:
        if (self.choose == "visit") == (self.visit is None):
            raise ValueError(
                "`choose: visit` needs the number or name of the `visit`; `last` and `first` go without it"
            )
        if self.from_day is not None and self.from_day > self.until_day:
            raise ValueError("`from_day` must not be after `until_day`")
        return self


def baseline(course: Course, rule: BaselineRule) -> Scored | None:
    """The baseline of a person; None if there is no score that the rule allows."""
    if rule.choose == "visit":
        return next((scored for scored in course.scored if scored.visit == rule.visit), None)
    first = float("-inf") if rule.from_day is None else rule.from_day
    found = [scored for scored in course.scored if first <= scored.day <= rule.until_day]
    if not found:
        return None
    return found[-1 if rule.choose == "last" else 0]
