"""Who asks for another language is asked in it at once if the study can, and the team is told in any case."""

from dataclasses import replace

import pytest

from pro_collector import languages
from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.conversation.survey import RecordAnswer, Say, invite
from pro_collector.domain.reply.language_request import language_requests
from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.domain.reply.tokens import tokens
from pro_collector.domain.reply.understanding import understand
from tests.unit.domain.conversation.test_conversation import heard, purposes
from tests.unit.domain.conversation.test_survey import survey

OFFERED = ("en", "es", "pt-BR")
ENGLISH = languages.language("en")


def asks_for(language: str, **given: object) -> Reading:
    return replace(Reading("language", reason="asks for a language", language=language), **given)  # type: ignore[arg-type]


def test_the_open_question_is_asked_again_in_the_new_language() -> None:
    asked = invite(survey(language="en")).survey
    reaction = heard(asks_for("es"), asked, offered=OFFERED)
    assert (reaction.language, reaction.reply, purposes(reaction)) == ("es", "language_changed", ["question"])
    assert reaction.step is not None
    assert (reaction.step.survey.asked, reaction.step.survey.clarified) == (asked.asked, 0)
    assert [kind for kind, _ in reaction.tasks] == ["review"]


def test_a_language_that_is_in_use_already_is_confirmed_and_asks_nothing() -> None:
    reaction = heard(asks_for("es"), invite(survey(language="es")).survey, offered=OFFERED)
    assert (reaction.reply, reaction.step) == ("language_changed", None), "two machines must not ask for ever"


def test_a_regional_form_of_the_language_will_do() -> None:
    assert heard(asks_for("pt"), invite(survey(language="en")).survey, offered=OFFERED).language == "pt-BR"


def test_a_language_that_is_not_offered_is_refused_in_it_and_the_team_is_told() -> None:
    for state in (None, invite(survey(language="en")).survey):
        reaction = heard(asks_for("fr"), state, offered=OFFERED)
        assert (reaction.language, reaction.step) == (None, None)
        assert (reaction.reply, reaction.reply_language) == ("language_not_offered", "fr")
        assert [kind for kind, _ in reaction.tasks] == ["review"]


def test_an_answer_in_the_same_text_is_kept() -> None:
    reading = Reading("answer", 7, also=("language",), flag="words", language="es")
    reaction = heard(reading, invite(survey(language="en")).survey, offered=OFFERED)
    assert reaction.step is not None
    assert [each.answer for each in reaction.step.effects if isinstance(each, RecordAnswer)] == [7]
    assert (reaction.language, reaction.reply, purposes(reaction)) == ("es", "language_changed", ["question"])


def test_a_reply_that_may_be_to_another_question_still_switches() -> None:
    asked = invite(survey(language="en")).survey
    reaction = heard(asks_for("es"), asked, offered=OFFERED, landing=ReplyTarget("again"))
    assert reaction.language == "es"
    assert reaction.step is not None
    assert [each.purpose for each in reaction.step.effects if isinstance(each, Say)] == ["again"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("in Spanish please", "es"),
        ("en español por favor", "es"),
        ("no entiendo ingles", "es"),
        ("en français svp", "fr"),
        ("speak english?", "en"),
        ("je ne comprends pas l'anglais", "fr"),
        ("english or spanish?", None),
        ("no english please", None),
        ("i dont speak english", None),
        ("we had lunch at the spanish restaurant", None),
        ("my nurse speaks spanish", None),
    ],
)
def test_how_a_language_is_asked_for(text: str, code: str | None) -> None:
    assert language_requests(ENGLISH).asked(tokens(text)) == code


def test_an_option_that_names_a_language_is_an_answer() -> None:
    home = Question("choice", options=(Choice(1, "English"), Choice(2, "Spanish")))
    assert understand("Spanish", home, ENGLISH).value == 2
