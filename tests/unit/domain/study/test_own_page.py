"""For whom there is a page at which age, and what a study file may say of it."""

import pytest

from pro_collector.domain.study.own_page import OwnPage, reporters_at
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


def test_a_page_is_there_unless_the_study_says_otherwise() -> None:
    assert study().page == OwnPage(offered=True, trends=True, trends_after=None, earlier_answers="open")
    written = ("assessments:", "page: {trends_after: 6mo, earlier_answers: birth_year}\nassessments:")
    assert study(written).page == OwnPage(trends_after=Duration(months=6), earlier_answers="birth_year")
