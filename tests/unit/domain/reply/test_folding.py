"""Letters that people write in several ways count as the same; a language file says clearly what it cannot read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.reply.language import Language, Vocabulary, parse_language
from pro_collector.domain.reply.question import Choice, Question
from pro_collector.domain.reply.tokens import fold
from pro_collector.domain.reply.understanding import understand
from pro_collector.errors import BadInput

TO_TEN = Question("integer", 0, 10)
GERMAN = """
language: de
name: Deutsch
numbers:
  4: vier
  5: fünf
affirming: ja
denying: nein
synonyms:
  moderate: {labels: mäßig}
intents:
  urgent: {phrases: (höre|fühle) nichts mehr}
"""
ARABIC = """
language: ar
name: العربية
numbers:
  7: سبعة
affirming: نعم
denying: لا
intents:
  opt_out: {always: أوقف}
"""


def _language(text: str) -> Language:
    vocabulary: Vocabulary = parse_language(parse_yaml(text, "new.yaml"))
    return Language(vocabulary, (vocabulary,))


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("byl nieprzytomny", "był nieprzytomny"),
        ("brodet", "brødet"),
        ("strasse", "Straße"),
        ("laege", "læge"),
        ("coeur", "cœur"),
        ("isik", "ışık"),
        ("dong", "đong"),
        ("اوقف", "أوقف"),
        ("سبعه", "سبعة"),
        ("علي", "على"),
        ("نعم", "نَعَمْ"),
        ("كبير", "کبیر"),
        ("مرحبا", "مـــرحبا"),
    ],
)
def test_letters_that_people_type_for_each_other_are_the_same(typed: str, written: str) -> None:
    assert fold(typed) == fold(written)


@given(st.text())
def test_a_folded_text_is_not_changed_by_folding_again(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("text", ["fünf", "fuenf", "Fünf", "FÜNF", "fu\u0308nf"])
def test_a_german_number_counts_with_and_without_its_umlaut(text: str) -> None:
    assert understand(text, TO_TEN, _language(GERMAN)).value == 5


@pytest.mark.parametrize("text", ["mäßig", "maessig", "maeßig", "massig"])
def test_a_german_label_counts_with_and_without_its_umlaut(text: str) -> None:
    question = Question("choice", options=(Choice(0, "Gar nicht"), Choice(1, "Mäßig")))
    assert understand(text, question, _language(GERMAN)).value == 1


@pytest.mark.parametrize("text", ["ich höre nichts mehr", "ich hoere nichts mehr", "fuehle nichts mehr"])
def test_a_german_emergency_is_heard_with_and_without_its_umlaut(text: str) -> None:
    assert understand(text, TO_TEN, _language(GERMAN)).outcome == "urgent"


@pytest.mark.parametrize("text", ["سبعة", "سبعه", "سَبعة", "٧"])
def test_an_arabic_number_counts_however_it_is_typed(text: str) -> None:
    assert understand(text, TO_TEN, _language(ARABIC)).value == 7


@pytest.mark.parametrize("text", ["أوقف", "اوقف", "أَوقِف"])
def test_an_arabic_stop_counts_however_it_is_typed(text: str) -> None:
    assert understand(text, TO_TEN, _language(ARABIC)).outcome == "opt_out"


@pytest.mark.parametrize("text", ["٧؟", "٧٪", "7×2", "7‰"])
def test_a_sign_that_changes_a_number_is_asked_about_in_any_script(text: str) -> None:
    assert understand(text, TO_TEN, _language(ARABIC)).outcome == "unclear"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("  4: null", 'write the word in quotes: "null"'),
        ("  4:", 'write the word in quotes: "null"'),
        ("  4: no", "put a number, yes or no in quotes"),
        ("  4: 4", "put a number, yes or no in quotes"),
    ],
)
def test_a_word_that_yaml_reads_as_something_else_is_explained_with_its_line(line: str, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_language(parse_yaml(GERMAN.replace("  4: vier", line), str(Path("de.yaml"))))
    (problem,) = refused.value.problems
    assert message in problem.message
    assert problem.line == 5
