"""What a patient writes in addition to a number reaches a person: remarks, fevers, deaths, requests for a person."""

import pytest

from pro_collector.domain.reply.question import Choice, Flag, Outcome, Question
from pro_collector.domain.reply.second_reading import read_twice
from pro_collector.domain.reply.temperature import is_fever
from pro_collector.domain.reply.tokens import tokens
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language

SCALE = Question("integer", 0, 10)
HOW_MUCH = {
    "en": ("Not at all", "A little bit", "Somewhat", "Quite a bit", "Very much"),
    "es": ("Nada", "Un poco", "Algo", "Mucho", "Muchísimo"),
    "fr": ("Pas du tout", "Un peu", "Moyennement", "Beaucoup", "Énormément"),
}


def amount(code: str) -> Question:
    """How much, in a language."""
    return Question("choice", options=tuple(Choice(at, label) for at, label in enumerate(HOW_MUCH[code])))


@pytest.mark.parametrize(
    ("code", "text", "value", "flag"),
    [
        ("en", "7, fever since last night", 7, "emergency"),
        ("en", "7 and i have a fever", 7, "emergency"),
        ("en", "7. he is dying", 7, "emergency"),
        ("en", "7 🆘", 7, "emergency"),
        ("en", "7. My leg is swollen and red.", 7, "words"),
        ("en", "7. I ran out of morphine", 7, "words"),
        ("en", "7. my husband beats me", 7, "words"),
        ("en", "7. please call me", 7, "words"),
        ("en", "7, please call me", 7, "words"),
        ("en", "7. I have had chills since yesterday", 7, "words"),
        ("en", "10 i cant take this anymore", 10, "words"),
        ("en", "8. My father died.", 8, "words"),
        ("en", "8. The nurse changed my dressing", 8, "words"),
        ("en", "7. I have a question", 7, "words"),
        ("es", "7, tengo fiebre", 7, "emergency"),
        ("es", "7. me internaron el domingo", 7, "words"),
        ("es", "7. habia sangre en el papel", 7, "words"),
        ("fr", "7, j'ai de la fièvre", 7, "emergency"),
        ("fr", "7. je suis tombée ce matin", 7, "words"),
        ("fr", "7. mon mari me frappe", 7, "words"),
        ("en", "7", 7, None),
        ("en", "7 thanks", 7, None),
        ("en", "7, slept badly", 7, None),
        ("en", "8. Ask me again tomorrow", 8, "words"),
        ("es", "7 gracias, muy cansada", 7, None),
        ("fr", "7 merci, mal dormi", 7, None),
    ],
)
def test_an_answer_is_taken_and_a_remark_with_it_reaches_a_person(
    code: str, text: str, value: int, flag: Flag | None
) -> None:
    reading = understand(text, SCALE, language(code))
    assert (reading.outcome, reading.value, reading.flag) == ("answer", value, flag)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "fever"), ("en", "I have a fever"), ("en", "temp 38"), ("en", "38.5 and chills"), ("en", "38.5"),
        ("en", "102.2"), ("en", "T 38.4"), ("en", "temp 100.5"), ("en", "my temp is 100.9"), ("en", "100.8 fever"),
        ("en", "fever 100.4"), ("en", "38.0"), ("en", "39.1c"), ("en", "🚑"), ("en", "🆘"),
        ("en", "im driving to the er"),
        ("en", "cant talk right now im bleeding"), ("en", "cant talk right now fever is high"), ("en", "o2 sat 82"),
        ("es", "tengo fiebre"), ("es", "calentura"), ("es", "38,5 y escalofrios"), ("es", "saturación 82"),
        ("fr", "j'ai de la fièvre"), ("fr", "38,5 et des frissons"), ("fr", "j'ai 39,2"), ("fr", "fiévreuse"),
    ],
)  # fmt: skip
def test_a_fever_and_a_cry_for_help_are_emergencies(code: str, text: str) -> None:
    assert understand(text, SCALE, language(code)).outcome == "urgent"
    assert understand(text, None, language(code)).outcome == "urgent"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "no fever"), ("en", "fever is gone"), ("en", "hay fever"), ("en", "temp 37.2"), ("en", "temp 98.6"),
        ("en", "37.9"), ("en", "100.3"), ("en", "38.5 kg"), ("en", "$38.5"), ("en", "38.5%"), ("en", "38.55"),
        ("en", "43.0"), ("en", "110.0"), ("en", "11"), ("en", "no chills"),
        ("es", "sin fiebre"), ("es", "no tengo fiebre"), ("es", "ya no tengo fiebre"),
        ("fr", "pas de fièvre"), ("fr", "plus de fièvre"), ("fr", "aucune fièvre"),
    ],
)  # fmt: skip
def test_no_fever_is_no_emergency(code: str, text: str) -> None:
    reading = understand(text, SCALE, language(code))
    assert (reading.outcome, reading.flag == "emergency") == ("unclear", False)


def test_a_temperature_that_may_be_the_answer_is_no_fever() -> None:
    parts = tokens("38.5")
    assert is_fever(parts, None)
    assert is_fever(parts, SCALE)
    assert not is_fever(parts, Question("integer", 0, 100))
    assert not is_fever(parts, Question("decimal", 30, 45))
    assert not is_fever(parts, Question("decimal"))
    assert is_fever(parts, Question("decimal", 0, 38))


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        ("en", "Mary passed away this morning", "death"),
        ("en", "Mary died", "death"),
        ("en", "she died", "death"),
        ("en", "the patient has passed away", "death"),
        ("es", "María falleció ayer", "death"),
        ("es", "ella murió", "death"),
        ("fr", "Marie est décédée ce matin", "death"),
        ("fr", "elle est morte", "death"),
        ("en", "my husband died", "bereaved"),
        ("en", "my mother passed away from covid last year", "bereaved"),
        ("en", "my mother passed away from covid last year. 7", "answer"),
        ("en", "Mary passed away this morning. 7", "death"),
        ("en", "7. Mary passed away this morning", "death"),
        ("es", "mi esposo falleció", "bereaved"),
        ("fr", "mon mari est mort", "bereaved"),
        ("en", "my phone died", "unclear"),
        ("en", "our cat died yesterday", "unclear"),
        ("en", "I almost died", "unclear"),
        ("en", "my father died when I was ten", "unclear"),
        ("fr", "mon chien est mort", "unclear"),
    ],
)
def test_a_death_is_distinguished_from_a_bereavement(code: str, text: str, outcome: Outcome) -> None:
    assert understand(text, SCALE, language(code)).outcome == outcome


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "please help me"), ("en", "can a nurse call me today"), ("en", "call me asap"), ("en", "call me"),
        ("en", "I have a question"), ("en", "I need a doctor"), ("en", "is there someone i can talk to"),
        ("es", "llámeme por favor"), ("es", "tengo una pregunta"), ("es", "necesito ayuda"),
        ("fr", "appelez-moi"), ("fr", "j'ai une question"), ("fr", "aidez moi"),
    ],
)  # fmt: skip
def test_a_request_for_a_person_reaches_a_person(code: str, text: str) -> None:
    for question in (SCALE, None):
        reading = understand(text, question, language(code))
        assert (reading.outcome, reading.flag) == ("help", "words")


@pytest.mark.parametrize(
    ("code", "text"), [("en", "HELP"), ("es", "AYUDA"), ("fr", "aide"), ("en", "what is this about?")]
)
def test_the_keyword_help_has_an_automatic_reply(code: str, text: str) -> None:
    reading = understand(text, SCALE, language(code))
    assert (reading.outcome, reading.flag) == ("help", None)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "wait a bit"), ("en", "wait a little bit"), ("en", "wait, a little"), ("en", "please wait a bit"),
        ("en", "ok wait a bit"), ("en", "hang on a bit"), ("en", "sorry wait a bit"),
        ("es", "espere un poco"), ("es", "espera un poco"), ("es", "espere tantito"),
        ("fr", "attends un peu"), ("fr", "attendez un petit peu svp"), ("fr", "attendez un peu"),
    ],
)  # fmt: skip
def test_wait_a_bit_is_never_a_little_bit(code: str, text: str) -> None:
    assert understand(text, amount(code), language(code)).outcome == "pause"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "take me off the oxygen"), ("en", "take me off steroids"), ("en", "I opted out of surgery"),
        ("en", "I just want to be left alone when i feel sick like this"), ("es", "no mas preguntas de mi parte"),
        ("fr", "je veux que ça s'arrête, la douleur"), ("fr", "pas de sms hier ?"),
        ("fr", "pas de message de l'infirmière hier"),
    ],
)  # fmt: skip
def test_an_exclamation_of_pain_is_no_opt_out(code: str, text: str) -> None:
    reading = understand(text, SCALE, language(code))
    assert (reading.outcome, reading.flag) == ("unclear", "words")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3 STOP", 3), ("3, STOP", 3), ("STOP 3", 3), ("7. STOP", 7), ("10 stop", 10), ("3 unsubscribe", 3),
        ("🛑 3", 3), ("my pain is 3 stop", 3), ("12 STOP", None), ("3 or 4. STOP", None), ("🛑", None), ("STOP", None),
    ],
)  # fmt: skip
def test_a_stop_keeps_the_answer_beside_it(text: str, value: int | None) -> None:
    reading = understand(text, SCALE, language("en"))
    assert (reading.outcome, reading.value) == ("opt_out", value)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("im driving", "noise"),
        ("I'm driving right now, I'll get back to you later", "noise"),
        ("I can't talk right now.", "noise"),
        ("im driving to my sister, she fell", "unclear"),
        ("im driving home and my leg hurts", "unclear"),
    ],
)
def test_noise_is_the_whole_text(text: str, outcome: Outcome) -> None:
    assert understand(text, SCALE, language("en")).outcome == outcome


@pytest.mark.parametrize(
    ("code", "text", "crisis"),
    [
        ("en", "I want to die", True), ("en", "8 but I want to die", True), ("es", "quiero morir", True),
        ("fr", "je veux mourir", True),
        ("en", "honestly no one would care if I just left", True), ("en", "nobody would miss me", True),
        ("en", "no one would even notice if I was gone", True),
        ("en", "they are all better off without me", True), ("es", "nadie me va a extrañar", True),
        ("es", "estarían mejor sin mí", True), ("fr", "personne ne me regrettera", True),
        ("fr", "ils seraient mieux sans moi", True), ("pt", "ninguém vai sentir a minha falta", True),
        ("pt", "ficavam melhor sem mim", True), ("en", "chest pain", False), ("es", "me falta el aire", False),
        ("fr", "douleur thoracique", False),
        ("de", "ich habe keinen Lebenswillen mehr", True), ("de", "niemand würde mich vermissen", True),
        ("de", "keiner würde merken, wenn ich weg wäre", True), ("de", "alle wären ohne mich besser dran", True),
        ("de", "7 aber ich will sterben", True), ("de", "ich bekomme keine Luft mehr", False),
    ],
)  # fmt: skip
def test_a_crisis_is_distinguished_from_a_medical_emergency(code: str, text: str, crisis: bool) -> None:
    reading = understand(text, SCALE, language(code))
    assert reading.outcome == "urgent"
    assert ("crisis" in reading.also) == crisis


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "no thoughts of suicide"), ("en", "I am not suicidal"), ("es", "no pienso en el suicidio"),
        ("fr", "pas d'idées suicidaires"), ("en", "dying for a coffee"),
        ("de", "keine Suizidgedanken"), ("de", "ich sterbe vor Hunger"),
    ],
)  # fmt: skip
def test_phrases_that_cancel_an_emergency_cancel_a_crisis_too(code: str, text: str) -> None:
    assert understand(text, SCALE, language(code)).outcome == "unclear"


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("saying goodbye, you were all kind", "words"),
        ("you dont have my permission to text me", "words"),
        ("mute", "words"),
        ("3 and then 4", "words"),
        ("11", None),
        ("3-4", None),
        ("???", None),
    ],
)
def test_an_unclear_text_is_read_by_a_person_unless_it_has_no_words(text: str, flag: Flag | None) -> None:
    reading = understand(text, SCALE, language("en"))
    assert (reading.outcome, reading.flag) == ("unclear", flag)


@pytest.mark.parametrize(
    "text",
    [
        "I feel worse",
        "hi, i'm getting a lot worse",
        "can i tell you how i am now",
        "i want to report something please",
        "I'm not feeling well today",
        "me siento peor",
        "quiero contarles cómo estoy",
        "je me sens moins bien",
        "je ne me sens pas bien",
        "je voudrais signaler quelque chose",
        "sinto-me pior",
        "queria dizer como estou",
        "mir geht es schlechter",
        "ich möchte Ihnen sagen wie es mir geht",
    ],
)
def test_who_wants_to_say_how_they_are_is_heard_and_no_second_reader_is_asked(text: str) -> None:
    reading = understand(text, None, language("en"))
    assert (reading.outcome, reading.flag, reading.also) == ("unclear", "words", ("report",))
    assert read_twice(text, reading, lambda _: "emergency").flag == "words"
    assert understand(text, SCALE, language("en")).also == ()  # an open question asks that already


@pytest.mark.parametrize("text", ["nothing to report", "i dont feel worse", "no me siento peor", "je ne vais pas mal"])
def test_who_says_that_nothing_is_worse_reports_nothing(text: str) -> None:
    assert understand(text, None, language("en")).also == ()


def test_a_report_with_more_to_it_is_read_twice() -> None:
    text = "I want to report something about the pills that I put aside"
    reading = understand(text, None, language("en"))
    assert "report" in reading.also
    assert read_twice(text, reading, lambda _: "emergency").flag == "emergency"
