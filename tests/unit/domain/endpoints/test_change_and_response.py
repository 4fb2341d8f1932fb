"""Change from baseline and response, by hand and against each other."""

import pytest
from hypothesis import given

from pro_collector.domain.endpoints.baseline import BaselineRule, baseline
from pro_collector.domain.endpoints.change import Change, changes
from pro_collector.domain.endpoints.course import Course, CoursePerson, CourseVisit, ScoreAt, course, courses, day_of
from pro_collector.domain.endpoints.difference import Judge, MeaningfulDifference, reaches
from pro_collector.domain.endpoints.responder import ResponseRule, response
from tests.shared.properties import examples
from tests.unit.domain.endpoints.cohorts import HIGH_IS_BETTER, HIGH_IS_WORSE, any_course, judges, weekly

BASE = BaselineRule()


def test_study_days_have_no_zero() -> None:
    assert [day_of(study_day) for study_day in (-2, -1, 1, 2, 8)] == [-2, -1, 0, 1, 7]
    with pytest.raises(ValueError, match="no study day 0"):
        day_of(0)


def test_courses_from_plain_rows() -> None:
    rows = [
        CourseVisit("b", 2, 8, 40),
        CourseVisit("a", 1, 1, 20),
        CourseVisit("b", 1, -1, None),
        CourseVisit("x", 1, 1, 99),
        CourseVisit("b", 3, 30, 70),
    ]
    made = courses([CoursePerson("b", died_on=15), CoursePerson("a", left_on=9), CoursePerson("c")], rows)
    assert made == [
        Course("b", (ScoreAt(1, -1, None), ScoreAt(2, 7, 40)), died_on=14),
        Course("a", (ScoreAt(1, 0, 20),), left_on=8),
        Course("c"),
    ]


@pytest.mark.parametrize(
    ("rule", "visit"),
    [
        (BaselineRule(), 3),  # the last score up to day 0
        (BaselineRule(choose="first"), 1),
        (BaselineRule(choose="first", from_day=-7), 3),
        (BaselineRule(until_day=-5), 1),
        (BaselineRule(choose="visit", visit=4), 4),
        (BaselineRule(choose="visit", visit=2), None),  # visit 2 was missed
        (BaselineRule(until_day=-20), None),
    ],
)
def test_the_baseline(rule: BaselineRule, visit: int | None) -> None:
    person = course("p", [ScoreAt(4, 7, 40), ScoreAt(1, -14, 10), ScoreAt(2, -7, None), ScoreAt(3, 0, 30)])
    found = baseline(person, rule)
    assert (None if found is None else found.visit) == visit


def test_change_by_hand() -> None:
    person = course("p", [ScoreAt(1, -7, 30), ScoreAt(2, 0, 40), ScoreAt(3, 7, 52), ScoreAt(4, 14, None)])
    person = course("p", [*person.visits, ScoreAt(5, 21, 30), ScoreAt(6, 28, 45)])
    assert list(changes(person, BASE, HIGH_IS_WORSE)) == [
        Change("p", 1, -7, 30, False, 40, None, None, None),
        Change("p", 2, 0, 40, True, 40, None, None, None),
        Change("p", 3, 7, 52, False, 40, 12, 30, "deteriorated"),
        Change("p", 4, 14, None, False, 40, None, None, None),
        Change("p", 5, 21, 30, False, 40, -10, -25, "improved"),
        Change("p", 6, 28, 45, False, 40, 5, 12.5, "stable"),
    ]
    assert [row.category for row in changes(person, BASE, HIGH_IS_BETTER)][2] == "improved"
    assert {row.category for row in changes(person, BASE, None)} == {None}


def test_a_baseline_of_0_has_no_percent_and_none_has_no_change() -> None:
    assert [row.percent for row in changes(weekly("0 10"), BASE, None)] == [None, None]
    assert [row.change for row in changes(weekly(". 10"), BASE, None)] == [None, None]


@given(any_course(), judges)
@examples(100)
def test_every_visit_has_a_row_and_the_change_adds_up(person: Course, judge: Judge) -> None:
    rows = list(changes(person, BASE, judge))
    assert [(row.visit, row.day, row.score) for row in rows] == list(person.visits)
    assert sum(row.is_baseline for row in rows) == (baseline(person, BASE) is not None)
    for row in rows:
        after = row.base is not None and row.score is not None and row.day > 0
        assert (row.change is not None) == after
        assert row.change is None or row.score == (row.base or 0) + row.change


def rule(**changed: object) -> ResponseRule:
    """An improvement at a visit, changed as told."""
    usual = {"change": "improvement", "at": "visit", "visit": 2, "missing": "missing"}
    return ResponseRule.model_validate({**usual, **changed})


@pytest.mark.parametrize(
    ("scores", "how", "expected"),
    [
        ("50 45 40", rule(), ("responder", "score", 2)),
        ("50 30 45", rule(), ("non-responder", "score", 2)),
        ("50 30 .", rule(), ("missing", "no-score", 2)),
        ("50 30 .", rule(missing="non-responder"), ("non-responder", "no-score", 2)),
        (". 30 20", rule(), ("missing", "no-baseline", None)),
        ("50 30 45", rule(at="any", visit=None), ("responder", "score", 1)),
        ("50 45 45", rule(at="any", visit=None), ("non-responder", "score", 1)),
        ("50 30 45 40", rule(at="any", visit=None, in_a_row=2), ("non-responder", "score", 1)),
        ("50 30 . 40", rule(at="any", visit=None, in_a_row=2), ("responder", "score", 3)),
        ("50 45 40", rule(in_a_row=2), ("non-responder", "score", 2)),
        ("50 40 40", rule(in_a_row=2), ("responder", "score", 2)),
        ("50 55 60", rule(change="deterioration"), ("responder", "score", 2)),
    ],
)
def test_response_by_hand(scores: str, how: ResponseRule, expected: tuple[str, str, int | None]) -> None:
    found = response(weekly(scores), BASE, how, HIGH_IS_WORSE)
    assert (found.response, found.why, found.visit) == expected


def test_death_before_the_visit() -> None:
    dead = weekly("50 30", died_on=10)
    assert response(dead, BASE, rule(), HIGH_IS_WORSE)[1:3] == ("non-responder", "died")
    assert response(dead, BASE, rule(died="missing"), HIGH_IS_WORSE)[1:3] == ("missing", "died")


@pytest.mark.parametrize("died", ["missing", "non-responder"])
def test_a_visit_that_was_missed_alive_is_not_put_down_to_a_later_death(died: str) -> None:
    """Otherwise what is known of day 14 would depend on what happened a month later."""
    for died_on in (40, None):
        missed = weekly("50 30 . .", died_on)
        assert response(missed, BASE, rule(died=died), HIGH_IS_WORSE)[1:3] == ("missing", "no-score")
    never = weekly("50 . . .", died_on=40)
    found = response(never, BASE, rule(at="any", visit=None, died=died), HIGH_IS_WORSE)
    assert found[1:3] == (died, "died")


@given(any_course(), judges)
@examples(100)
def test_response_at_a_visit_is_its_category(person: Course, judge: Judge) -> None:
    rows = {row.visit: row for row in changes(person, BASE, judge)}
    for visit, row in rows.items():
        found = response(person, BASE, rule(visit=visit, died="missing"), judge).response
        wanted = {"improved": "responder", None: "missing"}.get(row.category, "non-responder")
        assert found == wanted


@pytest.mark.parametrize(
    ("change", "inclusive", "exclusive"), [(10, True, False), (10 - 1e-12, True, False), (10.1, True, True), (9, 0, 0)]
)
def test_how_much_is_enough(change: float, inclusive: bool, exclusive: bool) -> None:
    assert (reaches(change, 10, True), reaches(change, 10, False)) == (inclusive, exclusive)


@pytest.mark.parametrize(
    ("score", "reference", "better", "worse"),
    [(56, 80, True, False), (57, 80, False, False), (104, 80, False, True), (0, 0, False, False), (1, 0, False, True)],
)
def test_a_difference_in_per_cent_is_of_the_reference(score: int, reference: int, better: bool, worse: bool) -> None:
    judge = HIGH_IS_WORSE._replace(better=30, worse=30, percent=True)
    assert (judge.is_better(score, reference), judge.is_worse(score, reference)) == (better, worse)


@pytest.mark.parametrize(
    "points", [{}, {"improvement": 5}, {"points": 5, "improvement": 5}, {"points": 5, "percent": 30}, {"percent": 0}]
)
def test_a_difference_says_its_points_once(points: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"give `points` for both ways|greater than 0"):
        MeaningfulDifference.model_validate({"level": "group", "source": "x", **points})


def test_who_is_at_the_end_of_the_scale_has_no_room_to_become_worse() -> None:
    assert [HIGH_IS_WORSE.has_room(score) for score in (0, 90, 91, 100)] == [True, True, False, False]
    assert [HIGH_IS_BETTER.has_room(score) for score in (0, 9, 10, 100)] == [False, False, True, True]
    assert HIGH_IS_WORSE._replace(range=None).has_room(100), "a scale without an end has room"
