"""An unprompted report: when it may be opened, and that an unanswered one is not a missed survey."""

from datetime import timedelta

import pytest

from pro_collector.domain.conversation.permission import Standing
from pro_collector.domain.conversation.survey import NOTHING_REPORTED, Finish, State, answer, expire, open_places
from pro_collector.domain.conversation.unprompted import NoReport, why_no_report
from pro_collector.domain.study.definition import Unprompted
from tests.unit.domain.conversation.test_survey import survey

OFFERED = Unprompted(title={"en": "How are you now?"}, instruments=("symptom-diary",), at_most=2)


@pytest.mark.parametrize(
    ("offered", "standing", "today", "why"),
    [
        (OFFERED, Standing(), [], None),
        (OFFERED, Standing(), ["completed"], None),
        (OFFERED, Standing(), ["completed", "cancelled", "cancelled"], None),
        (OFFERED, Standing(), ["completed", "partial"], NoReport.ENOUGH_TODAY),
        (OFFERED, Standing(frozenset({"paused", "hospital"})), [], None),
        (OFFERED, Standing(frozenset({"withdrew"})), [], NoReport.LEFT_STUDY),
        (OFFERED, Standing(left=True), [], NoReport.LEFT_STUDY),
        (None, Standing(), [], NoReport.NOT_OFFERED),
        (None, Standing(left=True), [], NoReport.LEFT_STUDY),
    ],
)
def test_who_may_report(offered: Unprompted | None, standing: Standing, today: list[State], why: NoReport) -> None:
    assert why_no_report(offered, standing, today) == why


def test_a_report_without_an_answer_is_cancelled_and_one_with_an_answer_is_kept() -> None:
    opened = survey(state="open")
    step = expire(opened, unprompted=True)
    assert (step.survey.state, step.effects) == ("cancelled", (Finish("cancelled", NOTHING_REPORTED),))
    given = answer(opened, open_places(opened)[0], 1, "web", opened.closes_at - timedelta(hours=1)).survey
    assert expire(given, unprompted=True).survey.state == "partial"
