"""How a text was read is explained by phrase and line: what heard it, what cancelled it, what nearly matched."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.reply.explanation import MOST_NEAR, Explanation, explain
from pro_collector.domain.reply.keywords import intent_patterns, standalone
from pro_collector.domain.reply.question import Question
from pro_collector.domain.reply.tokens import tokens
from pro_collector.domain.reply.understanding import understand
from pro_collector.domain.reply.written_phrases import lines_of
from pro_collector.languages import available, language, phrases_of
from pro_collector.resources import SCHEMAS
from tests.replies_corpus import Case, cases

SCALE = Question("integer", 0, 10)
PHRASES = {code: phrases_of(language(code)) for code in available()}


def explained(text: str, code: str = "en") -> Explanation:
    return explain(text, SCALE, language(code), PHRASES[code])


@pytest.mark.parametrize("code", available())
def test_each_phrase_is_in_the_line_that_is_said(code: str) -> None:
    lines = (SCHEMAS / "languages" / f"{code}.yaml").read_text(encoding="utf-8").splitlines()
    own = [each for each in PHRASES[code] if each.file == f"{code}.yaml"]
    assert len(own) > 500
    for each in own:
        assert each.line is not None
        assert each.written in lines[each.line - 1]


def test_a_phrase_in_one_line_with_its_key_has_the_line_of_the_key() -> None:
    document = parse_yaml("a:\n  b: one, two\n  c: |\n    three,\n    four\n", "x.yaml")
    assert list(lines_of(document, ("a", "b"))) == [(2, "one"), (2, "two")]
    assert list(lines_of(document, ("a", "c"))) == [(4, "three"), (5, "four")]


def test_what_heard_a_text_is_named() -> None:
    found = explained("I have such a chest pain")
    assert found.reading.outcome == "urgent"
    assert [(each.phrase.intent, each.said, each.cancelled_by) for each in found.heard] == [
        ("urgent", "chest pain", None)
    ]


@pytest.mark.parametrize(
    ("text", "code", "intent", "key"),
    [
        ("no chest pain", "en", "urgent", "unless_after"),
        ("take me off the oxygen", "en", "opt_out", "unless"),
        ("me di de baja en el trabajo", "es", "opt_out", "unless"),
        ("me muero por un café", "es", "urgent", "unless_before"),
    ],
)
def test_what_cancelled_a_request_is_named(text: str, code: str, intent: str, key: str) -> None:
    cancelled = [each for each in explained(text, code).heard if each.phrase.intent == intent]
    assert cancelled
    assert {each.cancelled_by.key for each in cancelled if each.cancelled_by} == {key}


def test_a_keyword_is_found_beside_courtesies_and_numbers() -> None:
    for text in ("please STOP", "3 STOP", "7. STOP", "stop stop"):
        found = explained(text)
        assert ("opt_out", "always") in {(each.phrase.intent, each.phrase.key) for each in found.heard}, text


def test_a_misspelt_word_is_said() -> None:
    found = explained("unsubscribe my numbr from this servce")
    assert found.corrected
    assert "opt_out" not in found.corrected


def test_what_nearly_matched_says_the_missing_word() -> None:
    found = explained("the pressure on my neck")
    assert 0 < len(found.near) <= MOST_NEAR
    assert any("chest" in each.missing for each in found.near)
    assert all(each.phrase.file == "en.yaml" for each in found.near)


def test_each_word_of_an_answer_has_its_part() -> None:
    assert explained("sorry, 7 tonight xylophone").words == (
        ("sorry", "apologies"),
        (",", "a pause"),
        ("7", "a number"),
        ("tonight", "courtesies"),
        ("xylophone", ""),
    )


def test_other_signs_of_an_emergency_are_noted() -> None:
    assert explained("🆘").notes == ("an emoji of emergencies",)
    assert explained("38.9").notes == ("a temperature of fever",)
    assert explained("7").notes == ()


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.topic in ("stop", "emergency")][::40], ids=lambda each: each.text
)
def test_an_explanation_agrees_with_the_reading(case: Case) -> None:
    """Every intent that the product hears is explained by a phrase, and no other."""
    tongue = language(case.language)
    parts = tokens(case.text)
    found = explain(case.text, case.question, tongue, PHRASES[case.language])
    assert found.reading == understand(case.text, case.question, tongue)
    said = {each.phrase.intent for each in found.heard if each.cancelled_by is None}
    keyword = standalone(tongue).keyword(parts)
    assert set(intent_patterns(tongue).intents(parts)) <= said | {"language"}
    assert said <= set(intent_patterns(tongue).intents(parts)) | ({keyword.intent} if keyword else set())


@settings(max_examples=25)
@given(st.text(max_size=40))
def test_any_text_can_be_explained(text: str) -> None:
    explained(text)
