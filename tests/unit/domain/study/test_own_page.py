"""For whom there is a page at which age, and what a study file may say of it."""

from datetime import date

import pytest

from pro_collector.domain.study.own_page import OwnPage, marked_events, reporters_at, trends_from
from pro_collector.errors import BadInput
from scheduler.duration import Duration
from scheduler.rules import Reporter
from tests.shared.studies import study

BANDS = (
    "    reminders: [1d]\n",
    "    reminders: [1d]\n"
    "    reporter: [{below: 8, by: proxy}, {from: 8, below: 13, by: both}, {from: 13, by: self}]\n",
)
ADULTS = ("    reminders: [1d]\n", "    reminders: [1d]\n    only: {ages: {from: 18}}\n")


@pytest.mark.parametrize(
    ("age", "answers"),
    [(3, {"proxy"}), (7, {"proxy"}), (8, {"self", "proxy"}), (12, {"self", "proxy"}), (13, {"self"}), (None, {"self"})],
)
def test_who_answers_at_an_age_has_a_page(age: int | None, answers: set[Reporter]) -> None:
    assert reporters_at(study(BANDS).assessments, age) == answers


def test_where_nobody_is_asked_at_an_age_nobody_has_a_page() -> None:
    assert reporters_at(study(ADULTS).assessments, 17) == set()
    assert reporters_at(study(ADULTS).assessments, 18) == {"self"}


def test_a_caregiver_has_a_page_whatever_the_age_of_the_patient() -> None:
    asked = study(("[1d]", "[1d]\n    asks: caregiver")).assessments
    assert "caregiver" in reporters_at(asked, None) & reporters_at(asked, 3) & reporters_at(asked, 80)
    assert "caregiver" not in reporters_at(study().assessments, 40)


def test_from_when_on_scores_are_shown() -> None:
    day = date(2026, 3, 2)
    assert trends_from(OwnPage(), day) == day
    assert trends_from(OwnPage(trends=False), day) is None
    assert trends_from(OwnPage(trends=False, trends_after=Duration(days=1)), day) is None
    assert trends_from(OwnPage(trends_after=Duration(months=6)), day) == date(2026, 9, 2)
    assert trends_from(OwnPage(trends_after=Duration(seconds=3600)), day) == date(2026, 3, 3), "never too early"


def test_the_events_that_are_marked_are_those_that_a_patient_knows_of() -> None:
    schedules = study().assessments
    assert marked_events(OwnPage(), schedules, {"death"}) == {"surgery"}
    assert marked_events(OwnPage(), schedules, {"surgery"}) == set()
    assert marked_events(OwnPage(events=("cycle",)), schedules, {"death"}) == {"cycle"}
    assert marked_events(OwnPage(events=()), schedules, {"death"}) == set()


def test_an_event_that_is_marked_must_be_one_of_the_study() -> None:
    with pytest.raises(BadInput, match="unknown event `surgry`; did you mean `surgery`"):
        study(("assessments:", "page: {events: [surgry]}\nassessments:"))


def test_a_page_is_there_unless_the_study_says_otherwise() -> None:
    assert study().page == OwnPage(offered=True, trends=True, trends_after=None, earlier_answers="open")
    written = ("assessments:", "page: {trends_after: 6mo, earlier_answers: birth_year}\nassessments:")
    assert study(written).page == OwnPage(trends_after=Duration(months=6), earlier_answers="birth_year")
