"""Texts of an imported questionnaire for a known instrument, and instruments written as files."""

import pytest

from pro_collector.display.instrument import show
from pro_collector.domain.document import parse_yaml
from pro_collector.domain.exchange.adopt import adopt, without_scores
from pro_collector.domain.exchange.dump import definition_yaml, text_yaml
from pro_collector.domain.exchange.fhir_import import read_questionnaire
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.parse import parse_instrument, parse_text
from pro_collector.errors import BadInput
from tests.shared.instruments import library
from tests.unit.domain.exchange.test_instrument_fhir import TINY, conditioned
from tests.unit.domain.exchange.test_instrument_fhir_import import coded, form

LIBRARY = library()
PHQ2 = LIBRARY.get("phq-2")
ANSWERS = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")


def brought(ids: tuple[str, str], loinc: bool, ordinals: tuple[float, ...] = (0, 1, 2, 3)) -> Instrument:
    """A two-item questionnaire of another owner, with invented texts."""
    system = "http://loinc.org" if loinc else "http://example.org"
    options = [coded(code, f"word {n}", ordinals[n]) for n, code in enumerate(ANSWERS)]
    items = [
        {
            "linkId": link,
            "type": "choice",
            "text": f"Question {number}?",
            "code": [{"system": system, "code": code}],
            "answerOption": options,
        }
        for number, (link, code) in enumerate(zip(ids, ("44250-9", "44255-8"), strict=True), 1)
    ]
    return read_questionnaire(form(*items), "form.json", "phq-2").instrument


@pytest.mark.parametrize(
    ("ids", "loinc", "ordinals", "by_order"),
    [
        (("q1", "q2"), False, (0, 1, 2, 3), False),
        (("/44250-9", "/44255-8"), True, (0, 1, 2, 3), False),
        (("/44250-9", "/44255-8"), True, (1, 2, 3, 4), False),  # their ordinals start at 1; the answers' codes are ours
        (("A", "B"), False, (1, 2, 3, 4), True),
    ],
)
def test_texts_are_matched_to_items(
    ids: tuple[str, str], loinc: bool, ordinals: tuple[float, ...], by_order: bool
) -> None:
    (text,) = adopt(PHQ2, brought(ids, loinc, ordinals), "form.json", by_order)
    worded = PHQ2.with_texts(text)
    assert worded.can_ask_in("en")
    assert worded.hash == PHQ2.hash
    wording = text.wording(PHQ2.items[1])
    assert wording is not None
    assert wording.prompt == "Question 2?"
    assert [(option.code, option.label) for option in wording.options] == [(n, f"word {n}") for n in range(4)]


def test_words_without_an_item_are_refused() -> None:
    with pytest.raises(BadInput, match=r"A: phq-2 has no item like this; its items are q1 q2"):
        adopt(PHQ2, brought(("A", "B"), False), "form.json")
    with pytest.raises(BadInput, match="as many items as phq-2: when they stand in its order, --by-order takes them"):
        adopt(PHQ2, brought(("A", "B"), False), "form.json")
    with pytest.raises(BadInput, match=r"its items are q1 q2 q3 q4 q5 q6 q7 q8 q9 q10 \.\.\."):
        adopt(LIBRARY.get("qlq-c30"), brought(("A", "B"), False), "form.json")


def test_a_field_for_the_score_is_no_question() -> None:
    phq9 = LIBRARY.get("phq-9")
    total = {"linkId": "t", "type": "decimal", "text": "T", "code": [{"system": "http://loinc.org", "code": "44261-6"}]}
    asked = {"linkId": "q1", "type": "choice", "text": "Q?", "answerOption": [coded("LA6568-5", "word")]}
    found, totals = without_scores(phq9, read_questionnaire(form(asked, total), "form.json").instrument)
    assert totals == ("t",)
    (text,) = adopt(phq9, found, "form.json")
    assert list(text.items) == ["q1"]
    assert without_scores(PHQ2, PHQ2) == (PHQ2, ())


def test_choices_without_a_match_are_refused() -> None:
    levels = LIBRARY.get("eq-5d-5l")
    other = brought(("MO", "SC"), False, (1, 2, 3, 9))
    with pytest.raises(BadInput, match="MO: the choice 9 is none of those of MO: it takes one of 1, 2, 3, 4, 5"):
        adopt(levels, other, "form.json")


def test_numbers_keep_their_end_labels() -> None:
    (english, _) = adopt(TINY, TINY, "x")
    assert english == TINY.texts["en"].model_copy(update={"items": english.items, "option_sets": {}})
    wording = english.wording(TINY.items[1])
    assert wording is not None
    assert (wording.minimum, wording.options[0].replies) == ("none", ("zero",))


@pytest.mark.parametrize("name", LIBRARY.ids())
def test_files_written_back_read_the_same(name: str) -> None:
    instrument = LIBRARY.get(name)
    again = parse_instrument(parse_yaml(definition_yaml(instrument), "again.yaml"))
    assert again.hash == instrument.hash
    for text in instrument.texts.values():
        assert parse_text(parse_yaml(text_yaml(text), "text.yaml"), again) == text


def test_imported_rows_are_not_written_into_the_definition() -> None:
    valued = LIBRARY.get("eq-5d-5l").with_table("value-set", {"11111": 1.0}, "bought")
    assert "11111: 1" not in definition_yaml(valued)


def test_the_questionnaire_as_it_is_shown() -> None:
    lines = list(show(TINY))
    assert lines[:3] == ["Tiny (tiny 1.2.3)", "3 items, recall P7D", "nobody: none"]
    assert lines[4:] == [
        "1. How are you?",
        "   0  no way",
        "   1  by all means",
        "   -  rather not",
        "",
        "2. How many?  [only if a = 1]",
        "   0 to 3 (0 none, 3 all)",
        "",
        "3. Really?",
        "   0  No",
        "   1  Yes",
        "",
        "Scores",
        "  as published by this test",
        "  s: S: sum of a b; at least 2 of 2",
        "  u: U: table of a; table t; at least 1 of 1",
    ]
    assert list(show(TINY, "es"))[4] == "1. ¿Qué tal?"
    assert list(show(TINY, "en", "proxy"))[4] == "1. How is your child?"


def test_the_questionnaire_as_text_messages() -> None:
    lines = list(show(TINY, sms=True))
    assert lines[4:8] == ["1. a (36 GSM-7 units, 1 SMS)", "   | How are you?", "   | 0 no way", "   | 1 by all means"]
    assert "2. b  [only if a = 1] (5 GSM-7 units, 1 SMS)" in lines


def test_an_instrument_without_words_shows_its_structure() -> None:
    lines = list(show(LIBRARY.get("qlq-c30"), "en"))
    assert lines[3] == "no words here for this language and reporter; ask for them at https://qol.eortc.org/"
    assert lines[5:7] == ["1. q1", "   one of 1, 2, 3, 4"]
    assert (
        "  PF: Physical functioning: mean of q1 q2 q3 q4 q5; 1..4 becomes 100..0; at least 3 of 5; higher is better"
        in (lines)
    )
    assert any("* reversed" in line for line in lines)
    # FACT-G: more than 80 % of 27 items is 22; a subscale of 7 needs 4 and is prorated.
    total = next(line for line in show(LIBRARY.get("fact-g")) if line.startswith("  FACTG:"))
    assert "at least 4 of 4 scores, and 22 of 27 items" in total
    assert "at least 4 of 7, prorated to all" in next(
        line for line in show(LIBRARY.get("fact-g")) if line.startswith("  SWB:")
    )
    told = list(show(LIBRARY.get("phq-9")))[-3:]
    assert told[1].strip() == "minimal from 0, mild from 5, moderate from 10, moderately-severe from 15, severe from 20"
    assert told[2].strip().startswith("5 points: ")
    assert list(show(LIBRARY.get("esas-r")))[1] == "10 items, about now"
    assert "about today" in list(show(LIBRARY.get("eq-5d-5l")))[1]


def test_conditions_and_introductions_are_shown() -> None:
    both = "[{item: b, operator: exists, answer: true}, {item: c, operator: exists, answer: false}]"
    assert "  [only if b has an answer or c has no answer]" in "\n".join(show(conditioned(both, "any")))
    diary = list(show(LIBRARY.get("symptom-diary"), "en"))
    assert diary[4].startswith("A few short questions")
    bare = read_questionnaire(form({"linkId": "x", "type": "text", "text": "Anything else?"}), "form.json").instrument
    assert list(show(bare))[1] == "1 items, no recall period"
    assert list(show(bare))[-4:] == ["", "1. Anything else?", "", "Scores"]
