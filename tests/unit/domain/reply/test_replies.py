"""What replies mean: a table of difficult replies, and properties of any text."""

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.domain.reply.several import understand_many
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language
from tests.shared.properties import examples

SCALE = Question("integer", 0, 10)
YES_NO = Question("yesno")
DEGREES = Question(
    "choice",
    options=(Choice(0, "Not at all"), Choice(1, "A little"), Choice(2, "Quite a bit"), Choice(3, "Very much")),
)
EN, ES, FR = language("en"), language("es"), language("fr")


def meaning(text: str, question: Question | None = SCALE, tongue: Language = EN) -> object:
    """The value of an answer, else the outcome."""
    reading = understand(text, question, tongue)
    return reading.value if reading.outcome == "answer" else reading.outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7),
        ("٧", 7),
        ("७", 7),
        ("７", 7),
        ("7️⃣", 7),
        ("1️⃣0️⃣", 10),
        ("🔟", 10),
        ("③", 3),
        ("n°3", 3),
        ("07", 7),
        ("7.0", 7),
        ("seven", 7),
        ("siete", 7),
        ("it's a 3", 3),
        ("3.", 3),
        ("#3", 3),
        ("3 👍", 3),
        ("7ish", 7),
        ("7/10", 7),
        ("7 / 10", 7),
        ("seven/10", 7),
        ("sorry, 3", 3),
        ("6 no wait 7", 7),
        ("7 not 6", 7),
        ("3 no, sorry, 4", 4),
        ("7 (seven)", 7),
        ("zero pain", 0),
        ("0, none", 0),
        ("yes 7", 7),
        ("8. The nurse changed my dressing", 8),
        ("8. Ask me again later", 8),
        ("7/5", "unclear"),
        ("7 / 5", "unclear"),
        ("/10", "unclear"),
        ("3 and 4", "unclear"),
        ("7 7", "unclear"),
        ("7 not 7", "unclear"),
        ("3 sorry 4 sorry 5", "unclear"),
        ("3 sorry wait", "unclear"),
        ("took 2 pills", "unclear"),
        ("at 10:30", "unclear"),
        ("10:30:15", "unclear"),
        ("2-3", "unclear"),
        ("24ans", "unclear"),
        ("lOO", "unclear"),
        ("level7ish", "unclear"),
        ("7²", "unclear"),
        ("7.5", "unclear"),
        ("1.000", "unclear"),
        ("-3", "unclear"),
        ("007", "unclear"),
        ("11", "unclear"),
        ("9" * 5000, "unclear"),
        ("8. Wrong number sorry to say", "wrong_person"),
        ("8. I gave this phone to my son", "unclear"),
        ("2. Advil", "unclear"),
        ("1. Nausea", "unclear"),
        ("one bad leg", "unclear"),
        ("7 is too much", "unclear"),
        ("none", "unclear"),
        ("no idea", "unclear"),
        ("to", "unclear"),
        ("ate", "unclear"),
        ("fore", "unclear"),
        ("weight", "unclear"),
        ("three or for", "unclear"),
        ("once", "unclear"),
        ("", "noise"),
        ("👍", "noise"),
        ("?", "unclear"),
    ],
)
def test_zero_to_ten(text: str, expected: object) -> None:
    assert meaning(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quite a bit", 2),
        ("quiet a bit", 2),
        ("not at al", 0),
        ("notatall", 0),
        ("Very mutch", 3),
        ("2 quite a bit", 2),
        ("2", 2),
        ("yes, a little", 1),
        ("no, not at all", 0),
        ("un poco", 1),
        ("nada", 0),
        ("a littel, thanks", 1),
        ("a little, a little", 1),
        ("3 a little", "unclear"),
        ("yes, not at all", "unclear"),
        ("no, a little", "unclear"),
        ("no", "unclear"),
        ("yes", "unclear"),
        ("a lot", "unclear"),
        ("not very much", "unclear"),
        ("a little better", "unclear"),
        ("not at all good", "unclear"),
        ("very", "unclear"),
        ("quite", "unclear"),
        ("7", "unclear"),
    ],
)
def test_degrees(text: str, expected: object) -> None:
    assert meaning(text, DEGREES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", "yes"),
        ("Yesss!!", "yes"),
        ("sí", "yes"),
        ("nope", "no"),
        ("no, I mean yes", "yes"),
        ("yes and no", "unclear"),
        ("maybe yes", "unclear"),
        ("no sleep", "unclear"),
        ("1", "unclear"),
        ("stop", "opt_out"),
    ],
)
def test_yes_and_no(text: str, expected: object) -> None:
    assert meaning(text, YES_NO) == expected


def test_yes_and_no_give_the_codes_of_their_options() -> None:
    coded = Question("yesno", options=(Choice(0, "Non"), Choice(1, "Oui")))
    assert meaning("yes", coded, FR) == 1
    assert meaning("nan", coded, FR) == 0
    assert meaning("1", coded, FR) == 1
    three = Question("choice", options=(Choice(0, "No"), Choice(1, "Yes"), Choice(2, "Not sure")))
    assert meaning("nope", three) == 0
    assert meaning("not sure", three) == 2
    other = Question("yesno", options=(Choice("t", "True"), Choice("f", "False")))
    assert meaning("yes", other) == "unclear"
    assert meaning("true", other) == "t"


def test_a_number_that_could_be_a_code_or_a_label_is_asked_again() -> None:
    counted = Question("choice", options=(Choice(0, "None"), Choice(1, "1 or 2"), Choice(2, "3 or more")))
    assert meaning("1 or 2", counted) == 1
    assert meaning("3 or more", counted) == 2
    assert meaning("3", counted) == 2
    shifted = Question("choice", options=(Choice(1, "2"), Choice(2, "3")))
    assert meaning("2", shifted) == "unclear"
    assert meaning("1", shifted) == 1
    times = Question("choice", options=(Choice(1, "0"), Choice(2, "1-2 times"), Choice(3, "3 or more")))
    assert [meaning(text, times) for text in ("0", "1", "2", "3", "1-2 times")] == [1, "unclear", 2, 3, 2]


def test_a_whole_label_is_its_option_whatever_its_words_mean_otherwise() -> None:
    graded = Question("choice", options=(Choice(1, "Yes, a little"), Choice(2, "Yes, a lot"), Choice(3, "No")))
    assert [meaning(text, graded) for text in ("Yes, a lot", "yes a lot", "Yes - a little!", "no")] == [2, 2, 1, 3]
    assert meaning("yes", graded) == "unclear"
    declining = Question("choice", options=(Choice(0, "Poor"), Choice(9, "Prefer not to answer")))
    assert meaning("prefer not to answer", declining) == 9
    assert meaning("skip", declining) == "skip"


@pytest.mark.parametrize(
    ("label", "replies", "tongue"),
    [("Don't know", "i dont know/dunno/not sure", EN), ("No sé", "nose/ni idea", ES), ("Je ne sais pas", "jsp", FR)],
)
def test_not_knowing_is_an_option_if_there_is_such_an_option(label: str, replies: str, tongue: Language) -> None:
    unsure = Question("choice", options=(Choice(1, "Yes"), Choice(2, "No"), Choice(9, label)))
    assert {meaning(text, unsure, tongue) for text in (*replies.split("/"), label)} == {9}


def test_a_code_before_its_own_label_is_no_list() -> None:
    listed = Question("choice", options=(Choice(1, "Not at all"), Choice(2, "A little")))
    assert meaning("1. not at all", listed) == 1
    assert meaning("1. a little", listed) == "unclear"


def test_text_codes_synonyms_and_labels_with_a_note() -> None:
    lettered = Question(
        "choice",
        options=(Choice("A", "Left side (yours)"), Choice("B", "Right side", ("starboard",)), Choice("C", "Both")),
    )
    assert meaning("a", lettered) == "A"
    assert meaning("left side", lettered) == "A"
    assert meaning("Starboard!", lettered) == "B"
    assert meaning("bot", lettered) == "C"
    assert meaning("side", lettered) == "unclear"
    assert meaning("4", lettered) == "unclear"


def test_the_ends_of_a_scale_may_have_names() -> None:
    named = Question("integer", 0, 10, (Choice(0, "No pain"), Choice(10, "Worst I can imagine")))
    assert meaning("worst i can imagine", named) == 10
    assert meaning("no pain", named) == 0


def test_bounds() -> None:
    assert meaning("-3", Question("integer", -5, 5)) == -3
    assert meaning("40", Question("integer")) == 40
    assert understand("99999999999", Question("integer"), EN).reason == "out of range"
    assert understand("11", SCALE, EN).reason == "out of range: 0 to 10"
    assert understand("7", DEGREES, EN).reason == "not among the options"
    assert meaning("seventy-five", Question("integer", 0, 100)) == 75
    assert meaning("7", Question("integer", 1, 7)) == 7


def test_decimals_dates_and_free_text() -> None:
    temperature = Question("decimal", 30, 45)
    assert meaning("37.5", temperature) == 37.5
    assert meaning("37,5", temperature, ES) == 37.5
    assert meaning("37,5", temperature) == "unclear"
    assert meaning("37", temperature) == 37.0
    assert meaning("50", temperature) == "unclear"
    text = Question("text")
    assert meaning("  Could not sleep  ", text) == "Could not sleep"
    assert understand("busy until monday, sorry", text, EN) == Reading(
        "answer", "busy until monday, sorry", "text", ("pause",)
    )
    assert meaning("stop", text) == "opt_out"


@pytest.mark.parametrize(
    ("text", "tongue", "expected"),
    [
        ("2026-11-22", EN, "2026-11-22"),
        ("it was on Nov 22, 2026", EN, "2026-11-22"),
        ("22/11/2026", EN, "2026-11-22"),
        ("03/04/2026", EN, "unclear"),
        ("03/04/2026", ES, "2026-04-03"),
        ("el 22 de noviembre de 2026", ES, "2026-11-22"),
        ("1er août 2026", FR, "2026-08-01"),
        ("31/02/2026", ES, "unclear"),
        ("5 smarch 2026", EN, "unclear"),
        ("before 22/11/2026", EN, "unclear"),
        ("22 November", EN, "unclear"),
        ("stop", EN, "opt_out"),
    ],
)
def test_dates(text: str, tongue: Language, expected: str) -> None:
    assert meaning(text, Question("date"), tongue) == expected


def test_several_answers_only_when_their_order_is_certain() -> None:
    def values(text: str, count: int, tongue: Language = EN) -> list[object]:
        return [reading.value for reading in understand_many(text, [SCALE] * count, tongue)]

    assert values("3, 4, 2", 3) == [3, 4, 2]
    assert values("3 4 2", 3) == [3, 4, 2]
    assert values("3, 4 and 2", 3) == [3, 4, 2]
    assert values("3\n4", 2) == [3, 4]
    assert values("1) 3 2) 4", 2) == [3, 4]
    assert values("it's a 3; about 4", 2) == [3, 4]
    assert values("7", 3) == [7]
    assert values("3,4,2", 3, ES) == [3, 4, 2]
    for text, count, tongue in (
        ("3 and 4", 2, EN),
        ("3 4", 2, EN),
        ("3, 4", 1, EN),
        ("3, 4", 3, EN),
        ("3, 4, 12", 3, EN),
        ("2) 3 1) 4", 2, EN),
        ("so 1) 3 2) 4", 2, EN),
        ("3,4", 2, ES),
        ("and", 3, EN),
    ):
        assert values(text, count, tongue) == [None], text
    mixed = understand_many("3, a little, yes", (SCALE, DEGREES, YES_NO), EN)
    assert [reading.value for reading in mixed] == [3, 1, "yes"]
    assert values("3, sorry, 4", 2) == [4]
    assert values("3, tired", 2) == [3]
    assert [reading.outcome for reading in understand_many("stop", (SCALE, SCALE), EN)] == ["opt_out"]
    assert [reading.outcome for reading in understand_many("3, 4", (), EN)] == ["unclear"]


def test_another_language_is_read_only_if_it_is_certain() -> None:
    assert meaning("ocho por favor", SCALE, FR) == 8
    assert meaning("dies", SCALE, ES) == 10
    assert meaning("el dolor es de un seis", SCALE, EN) == 6


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("7. Or maybe higher", EN),
        ("10. That's my age", EN),
        ("3. That is my daughters score", EN),
        ("9 y.o.", EN),
        ("10. Esa es mi edad", ES),
        ("6 y algo", ES),
        ("10. C'est mon âge", FR),
    ],
)
def test_a_remark_that_contradicts_the_number_makes_it_unclear(text: str, tongue: Language) -> None:
    assert meaning(text, SCALE, tongue) == "unclear"


def test_a_text_longer_than_carriers_deliver_is_no_answer_and_is_read_fast() -> None:
    assert understand("7. " + "foo bar " * 20000, SCALE, EN).reason == "too long to be sure"
    assert understand("stop taking the " * 20000, SCALE, EN).outcome == "unclear"


TONGUES = st.sampled_from([EN, ES, FR])
QUESTIONS = st.sampled_from([SCALE, DEGREES, YES_NO, Question("decimal", 0, 100), Question("date"), Question("text")])


@examples(150)
@given(st.text(max_size=60), QUESTIONS, TONGUES)
def test_never_raises_and_never_answers_outside_the_question(text: str, question: Question, tongue: Language) -> None:
    reading = understand(text, question, tongue)
    assert (reading.value is None) == (reading.outcome != "answer")
    if reading.outcome == "answer" and question.kind == "integer":
        assert reading.value in range(11)
    if reading.outcome == "answer" and question.kind == "choice":
        assert reading.value in range(4)
    assert understand_many(text, (question, SCALE), tongue)


SAID = "7 3 10 seven it's a about not a little very much yes no sorry stop . , and pain 3/10 👍"
WORDS = st.sampled_from(SAID.split())


@examples(150)
@given(st.lists(WORDS, max_size=7), QUESTIONS, TONGUES)
def test_case_blanks_and_script_of_digits_change_nothing(said: list[str], question: Question, tongue: Language) -> None:
    if question.kind == "text":
        return
    text = " ".join(said)
    expected = understand(text, question, tongue)
    assert understand(text.upper(), question, tongue) == expected
    assert understand("  " + "  ".join(said) + " ", question, tongue) == expected
    for zero in ("٠", "०", "๐", "０"):
        shifted = "".join(chr(ord(zero) + int(sign)) if sign in "0123456789" else sign for sign in text)
        assert unicodedata.decimal(zero) == 0
        assert understand(shifted, question, tongue) == expected


ACCENTED = "sí perdón zéro très ｓｅｖｅｎ ７ ② 7️⃣ ﬁve l’œil ½ nº3 déjà años ｡ … 👍🏽 STOP ça"
WRITTEN = st.sampled_from(ACCENTED.split())


@examples(150)
@given(st.lists(WRITTEN | WORDS, max_size=5), QUESTIONS, TONGUES, st.sampled_from(["NFC", "NFD"]))
def test_composed_or_not_a_text_means_the_same_and_always_does(
    said: list[str], question: Question, tongue: Language, form: Literal["NFC", "NFD"]
) -> None:
    if question.kind == "text":
        return
    text = " ".join(said)
    expected = understand(text, question, tongue)
    assert understand(text, question, tongue) == expected
    assert understand(unicodedata.normalize(form, text), question, tongue) == expected


@examples(60)
@given(st.integers(0, 10), st.integers(0, 10), st.sampled_from([" and ", " or ", "-", " to ", " ", ", ", " then "]))
def test_two_numbers_are_never_one_answer(one: int, other: int, between: str) -> None:
    assert understand(f"{one}{between}{other}", SCALE, EN).outcome == "unclear"


COUNTED = {
    "en": "pills tablets times hours days weeks minutes nights mg ml legs kids doses pm am years kilos cups rounds",
    "es": "pastillas veces horas días semanas minutos noches mg piernas hijos dosis años kilos tazas ciclos",
    "fr": "cachets fois heures jours semaines minutes nuits mg jambes enfants doses ans kilos tasses cures",
    "pt": "comprimidos vezes horas dias semanas minutos noites mg ml pernas filhos doses anos quilos copos ciclos",
    "de": "Tabletten mal Stunden Tage Wochen Minuten mg ml Kinder Jahre Kilo Tassen Zyklen",
}


@pytest.mark.parametrize("frame", ["{n} {unit}", "{n} bad {unit}", "it was {n} {unit}", "about {n} {unit} today"])
@pytest.mark.parametrize("code", COUNTED)
def test_a_number_of_things_is_no_answer(code: str, frame: str) -> None:
    for unit in COUNTED[code].split():
        for number in ("3", "10"):
            text = frame.format(n=number, unit=unit)
            assert understand(text, SCALE, language(code)).outcome == "unclear", text


@pytest.mark.parametrize(
    ("text", "outcome", "value"),
    [
        ("my mother no longer wants these texts", "opt_out", None),
        ("I take back my consent", "leave", None),
        ("I don't want any more chemo", "unclear", None),
        ("no more pills left", "unclear", None),
        ("I got your message, no more nausea", "unclear", None),
        ("remove the stitches?", "unclear", None),
        ("they took me off steroids", "unclear", None),
        ("I don't consent to surgery", "unclear", None),
        ("yes, twice", "answer", "yes"),
        ("no, twice", "unclear", None),
        ("I forgot", "unclear", None),
        ("I'm dying for a cup of tea", "unclear", None),
        ("I had a stroke ten years ago", "unclear", None),
        ("dad is having a stroke", "urgent", None),
    ],
)
def test_an_opt_out_is_about_our_texts_and_an_emergency_is_now(text: str, outcome: str, value: str | None) -> None:
    reading = understand(text, YES_NO, EN)
    assert (reading.outcome, reading.value) == (outcome, value)


def test_naming_a_symptom_that_no_label_names_is_no_answer() -> None:
    assert understand("no pain at all", DEGREES, EN).outcome == "unclear"
    severity = Question("choice", options=(Choice(0, "No pain"), Choice(1, "Mild pain")))
    assert understand("no pain at all", severity, EN).value == 0
