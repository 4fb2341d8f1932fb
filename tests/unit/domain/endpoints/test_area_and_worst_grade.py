"""Area under the curve, worst grade and Kaplan-Meier, by hand and calculated a second time in another way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.endpoints.area import AreaRule, area
from pro_collector.domain.endpoints.baseline import BaselineRule
from pro_collector.domain.endpoints.course import Course, ScoreAt, course
from pro_collector.domain.endpoints.survival import at_risk, kaplan_meier, median_time
from pro_collector.domain.endpoints.worst_grade import WorstGradeRule, worst_grade
from tests.shared.properties import examples
from tests.unit.domain.endpoints.cohorts import any_course, weekly

BASE = BaselineRule()


def rule(until_day: int = 14, **changed: object) -> AreaRule:
    """The area up to a day, in points times days, changed as told."""
    return AreaRule.model_validate({"until_day": until_day, "beyond": "stop", "value": "points-times-days", **changed})


@pytest.mark.parametrize(
    ("scores", "how", "expected"),
    [
        ("20 30 50", rule(), (455, "scores", 14)),  # 7 * 25 + 7 * 40
        ("20 . 50", rule(), (490, "scores", 14)),  # 14 * 35
        ("20 30 50", rule(value="mean"), (32.5, "scores", 14)),
        ("20 30 50", rule(of="change"), (175, "scores", 14)),  # 455 - 14 * 20
        ("20 30 50", rule(of="change", value="mean"), (12.5, "scores", 14)),
        ("20 30", rule(), (175, "scores", 7)),
        ("20 30", rule(beyond="carry"), (385, "scores", 14)),  # 175 + 7 * 30
        ("20 30", rule(beyond="missing"), (None, "ended-early", 7)),
        ("20 30 . 50", rule(), (420, "scores", 14)),  # 7 * 25, and 7 days on the way from 30 to 50: 7 * 35
        ("20", rule(beyond="carry"), (None, "no-follow-up", 0)),
        (". 30 50", rule(), (None, "no-baseline", 0)),
    ],
)
def test_area_by_hand(scores: str, how: AreaRule, expected: tuple[float | None, str, int]) -> None:
    found = area(weekly(scores), BASE, how)
    assert (found.area, found.why, found.days) == pytest.approx(expected)


@given(any_course(), st.integers(1, 100), st.sampled_from(["stop", "carry", "missing"]))
@examples(150)
def test_area_day_by_day(person: Course, until_day: int, beyond: str) -> None:
    """A straight line has its mean in the middle of each day, so the area is the sum of the middles."""
    found = area(person, BASE, rule(until_day, beyond=beyond))
    if found.area is None:
        return
    known = {visit.day: visit.score for visit in person.visits if visit.score is not None}
    start = max(day for day in known if day <= 0)
    total = 0.0
    for day in range(start, start + found.days):
        before = max(d for d in known if d <= day)
        after = min((d for d in known if d > day), default=None)
        slope = 0.0 if after is None else (known[after] - known[before]) / (after - before)
        total += known[before] + slope * (day + 0.5 - before)
    assert found.area == pytest.approx(total)
    mean = area(person, BASE, rule(until_day, beyond=beyond, value="mean")).area
    assert mean == pytest.approx(total / found.days)


@pytest.mark.parametrize(
    ("grades", "worst", "adjusted", "severe"),
    [
        ("1 2 3 1", 3, 3, True),
        ("2 2 1 0", 2, 0, False),  # it was there before
        ("0 0 0 0", 0, 0, False),
        ("3 3 2 .", 3, 0, False),
        ("1 . 2 .", 2, 2, False),
        (". 1 3 .", 3, None, None),  # no baseline
        ("1 . . .", None, None, None),
    ],
)
def test_worst_grade(grades: str, worst: int | None, adjusted: int | None, severe: bool | None) -> None:
    found = worst_grade(weekly(grades), BASE, WorstGradeRule())
    assert (found.worst, found.adjusted, found.severe) == (worst, adjusted, severe)
    assert found.present == (None if adjusted is None else adjusted >= 1)
    assert found.severe_unadjusted == (None if worst is None else worst >= 3)


def test_worst_grade_up_to_a_day() -> None:
    found = worst_grade(weekly("0 1 3"), BASE, WorstGradeRule(until_day=7))
    assert (found.worst, found.visit, found.scores) == (1, 1, 1)


@given(st.lists(st.none() | st.integers(0, 3), min_size=1, max_size=8))
@examples(100)
def test_adjusted_is_worst_or_nothing(grades: list[int | None]) -> None:
    person = course("p", [ScoreAt(n, n, grade) for n, grade in enumerate(grades)])
    found = worst_grade(person, BASE, WorstGradeRule())
    later = [grade for grade in grades[1:] if grade is not None]
    assert found.worst == (max(later) if later else None)
    assert found.scores == len(later)
    if grades[0] is None or not later:
        assert found.adjusted is None
    else:
        assert found.adjusted == (max(later) if max(later) > grades[0] else 0)


# Remission times in weeks of 21 children on 6-mercaptopurine (Freireich 1963, as in Cox 1972); False is censored.
FREIREICH = [(6, True)] * 3 + [(6, False), (7, True), (9, False), (10, True), (10, False), (11, False), (13, True)]
FREIREICH += [(16, True), (17, False), (19, False), (20, False), (22, True), (23, True), (25, False)]
FREIREICH += [(32, False), (32, False), (34, False), (35, False)]


def test_kaplan_meier_on_a_textbook_example() -> None:
    steps = kaplan_meier(FREIREICH)
    drops = {step.time: (step.at_risk, round(step.free, 4)) for step in steps if step.events}
    assert drops == {
        6: (21, 0.8571),
        7: (17, 0.8067),
        10: (15, 0.7529),
        13: (12, 0.6902),
        16: (11, 0.6275),
        22: (7, 0.5378),
        23: (6, 0.4482),
    }
    assert median_time(steps) == 23
    at_23 = next(step for step in steps if step.time == 23)
    # Greenwood: 3/(21 18) + 1/(17 16) + 1/(15 14) + 1/(12 11) + 1/(11 10) + 1/(7 6) + 1/(6 5) = 0.0902; SE 0.1346
    assert (at_23.low, at_23.high) == pytest.approx((0.1881, 0.6801), abs=0.0005)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30))
@examples(100)
def test_kaplan_meier_without_censoring_is_the_share_left(times: list[tuple[int, bool]]) -> None:
    steps = kaplan_meier((time, True) for time, _ in times)
    for step in steps:
        assert step.free == pytest.approx(sum(time > step.time for time, _ in times) / len(times))
    assert sum(step.events + step.censored for step in kaplan_meier(times)) == len(times)
    free = [step.free for step in kaplan_meier(times)]
    assert free == sorted(free, reverse=True)


def test_whoever_ends_at_the_last_time_of_an_axis_is_at_risk_then() -> None:
    """In weeks, 13 days times 6 through 6 is a little more than 13 days."""
    for days in range(1, 1000):
        for unit in (1.0, 7.0, 30.4375):
            last = days / unit
            assert [at_risk([last / 2, last], last * n / 6) for n in (0, 3, 4, 6)] == [2, 2, 1, 1]
