"""What somebody asks the team is a question for a person; what they ask about the survey, or say, is not."""

import pytest

from pro_collector.domain.reply.question import Question
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language

SCALE = Question("integer", 0, 10)

ASKED = {
    "en": (
        "Can I take the new pills with breakfast?", "can i take the new pills with breakfast ?",
        "Hi, should I take them before or after food?", "Is it ok to drink wine with the tablets?",
        "can I skip a dose?",
        "does the rash mean it is back?",
        "when is my next scan?", "what time do I come in tomorrow morning?", "Do I need to fast before the blood test?",
        "Felt sick all night. Is that normal with the new dose?", "How long do the side effects last?",
    ),
    "es": (
        "¿Puedo tomar las pastillas nuevas con el desayuno?", "puedo tomar las pastillas con el desayuno?",
        "¿Es normal que me duela la cabeza?", "¿A qué hora es mi cita?", "Hola, ¿debo ir en ayunas mañana?",
        "¿Se puede beber vino con esto?",
    ),
    "fr": (
        "Puis-je prendre les comprimés au petit-déjeuner ?", "Je peux prendre les comprimés au petit déjeuner ?",
        "Est-ce que je dois être à jeun ?", "C'est normal d'avoir mal à la tête ?", "Quand est mon prochain scanner ?",
    ),
    "de": (
        "Kann ich die neuen Tabletten zum Frühstück nehmen?", "Darf ich mit den Tabletten Wein trinken?",
        "Wann ist mein nächster Termin?", "Muss ich morgen nüchtern sein?", "Ist das normal bei der neuen Dosis?",
    ),
    "pt": (
        "Posso tomar os comprimidos novos ao pequeno-almoço?", "posso tomar os comprimidos no café da manhã?",
        "É normal ter dores de cabeça?", "Quando é a minha próxima consulta?", "Tenho de ir em jejum amanhã?",
    ),
}  # fmt: skip
NOT_ASKED = {
    "en": (
        "is it mild?", "what?", "should I say 6?", "what is this number?", "is it yes if only once?",
        "can I take a nap", "what does worst mean here?", "do I have to answer all of these questions?",
        "can I answer this later?", "is it 7 or 8?", "my wife says why me",
    ),
    "es": ("puedo comer algo mejor", "¿qué es a menudo?", "¿tengo que responder todas las preguntas?", "¿es el 7?"),
    "fr": ("je peux manger un peu", "est-ce que je dois répondre à tout ?", "c'est quoi le pire ?"),
    "de": ("heute kann ich wieder essen", "muss ich alle Fragen beantworten?", "ist das die 7?"),
    "pt": ("posso comer melhor", "tenho de responder a tudo?", "é o 7 ou o 8?"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in ASKED.items() for text in texts])
def test_a_question_for_the_team_asks_for_a_person(code: str, text: str) -> None:
    for question in (SCALE, Question("yesno"), None):
        reading = understand(text, question, language(code))
        assert (reading.outcome, reading.flag, "person" in reading.also) == ("unclear", "words", True), question


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in NOT_ASKED.items() for text in texts])
def test_what_asks_about_the_survey_or_says_something_does_not(code: str, text: str) -> None:
    reading = understand(text, SCALE, language(code))
    assert reading.outcome != "help"
    assert "person" not in reading.also


def test_beside_an_answer_it_is_asked_too() -> None:
    reading = understand("7. Can I take ibuprofen with it?", SCALE, language("en"))
    assert (reading.outcome, reading.value, reading.flag, reading.also) == ("answer", 7, "words", ("person",))
