"""Who responded: a person's score at a visit, or at any visit, against the baseline."""

from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from pro_collector.domain.endpoints.baseline import BaselineRule, baseline
from pro_collector.domain.endpoints.course import Course, ScoreAt, Scored, VisitNamed
from pro_collector.domain.endpoints.difference import Judge
from pro_collector.domain.instrument.item import FrozenModel

Response = Literal["responder", "non-responder", "missing"]


class ResponseRule(FrozenModel):
    """What a response is.

    `change`: the score is better, or worse, than the baseline by the difference. `at`: at the visit with number or
    name `visit`, or at `any` visit after the baseline; `in_a_row` visits with a score must agree (ending with `visit`).
    `missing`: a person without a score there, or without a baseline, is missing or a non-responder. `died`: whoever
    died before the visit (with `any`: without a score after the baseline) is a non-responder, or is missing.
    """

    change: Literal["improvement", "deterioration"]
    at: Literal["visit", "any"]
    visit: VisitNamed | None = None
    in_a_row: int = Field(default=1, ge=1)
    missing: Literal["missing", "non-responder"]
    died: Literal["missing", "non-responder"] = "non-responder"

    @model_validator(mode="after")
    def _visit_given(self) -> Self:
        if (self.at == "visit") == (self.visit is None):
            raise ValueError("`at: visit` needs the number or name of the `visit`; `at: any` goes without it")
        return self


class ResponseOf(NamedTuple):
    """Whether one person responded, at which visit, and why not if it is not known."""

    person: str
    response: Response
    why: Literal["score", "no-baseline", "no-score", "died"]
    visit: int | None
    base: float | None
    score: float | None


def response(course: Course, rule: BaselineRule, how: ResponseRule, judge: Judge) -> ResponseOf:
    """Whether one person responded; every person has exactly one row."""
    base = baseline(course, rule)
    if base is None:
        return ResponseOf(course.person, how.missing, "no-baseline", None, None, None)
    later = [Scored(*visit) for visit in course.scored if _is_later(visit, base)]
    ends = [scored for scored in later if how.at == "any" or scored.visit == how.visit]
    if not ends:
        died = _died_before(course, how)
        then = how.died if died else how.missing
        return ResponseOf(course.person, then, "died" if died else "no-score", _number(how.visit), base.score, None)
    met = [scored for scored in ends if _agree(later, scored, base.score, how, judge)]
    shown = (met or ends)[0]
    found: Response = "responder" if met else "non-responder"
    return ResponseOf(course.person, found, "score", shown.visit, base.score, shown.score)


def _number(visit: VisitNamed | None) -> int | None:
    return visit if isinstance(visit, int) else None


def _died_before(course: Course, how: ResponseRule) -> bool:
    """Whether a person died before the visit: whoever missed it alive has a row of it, whenever they died."""
    return course.died_on is not None and all(visit.visit != how.visit for visit in course.visits)


def _is_later(visit: ScoreAt | Scored, base: Scored) -> bool:
    return (visit.day, visit.visit) > (base.day, base.visit)


def _agree(later: list[Scored], end: Scored, base: float, how: ResponseRule, judge: Judge) -> bool:
    """Whether `end` and the scores before it, as many as are needed in a row, are all a response."""
    place = later.index(end) + 1
    row = later[max(place - how.in_a_row, 0) : place]
    is_response = judge.is_better if how.change == "improvement" else judge.is_worse
    return len(row) == how.in_a_row and all(is_response(scored.score, base) for scored in row)
