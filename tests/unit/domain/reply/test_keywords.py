"""Stop, help, pause, emergencies: found in every shipped language, and only if they are meant."""

import pytest

from pro_collector.domain.reply.keywords import keyword_of
from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language

SCALE = Question("integer", 0, 10)
EN, ES, FR = language("en"), language("es"), language("fr")


@pytest.mark.parametrize("tongue", [EN, ES, FR])
@pytest.mark.parametrize("question", [None, SCALE, Question("yesno")])
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("STOP", "opt_out"),
        ("Stop please!!", "opt_out"),
        ("stop, stop, stop", "opt_out"),
        ("S T O P", "opt_out"),
        ("7. STOP", "opt_out"),
        ("cancle", "opt_out"),
        ("stop svp arrêtez", "opt_out"),
        ("unsuscribe", "opt_out"),
        ("no more texts", "opt_out"),
        ("ya no me manden mensajes", "opt_out"),
        ("stop svp", "opt_out"),
        ("arrêt", "opt_out"),
        ("stop texting me I'm in hospital", "opt_out"),
        ("I want to leave the study", "leave"),
        ("effacez mes données", "erase"),
        ("STOP I'm at work", "opt_out"),
        ("STOP je suis au travail", "opt_out"),
        ("wrong number stop", "opt_out"),
        ("I'd rather not get these texts anymore", "opt_out"),
        ("no vuelvan a escribirme", "opt_out"),
        ("veuillez cesser vos envois", "opt_out"),
        ("START", "opt_in"),
        ("HELP", "help"),
        ("ayuda", "help"),
        ("wrong number", "wrong_person"),
        ("c'est qui ?", "wrong_person"),
        ("en el hospital hasta el viernes", "pause"),
        ("atrás", "back"),
        ("passer", "skip"),
        ("I would rather not say", "skip"),
        ("quiero morir", "urgent"),
        ("je n'arrive plus à respirer", "urgent"),
        ("I can't... breathe", "urgent"),
        ("i cant brethe", "urgent"),
        ("fever of 39.5", "urgent"),
        ("my chest pain is 3", "urgent"),
        ("i took too much morphine", "urgent"),
        ("no kiero vivir", "urgent"),
        ("dolor torácico", "urgent"),
        ("creo que es un ictus", "urgent"),
        ("je veux mourrir", "urgent"),
        ("jarrive plus a respiré", "urgent"),
        ("tombé dans les pommes", "urgent"),
        ("worng number", "wrong_person"),
        ("estoy en el hospital, luego contesto", "pause"),
        ("ok thanks", "noise"),
        ("Liked “Reply STOP to opt out”", "noise"),
        ("👍 à « Douleur ? »", "noise"),
        ("Auto-reply: in an emergency call 911", "noise"),
        ("😀", "noise"),
    ],
)
def test_keywords_work_in_every_language_and_for_every_question(
    text: str, outcome: str, question: Question | None, tongue: object
) -> None:
    assert isinstance(tongue, type(EN))
    assert understand(text, question, tongue).outcome == outcome


@pytest.mark.parametrize(
    "text",
    [
        "the pain won't stop",
        "don't stop texting me",
        "should I stop taking the pills",
        "please don't leave me alone",
        "no chest pain",
        "I don't have chest pain",
        "cancer",
        "back pain",
        "I can't wait",
        "stop the pain",
        "estoy de baja",
        "se murió mi perro",
        "cette chaleur me tue",
    ],
)
def test_no_keyword_is_found_in_an_unrelated_text(text: str) -> None:
    assert understand(text, SCALE, EN).outcome == "unclear"


def test_an_emergency_precedes_an_opt_out_and_reports_it() -> None:
    reading = understand("stop texting me, I can't breathe", SCALE, EN)
    assert reading == Reading("urgent", reason="said in words", also=("opt_out",))
    assert understand("wrong number, stop texting me", None, EN).also == ("wrong_person",)


def test_a_label_that_is_a_keyword_is_an_answer_unless_the_keyword_is_always_valid() -> None:
    level = Question("choice", options=(Choice(1, "Bajo"), Choice(3, "Alto")))
    assert understand("Alto", level, ES).value == 3
    assert understand("Alto", SCALE, ES).outcome == "opt_out"
    ended = Question("choice", options=(Choice(1, "Start"), Choice(2, "End")))
    assert understand("End", ended, EN).outcome == "opt_out"


def test_yes_opts_in_only_when_opted_out_and_nothing_was_asked() -> None:
    assert understand("Yes please", None, EN, opted_out=True).outcome == "opt_in"
    assert understand("yes", None, EN).outcome == "unclear"
    assert understand("maybe", None, EN, opted_out=True).outcome == "unclear"
    assert understand("yes", Question("yesno"), EN, opted_out=True).value == "yes"


def test_thanks_are_noise_and_no_answer() -> None:
    assert understand("muchas gracias!", None, EN).outcome == "noise"
    assert understand("thanks", SCALE, EN).outcome == "noise"


def test_not_knowing_declines_only_if_the_question_allows_it() -> None:
    open_to_doubt = Question("integer", 0, 10, opt_outs=("asked-unknown",))
    assert understand("I don't know", open_to_doubt, EN) == Reading("skip", reason="asked-unknown")
    assert understand("I don't know", SCALE, EN).outcome == "unclear"
    assert understand("I don't know", None, EN).outcome == "unclear"
    assert understand("n/a", SCALE, EN) == Reading("skip", reason="not-applicable")


def test_labels_that_are_keywords_are_found() -> None:
    stop, alto = keyword_of("Stop", EN), keyword_of("alto", EN)
    assert stop is not None
    assert stop.always
    assert alto is not None
    assert not alto.always
    assert keyword_of("A little", EN) is None


def test_many_courtesies_are_read_fast() -> None:
    assert understand("please " * 400 + "stop" + " please" * 400, SCALE, EN).outcome == "opt_out"
