"""Time to deterioration: by hand where definitions differ, and against the definitions written down a second time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.endpoints.baseline import BaselineRule
from pro_collector.domain.endpoints.course import Course, Scored
from pro_collector.domain.endpoints.deterioration import DeteriorationRule, time_to_deterioration
from pro_collector.domain.endpoints.difference import Judge
from tests.shared.properties import examples
from tests.unit.domain.endpoints.cohorts import (
    HIGH_IS_BETTER,
    HIGH_IS_WORSE,
    any_course,
    judges,
    judges_in_percent,
    weekly,
)

BASE = BaselineRule()


def rule(kind: str = "first", **changed: object) -> DeteriorationRule:
    """A rule with the choices of most trials, changed as told."""
    return DeteriorationRule.model_validate({"kind": kind, "at_last": "counts", "death": "censor", **changed})


def told(course: Course, how: DeteriorationRule, judge: Judge = HIGH_IS_WORSE) -> tuple[str, float | None]:
    """Why the time of a person ended, and when."""
    found = time_to_deterioration(course, BASE, how, judge)
    return found.why, found.time


@pytest.mark.parametrize(
    ("scores", "how", "expected"),
    [
        # the first score that is worse by 10, whatever follows
        ("20 25 30 20", rule(), ("deteriorated", 14)),
        ("20 25 29 20", rule(), ("last-score", 21)),
        ("20 . . .", rule(), ("no-follow-up", 1)),
        (". 30 40", rule(), ("no-baseline", None)),
        (". 30 40", rule(no_baseline="censor"), ("no-baseline", 0)),
        # the reference: baseline, best so far, score before
        ("50 30 45 50", rule(reference="best"), ("deteriorated", 14)),
        ("50 30 45 50", rule(reference="baseline"), ("last-score", 21)),
        ("50 55 60 65", rule(reference="previous"), ("last-score", 21)),
        ("50 55 . 65", rule(reference="previous"), ("deteriorated", 21)),
        # confirmed by the next score, by any score so much later, or not at all
        ("20 30 20 30 35", rule("confirmed"), ("deteriorated", 21)),
        ("20 30 20 30 35", rule("confirmed", confirm_days=14), ("deteriorated", 7)),
        ("20 30 20 30 20", rule("confirmed", confirm_days=14), ("deteriorated", 7)),
        ("20 30 . 35", rule("confirmed"), ("deteriorated", 7)),
        ("20 30 . 35 20", rule("confirmed", missing_between="end"), ("last-score", 28)),
        ("20 30 35 . 20", rule("confirmed", missing_between="end"), ("deteriorated", 7)),
        ("20 30 35 20 20", rule("confirmed", assessments=3), ("last-score", 28)),
        ("20 30 35 40 20", rule("confirmed", assessments=3), ("deteriorated", 7)),
        # the scores end before a worsening could be confirmed
        ("20 20 30", rule("confirmed"), ("deteriorated", 14)),
        ("20 20 30 .", rule("confirmed", missing_between="end"), ("deteriorated", 14)),
        ("20 20 30", rule("confirmed", at_last="does-not-count"), ("last-score", 14)),
        ("20 20 30", rule("confirmed", at_last="if-death"), ("last-score", 14)),
        ("20 20 30 35", rule("confirmed", assessments=3), ("deteriorated", 14)),
        ("20 20 30 35", rule("confirmed", assessments=3, at_last="does-not-count"), ("last-score", 21)),
        ("20 30 35", rule("confirmed", confirm_days=14, at_last="does-not-count"), ("last-score", 14)),
        # definitive: every later score is worse too; or none is better than the reference; or than the qualifying score
        ("20 30 20 40 45", rule("definitive"), ("deteriorated", 21)),
        ("20 30 20 40 45", rule("definitive", undone_by="better-than-reference"), ("deteriorated", 7)),
        ("20 40 29 45 50", rule("definitive", undone_by="better-than-reference"), ("deteriorated", 7)),
        ("20 40 29 45 50", rule("definitive", undone_by="better-than-qualifying"), ("deteriorated", 21)),
        ("20 40 30 45 50", rule("definitive", undone_by="better-than-qualifying"), ("deteriorated", 7)),
        # worse only at the last score: one public program calls it definitive, another does not
        ("20 20 20 40", rule("definitive"), ("deteriorated", 21)),
        ("20 20 20 40", rule("definitive", at_last="does-not-count"), ("last-score", 21)),
        # long gaps
        ("20 . . 30", rule(longest_gap=14), ("gap", 0)),
        ("20 . 30", rule(longest_gap=14), ("deteriorated", 14)),
        ("20 25 . . 30", rule(longest_gap=14), ("gap", 7)),
        # nobody with 95 can become worse by 10
        ("95 100 100", rule(no_room="exclude"), ("no-room", None)),
        ("90 100 100", rule(no_room="exclude"), ("deteriorated", 7)),
    ],
)
def test_by_hand(scores: str, how: DeteriorationRule, expected: tuple[str, float | None]) -> None:
    assert told(weekly(scores), how) == expected


@pytest.mark.parametrize(
    ("scores", "died_on", "how", "expected"),
    [
        ("20 25 20", 30, rule(), ("last-score", 14, 0)),
        ("20 25 20", 30, rule(death="event"), ("died", 30, 1)),
        ("20 25 20", 30, rule(death="competing"), ("died", 30, 2)),
        ("20 30 20", 30, rule(death="event"), ("deteriorated", 7, 1)),
        ("20 25 20", 60, rule(death="event", longest_gap=28), ("gap", 14, 0)),
        ("20", 60, rule(death="event"), ("died", 60, 1)),
        ("20", 60, rule(death="censor"), ("no-follow-up", 1, 0)),
        ("20 20 30", 30, rule("confirmed", at_last="if-death"), ("deteriorated", 14, 1)),
        ("20 20 30 35", 10, rule(), ("last-score", 7, 0)),  # scores after a death are a mistake: left out
    ],
)
def test_death(scores: str, died_on: int, how: DeteriorationRule, expected: tuple[str, float, int]) -> None:
    found = time_to_deterioration(weekly(scores, died_on), BASE, how, HIGH_IS_WORSE)
    assert (found.why, found.time, found.event) == expected


def test_leaving_unit_and_origin() -> None:
    left = weekly("20 25 40", left_on=10)
    assert told(left, rule()) == ("deteriorated", 14)
    assert told(left, rule(after_leaving="drop")) == ("last-score", 7)
    assert told(left, rule(unit="weeks")) == ("deteriorated", 2)
    assert told(left, rule(unit="months"))[1] == pytest.approx(14 / 30.4375)
    late = BaselineRule(choose="visit", visit=1)
    assert time_to_deterioration(left, late, rule(), HIGH_IS_WORSE).time == 7
    assert time_to_deterioration(left, late, rule(origin="day-0"), HIGH_IS_WORSE).time == 14


def test_a_function_deteriorates_downwards() -> None:
    assert told(weekly("80 75 70"), rule(), HIGH_IS_BETTER) == ("deteriorated", 14)
    assert told(weekly("80 90 100"), rule(), HIGH_IS_BETTER) == ("last-score", 14)


def test_differences_that_are_equal_but_not_exact() -> None:
    thirds = weekly("66.666667 33.333333333 100")
    exactly = HIGH_IS_BETTER._replace(worse=33.333333667)
    assert told(thirds, rule(), exactly) == ("deteriorated", 7)
    assert told(thirds, rule(), exactly._replace(inclusive=False)) == ("last-score", 14)


rules = st.builds(
    DeteriorationRule,
    reference=st.sampled_from(["baseline", "best", "previous"]),
    kind=st.sampled_from(["first", "confirmed", "definitive"]),
    assessments=st.integers(2, 3),
    confirm_days=st.none() | st.sampled_from([7, 30]),
    undone_by=st.sampled_from(["not-worse", "better-than-reference", "better-than-qualifying"]),
    at_last=st.sampled_from(["counts", "if-death", "does-not-count"]),
    missing_between=st.sampled_from(["skip", "end"]),
    death=st.sampled_from(["event", "censor", "competing"]),
    longest_gap=st.none() | st.sampled_from([10, 40]),
    after_leaving=st.sampled_from(["keep", "drop"]),
    no_baseline=st.sampled_from(["exclude", "censor", "event"]),
    no_follow_up=st.sampled_from(["exclude", "censor", "event"]),
    no_room=st.sampled_from(["keep", "exclude"]),
)


class Book:
    """The definitions once more, as statements about all scores of a person, without looking at the program."""

    def __init__(self, course: Course, how: DeteriorationRule, judge: Judge) -> None:
        self.how, self.judge, self.course = how, judge, course
        early = [v for v in course.visits if v.score is not None and v.day <= 0]
        self.base = early[-1] if early else None
        after = [v for v in course.visits if self.base is not None and v.day > self.base.day]
        if how.after_leaving == "drop" and course.left_on is not None:
            after = [v for v in after if v.day <= course.left_on]
        self.after = after
        self.days = [v.day for v in after if v.score is not None]
        self.scores = {v.day: float(v.score) for v in after if v.score is not None}

    def bad(self, score: float, reference: float) -> bool:
        step, enough = (score - reference) * self.judge.sign, self.enough(self.judge.worse, reference)
        return step >= enough > 0 if self.judge.inclusive and enough else step > enough

    def enough(self, most: float, reference: float) -> float:
        return most * reference / 100 if self.judge.percent else most

    def reference(self, day: int) -> float:
        assert self.base is not None
        assert self.base.score is not None
        earlier = [self.base.score, *(self.scores[d] for d in self.days if d < day)]
        if self.how.reference == "baseline":
            return self.base.score
        if self.how.reference == "previous":
            return earlier[-1]
        return min(earlier) if self.judge.sign == 1 else max(earlier)

    def counts(self, day: int) -> bool:
        reference = self.reference(day)
        later = [d for d in self.days if d > day]
        ended = self.how.at_last == "counts" or (self.how.at_last == "if-death" and self.course.died_on is not None)
        if not self.bad(self.scores[day], reference):
            return False
        if self.how.kind == "first":
            return True
        if not later:
            return ended
        if self.how.kind == "definitive":
            if self.how.undone_by == "not-worse":
                return all(self.bad(self.scores[d], reference) for d in later)
            limit = reference if self.how.undone_by == "better-than-reference" else self.scores[day]
            enough = self.enough(self.judge.better, limit)
            return all((limit - self.scores[d]) * self.judge.sign <= enough for d in later)
        if self.how.confirm_days is not None:
            late = [d for d in later if d - day >= self.how.confirm_days]
            return ended if not late else any(self.bad(self.scores[d], reference) for d in late)
        row = later[: self.how.assessments - 1]
        blank = any(v.score is None and day < v.day < row[-1] for v in self.after)
        if not all(self.bad(self.scores[d], reference) for d in row):
            return False
        if blank and self.how.missing_between == "end":
            return False
        return True if len(row) == self.how.assessments - 1 else ended

    def told(self) -> tuple[str, int | None, int | None]:
        """Why, event and day."""
        coded = {"exclude": None, "censor": 0, "event": 1}
        if self.base is None or self.base.score is None:
            event = coded[self.how.no_baseline]
            return "no-baseline", event, None if event is None else 0
        end = 100 if self.judge.sign == 1 else 0
        if self.how.no_room == "exclude" and not self.bad(end, self.base.score):
            return "no-room", None, None
        known = [self.base.day, *self.days]
        gap = self.how.longest_gap or 10**6
        for day in self.days:
            if self.counts(day):
                before = max(d for d in known if d < day)
                return ("gap", 0, before) if day - before > gap else ("deteriorated", 1, day)
        died = self.course.died_on
        if died is not None and self.how.death != "censor":
            code = 1 if self.how.death == "event" else 2
            return ("gap", 0, known[-1]) if died - known[-1] > gap else ("died", code, died)
        if not self.days:
            event = coded[self.how.no_follow_up]
            return "no-follow-up", event, None if event is None else self.base.day + 1
        return "last-score", 0, self.days[-1]


@given(any_course(), rules, judges | judges_in_percent)
@examples(400)
def test_the_definitions_written_down_a_second_time_agree(course: Course, how: DeteriorationRule, judge: Judge) -> None:
    found = time_to_deterioration(course, BASE, how, judge)
    assert (found.why, found.event, found.day) == Book(course, how, judge).told()
    assert (found.time is None) == (found.event is None) == (found.status == "excluded")
    assert found.time is None or found.time >= 0


@given(any_course(), rules, judges)
@examples(100)
def test_turning_the_scale_over_changes_no_time(course: Course, how: DeteriorationRule, judge: Judge) -> None:
    turned = Course(
        course.person,
        tuple(v._replace(score=None if v.score is None else 100 - v.score) for v in course.visits),
        course.died_on,
        course.left_on,
    )
    other = time_to_deterioration(turned, BASE, how, judge._replace(sign=-judge.sign))
    found = time_to_deterioration(course, BASE, how, judge)
    assert (found.why, found.event, found.time) == (other.why, other.event, other.time)


@given(any_course(), judges)
@examples(100)
def test_stricter_definitions_are_never_earlier(course: Course, judge: Judge) -> None:
    kinds = [rule("first"), rule("confirmed"), rule("definitive")]
    days = [_day(time_to_deterioration(course, BASE, how, judge)) for how in kinds]
    assert days == sorted(days)
    for how in (rule("first"), rule("definitive")):
        small, large = (time_to_deterioration(course, BASE, how, judge._replace(worse=w)) for w in (5, 15))
        assert _day(small) <= _day(large)


def _day(found: object) -> float:
    event, day = getattr(found, "event", None), getattr(found, "day", None)
    return float("inf") if event != 1 or day is None else float(day)


def test_scored_visits_are_those_with_a_score() -> None:
    assert weekly("20 . 30").scored == (Scored(0, 0, 20.0), Scored(2, 14, 30.0))
