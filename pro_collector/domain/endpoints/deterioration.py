"""Time to deterioration of a score: the first, a confirmed, or the definitive one, with every choice spelled out.

The names of the choices follow Anota A et al., Qual Life Res 2015;24:5-18, and Bonnetain F et al., Eur J Cancer
2010;46:2753-2762.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from pro_collector.domain.endpoints.baseline import BaselineRule, baseline
from pro_collector.domain.endpoints.course import Course, ScoreAt, Scored, scored_of
from pro_collector.domain.endpoints.difference import Judge
from pro_collector.domain.instrument.item import FrozenModel

Days = Literal["days", "weeks", "months"]
DAYS_PER: dict[Days, float] = {"days": 1.0, "weeks": 7.0, "months": 30.4375}
Status = Literal["censored", "deteriorated", "died", "excluded"]
Why = Literal["deteriorated", "died", "last-score", "gap", "no-baseline", "no-follow-up", "no-room"]


class DeteriorationRule(FrozenModel):
    """What counts as deterioration, and what happens to everybody else.

    `reference`: a score is compared with the baseline, with the best score so far, or with the score before it.

    `kind`: `first` takes the first score that is worse by the difference. `confirmed` needs `assessments` such scores
    in a row (2: it and the next), or, with `confirm_days`, another such score at least so many days later. For
    `definitive` no later score may undo it: with `undone_by: not-worse` every later score must be worse too; with
    `better-than-reference` (or `better-than-qualifying`) none may be better than the reference (than the score that
    deteriorated) by more than the difference.

    `at_last`: whether a worsening counts if the scores end before one could confirm it or undo it; public programs
    disagree. `if-death` counts it if the person died. `missing_between`: a missed visit between two scores in a row is
    skipped, or ends the row.

    `death`: an event, a reason to be censored at the last score, or an event of its own kind (competing).
    `longest_gap`: an event (or death) more than so many days after the score before it does not count; the person is
    censored at that score. `after_leaving: drop` ignores scores after the day a person withdrew.

    `no_baseline`, `no_follow_up`: excluded, censored (at 0, or 1 day after the origin), or an event then. `no_room`:
    people whose baseline is so bad that they cannot deteriorate by the difference. `origin`: time runs from the day of
    the baseline or from day 0.
    """

    reference: Literal["baseline", "best", "previous"] = "baseline"
    kind: Literal["first", "confirmed", "definitive"]
    assessments: int = Field(default=2, ge=2)
    confirm_days: int | None = Field(default=None, ge=1)
    undone_by: Literal["not-worse", "better-than-reference", "better-than-qualifying"] = "not-worse"
    at_last: Literal["counts", "if-death", "does-not-count"]
    missing_between: Literal["skip", "end"] = "skip"
    death: Literal["event", "censor", "competing"]
    longest_gap: int | None = Field(default=None, ge=1)
    after_leaving: Literal["keep", "drop"] = "keep"
    no_baseline: Literal["exclude", "censor", "event"] = "exclude"
    no_follow_up: Literal["exclude", "censor", "event"] = "censor"
    no_room: Literal["keep", "exclude"] = "keep"
    origin: Literal["baseline", "day-0"] = "baseline"
    unit: Days = "days"


class TimeToEvent(NamedTuple):
    """The time of one person, in the rule's unit, with what ended it.

    `event` is 0 for a censored person, 1 for an event and 2 for a competing one. `time`, `event` and `day` are None for
    an excluded person; a time is never negative. `visit` and `score` are those of the deterioration, or of the last
    score before the person died or was censored.
    """

    person: str
    status: Status
    why: Why
    event: int | None
    time: float | None
    day: int | None
    visit: int | None
    base: float | None
    score: float | None


def time_to_deterioration(course: Course, rule: BaselineRule, how: DeteriorationRule, judge: Judge) -> TimeToEvent:
    """The time to deterioration of one person; every person has exactly one row."""
    base = baseline(course, rule)
    if base is None:
        return _without(course, how, "no-baseline", how.no_baseline, None)
    if how.no_room == "exclude" and not judge.has_room(base.score):
        return _without(course, how, "no-room", "exclude", base)
    later = _used(course, base, how)
    follow_up = scored_of(later)
    place = _qualifying(base, later, how, judge, course.died_on is not None)
    if place is not None:
        return _deteriorated(course, how, base, follow_up, place)
    if course.died_on is not None and how.death != "censor":
        return _died(course, how, base, follow_up, course.died_on)
    if not follow_up:
        return _without(course, how, "no-follow-up", how.no_follow_up, base)
    return _censored(course, how, base, follow_up[-1], "last-score")


def references(base: Scored, follow_up: Sequence[Scored], how: DeteriorationRule, judge: Judge) -> list[float]:
    """The score that each later score is compared with."""
    if how.reference == "baseline":
        return [base.score] * len(follow_up)
    before = [base, *follow_up[:-1]] if follow_up else []
    if how.reference == "previous":
        return [scored.score for scored in before]
    best = min if judge.sign > 0 else max
    return [best(scored.score for scored in before[: place + 1]) for place in range(len(before))]


def _used(course: Course, base: Scored, how: DeteriorationRule) -> tuple[ScoreAt, ...]:
    later = course.after(base)
    if how.after_leaving == "keep" or course.left_on is None:
        return later
    return tuple(visit for visit in later if visit.day <= course.left_on)


def _qualifying(base: Scored, later: Sequence[ScoreAt], how: DeteriorationRule, judge: Judge, died: bool) -> int | None:
    """The place, among the scores after the baseline, of the first deterioration that counts."""
    follow_up = scored_of(later)
    compared = references(base, follow_up, how, judge)
    for place, (scored, reference) in enumerate(zip(follow_up, compared, strict=True)):
        if judge.is_worse(scored.score, reference) and _holds(later, place, reference, how, judge, died):
            return place
    return None


def _holds(
    later: Sequence[ScoreAt], place: int, reference: float, how: DeteriorationRule, judge: Judge, died: bool
) -> bool:
    """Whether the deterioration at `place` is borne out by what follows, as `how` requires."""
    follow_up = scored_of(later)
    if how.kind == "first":
        return True
    at_last = how.at_last == "counts" or (how.at_last == "if-death" and died)
    if place == len(follow_up) - 1:
        return at_last
    if how.kind == "definitive":
        return not any(_undone(scored, follow_up[place], reference, how, judge) for scored in follow_up[place + 1 :])
    if how.confirm_days is not None:
        confirmed = _confirmed_later(follow_up, place, reference, how.confirm_days, judge)
    else:
        confirmed = _confirmed_in_a_row(later, place, reference, how, judge)
    return at_last if confirmed is None else confirmed


def _undone(later: Scored, qualifying: Scored, reference: float, how: DeteriorationRule, judge: Judge) -> bool:
    """Whether a later score undoes a definitive deterioration."""
    if how.undone_by == "not-worse":
        return not judge.is_worse(later.score, reference)
    compared = reference if how.undone_by == "better-than-reference" else qualifying.score
    return judge._replace(inclusive=False).is_better(later.score, compared)


def _confirmed_later(follow_up: Sequence[Scored], place: int, reference: float, days: int, judge: Judge) -> bool | None:
    """Whether another score at least `days` later is worse too, whatever lies between; None if none is so late."""
    late = [scored for scored in follow_up if scored.day >= follow_up[place].day + days]
    return any(judge.is_worse(scored.score, reference) for scored in late) if late else None


def _confirmed_in_a_row(
    later: Sequence[ScoreAt], place: int, reference: float, how: DeteriorationRule, judge: Judge
) -> bool | None:
    """Whether the scores from `place` on make up a row of `assessments` that are all worse.

    None if the scores end within the row.
    """
    follow_up = scored_of(later)
    row = follow_up[place : place + how.assessments]
    if not all(judge.is_worse(scored.score, reference) for scored in row):
        return False
    if how.missing_between == "end":
        first, last = row[0], row[-1]
        if any(visit.score is None for visit in later[later.index(first) : later.index(last)]):
            return False
    return True if len(row) == how.assessments else None


def _deteriorated(
    course: Course, how: DeteriorationRule, base: Scored, follow_up: Sequence[Scored], place: int
) -> TimeToEvent:
    scored, before = follow_up[place], ([base, *follow_up])[place]
    if how.longest_gap is not None and scored.day - before.day > how.longest_gap:
        return _censored(course, how, base, before, "gap")
    return _row(course, how, base, "deteriorated", "deteriorated", scored.day, scored)


def _died(
    course: Course, how: DeteriorationRule, base: Scored, follow_up: Sequence[Scored], died_on: int
) -> TimeToEvent:
    last = follow_up[-1] if follow_up else base
    if how.longest_gap is not None and died_on - last.day > how.longest_gap:
        return _censored(course, how, base, last, "gap")
    return _row(course, how, base, "died", "died", died_on, last)


def _censored(course: Course, how: DeteriorationRule, base: Scored, last: Scored, why: Why) -> TimeToEvent:
    return _row(course, how, base, "censored", why, last.day, last)


def _without(
    course: Course, how: DeteriorationRule, why: Why, then: Literal["exclude", "censor", "event"], base: Scored | None
) -> TimeToEvent:
    """The row of a person who has no baseline, no later score, or no room to deteriorate."""
    if then == "exclude":
        return TimeToEvent(course.person, "excluded", why, None, None, None, None, base and base.score, None)
    status: Status = "censored" if then == "censor" else "deteriorated"
    if base is None:
        return TimeToEvent(course.person, status, why, int(then == "event"), 0.0, 0, None, None, None)
    return _row(course, how, base, status, why, max(base.day, _origin(how, base)) + 1, base)


def _row(
    course: Course, how: DeteriorationRule, base: Scored, status: Status, why: Why, day: int, at: Scored
) -> TimeToEvent:
    event = 0 if status == "censored" else 2 if status == "died" and how.death == "competing" else 1
    time = max(day - _origin(how, base), 0) / DAYS_PER[how.unit]
    return TimeToEvent(course.person, status, why, event, time, day, at.visit, base.score, at.score)


def _origin(how: DeteriorationRule, base: Scored) -> int:
    return base.day if how.origin == "baseline" else 0
