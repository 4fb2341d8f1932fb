"""A question that is not understood is explained once; the second time a person answers."""

from dataclasses import replace

import pytest

from pro_collector import languages
from pro_collector.domain.conversation.survey import Place, Say, explain, invite
from pro_collector.domain.reply.question import Question, Reading
from pro_collector.domain.reply.understanding import understand
from tests.unit.domain.conversation.test_conversation import heard, purposes
from tests.unit.domain.conversation.test_survey import DIARY, survey

PAIN = Place(DIARY, "pain")
MEANING = Reading("meaning", reason="asks what the question means")
SCALE = Question("integer", 0, 10)


def test_the_explanation_of_a_question_is_sent_once() -> None:
    asked = invite(survey(language="en")).survey
    step = explain(asked)
    assert step is not None
    assert step.effects == (Say("explanation", PAIN),)
    assert (step.survey.asked, step.survey.clarified) == (PAIN, 0), "the question stays open and is not clarified"
    assert explain(step.survey) is None
    another = replace(step.survey, asked=Place(DIARY, "tiredness"))
    assert explain(another) is not None, "each question has its own"


def test_a_question_without_an_explanation_is_for_a_person() -> None:
    assert explain(survey(language="en")) is None, "nothing is asked"
    assert explain(invite(survey(language="xx")).survey) is None, "no texts in that language"
    unexplained = heard(MEANING, invite(survey(language="xx")).survey)
    assert (unexplained.step, unexplained.reply) == (None, "question_noted")
    assert [kind for kind, _ in unexplained.tasks] == ["question"]


def test_the_second_time_a_person_answers() -> None:
    first = heard(MEANING, invite(survey(language="en")).survey)
    assert first.step is not None
    assert (purposes(first), first.reply, first.tasks) == (["explanation"], None, ())
    second = heard(MEANING, first.step.survey)
    assert (second.step, second.reply, [kind for kind, _ in second.tasks]) == (None, "question_noted", ["question"])


def test_without_an_open_question_a_person_answers() -> None:
    assert heard(MEANING).reply == "question_noted"


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("what do you mean by worst?", None),
        ("¿qué quiere decir peor?", None),
        ("thanks, i dont understand", None),
        ("what do you mean by worst? my leg is swollen", "words"),
        ("i dont understand the question. i took two of the blue tablets at night", "words"),
        ("what does this mean. i had chills", "words"),
    ],
)
def test_what_a_text_says_besides_goes_to_a_person(text: str, flag: str | None) -> None:
    reading = understand(text, SCALE, languages.language("en"))
    assert (reading.outcome, reading.flag) == ("meaning", flag)


@pytest.mark.parametrize(
    "text", ["what do my results mean", "what does this mean for me", "I don't understand why my leg is swollen"]
)
def test_a_question_about_ones_illness_is_not_explained_by_a_program(text: str) -> None:
    assert understand(text, SCALE, languages.language("en")).flag == "words"
