"""Mistakes in the report that a patient may send by themselves."""

import pytest

from pro_collector.domain.study.definition import load_study
from pro_collector.errors import BadInput
from tests.shared.studies import GOOD, Diary

REPORT = "unprompted: {title: {en: How are you?}, instruments: [diary], at_most: 3}\n"


def told(text: str, **instruments: Diary) -> list[str]:
    """The mistakes in a study file, whose assessment asks `diary`."""
    try:
        load_study(text, "study.yaml", {"diary": Diary(), **instruments})
    except BadInput as error:
        return [f"{each.where}: {each.message}" for each in error.problems]
    return []


def test_a_report_that_can_be_asked_has_no_mistake() -> None:
    assert told(GOOD + REPORT) == []


def test_an_unknown_questionnaire_is_named_with_the_near_one() -> None:
    wrong = REPORT.replace("[diary]", "[diary, dairy]")
    assert told(GOOD + wrong) == ["unprompted.instruments.1: unknown instrument `dairy`; did you mean `diary`?"]


def test_a_questionnaire_that_the_reporters_cannot_answer() -> None:
    alone = REPORT.replace("[diary]", "[other]")
    (message,) = told(GOOD + alone, other=Diary(reporters=("proxy",)))
    assert message == "unprompted.instruments.0: `other` cannot be answered by self, only by proxy"


@pytest.mark.parametrize("languages", [(), ("fr",)])
def test_a_questionnaire_without_words_says_where_to_get_them(languages: tuple[str, ...]) -> None:
    alone = REPORT.replace("[diary]", "[other]")
    (message,) = told(GOOD + alone, other=Diary(languages=languages))
    assert message.startswith("unprompted.instruments.0: `other` has no words in `en` for self; get them from")
    assert "ask@example.org" in message


def test_no_assessment_has_the_name_under_which_reports_are_stored() -> None:
    assert told(GOOD.replace("  weekly:", "  unprompted:")) == [
        "assessments.unprompted: this name is for reports that nobody asked for: choose another"
    ]
