"""A survey that was asked before its day ends with what it has; one that has ended is not changed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pro_collector.domain.conversation.setting_apart import ASKED_TOO_EARLY, end_apart
from pro_collector.domain.conversation.survey import ENDED, Finish, Place, State, Survey, confirm, invite
from pro_collector.domain.instrument.answers import Answer
from pro_collector.library import load_library

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
DIARY = load_library().get("symptom-diary")
WHOLE: dict[str, Answer] = {"pain": 7, "tiredness": 3, "nausea": 0, "eating": 1, "sleep": 2, "worry": 0}


def survey(answers: dict[str, Answer], state: State = "started") -> Survey:
    """The symptom diary with these answers; its first open question waits."""
    given = {DIARY.id: answers} if answers else {}
    asked = Place(DIARY.id, "tiredness")
    return Survey(
        UUID(int=1), UUID(int=2), "self", (DIARY,), NOW + timedelta(days=3), NOW + timedelta(days=4), state,
        answers=given, asked=asked,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "state"), [({}, "cancelled"), ({"pain": 7}, "partial"), (WHOLE, "completed")]
)  # fmt: skip
def test_it_ends_with_what_it_has_and_asks_nothing_more(answers: dict[str, Answer], state: State) -> None:
    step = end_apart(survey(answers))
    assert step.effects == (Finish(state, ASKED_TOO_EARLY),)
    assert (step.survey.state, step.survey.asked, step.survey.answers) == (state, None, survey(answers).answers)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_has_ended_keeps_its_end_and_takes_no_late_answer(state: State) -> None:
    step = end_apart(survey({"pain": 7}, state))
    assert (step.survey.state, step.survey.asked, step.effects) == (state, None, ())


def test_only_then_is_the_end_another_than_that_of_a_confirmed_form() -> None:
    assert confirm(survey(WHOLE)).effects != end_apart(survey(WHOLE)).effects
    assert end_apart(invite(survey({}, "open")).survey).survey.state == "cancelled"
