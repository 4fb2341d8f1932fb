"""Instruments as FHIR Questionnaires: export and import without loss, and files that strict validators refuse."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.fhir_export import Release, questionnaire
from pro_collector.domain.exchange.fhir_import import read_questionnaire
from pro_collector.domain.instrument.branching import enabled
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import AnyCondition, Condition, Item
from pro_collector.domain.instrument.parse import parse_instrument
from pro_collector.errors import BadInput
from tests.shared.instruments import library
from tests.shared.properties import examples
from tests.unit.domain.instrument.test_instrument import GOOD, TEXT
from tests.unit.domain.instrument.test_instrument_lint import made
from tests.unit.domain.scoring.made_up import MADE

LIBRARY = library()
TINY = made(en=TEXT, es=TEXT.replace("language: en", "language: es").replace("How are you?", "¿Qué tal?"))


def written(instrument: Instrument, release: Release = "R4") -> dict[str, Any]:
    """The Questionnaire after a trip through JSON text."""
    found: dict[str, Any] = json.loads(json.dumps(questionnaire(instrument, release)))
    return found


def read(data: Any) -> Instrument:
    """The instrument in a Questionnaire."""
    return read_questionnaire(data, "q.json").instrument


def same(one: Instrument, other: Instrument) -> bool:
    """Whether structure, scoring and words are the same."""
    return one.hash == other.hash and one.texts == other.texts


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize("name", LIBRARY.ids())
def test_every_shipped_instrument_comes_back_whole(name: str, release: Release) -> None:
    instrument = LIBRARY.get(name)
    exported = written(instrument, release)
    assert same(read(exported), instrument)
    assert written(read(exported), release) == exported


@pytest.mark.parametrize("instrument", [TINY, MADE], ids=["tiny", "made"])
def test_made_up_instruments_come_back_whole(instrument: Instrument) -> None:
    assert same(read(written(instrument)), instrument)


def test_imported_tables_are_exported() -> None:
    valued = LIBRARY.get("eq-5d-5l").with_table("value-set", {"11111": 1.0}, "made up for this test")
    assert same(read(written(valued)), valued)


def test_choices_have_their_value_twice() -> None:
    # Tools read one or the other: ordinalValue is the older name, itemWeight the newer.
    rand = {item["linkId"]: item for item in written(LIBRARY.get("rand-36"))["item"]}
    option = rand["q1"]["answerOption"][1]
    assert option["extension"] == [
        {"url": fhir.PREFIX, "valueString": "2"},
        {"url": fhir.WEIGHT, "valueDecimal": 75},
        {"url": fhir.ORDINAL, "valueDecimal": 75},
    ]
    phq = written(LIBRARY.get("phq-9"))
    assert phq["item"][0]["answerOption"][3]["valueCoding"] == {"system": "http://loinc.org", "code": "LA6571-9"}
    assert phq["item"][0]["code"] == [{"system": "http://loinc.org", "code": "44250-9"}]
    assert phq["code"] == [{"system": "http://loinc.org", "code": "44249-1"}]


def test_words_translations_and_types() -> None:
    found = written(TINY)
    assert (found["language"], found["title"]) == ("en", "Tiny")
    a, b, c = found["item"]
    assert a["text"] == "How are you?"
    (translation,) = a["_text"]["extension"]
    assert (fhir.first_value(translation, "lang"), fhir.first_value(translation, "content")) == ("es", "¿Qué tal?")
    assert a["answerOption"][0]["valueCoding"]["display"] == "no way"
    assert [item["type"] for item in (a, b, c)] == ["choice", "integer", "boolean"]
    assert [item["type"] for item in written(TINY, "R5")["item"]] == ["coding", "integer", "boolean"]
    assert fhir.first_value(b, fhir.MAXIMUM) == 3
    assert b["enableWhen"] == [
        {"question": "a", "operator": "=", "answerCoding": {"system": fhir.OPTIONS, "code": "1"}},
    ]
    assert "enableBehavior" not in b, "one condition needs no word for how many must be met"


def test_a_comparison_of_choices_is_expanded_and_restored() -> None:
    exported = written(LIBRARY.get("symptom-diary"))
    vomiting = next(item for item in exported["item"] if item["linkId"] == "vomiting")
    assert [condition["answerCoding"]["code"] for condition in vomiting["enableWhen"]] == ["1", "2", "3", "4"]
    assert vomiting["enableBehavior"] == "any"
    # Conditions that were changed in the file take precedence over those in our extension.
    vomiting["enableWhen"] = vomiting["enableWhen"][2:]
    changed = read(exported).item("vomiting")
    assert changed is not None
    assert [(condition.operator, condition.answer) for condition in changed.conditions] == [("=", 3), ("=", 4)]


def test_texts_changed_in_the_file_take_precedence() -> None:
    exported = written(TINY)
    exported["title"] = "Tinier"
    exported["item"][0]["text"] = "How are you today?"
    exported["item"][0]["answerOption"][1]["valueCoding"]["display"] = "certainly"
    text = read(exported).texts["en"]
    a, b, _ = read(exported).items
    wording, proxy, number = text.wording(a), text.wording(a, "proxy"), text.wording(b)
    assert wording is not None
    assert proxy is not None
    assert number is not None
    assert (text.title["self"], wording.prompt, proxy.prompt) == ("Tinier", "How are you today?", "How is your child?")
    assert [option.label for option in wording.options] == ["no way", "certainly"]
    assert wording.options[0].replies == ("no",)
    assert number.sms == "Many?"
    assert list(read(exported).texts) == ["en", "es"]


def conditioned(conditions: str, behavior: str = "all") -> Instrument:
    """TINY with an item that has these conditions."""
    item = f"\n  - {{id: y, kind: text, enable_when: {conditions}, enable_behavior: {behavior}}}\ntables:"
    dated = "\n  - {id: d, kind: date}\n  - {id: w, kind: text}\n  - {id: x, kind: decimal}"
    return parse_instrument(parse_yaml(GOOD.replace("\ntables:", dated + item), "tiny.yaml"))


EITHER = '{any_of: [{item: b, operator: ">", answer: 1}, {item: c, operator: "=", answer: 1}]}'


@pytest.mark.parametrize(
    ("conditions", "behavior"),
    [
        ('[{item: b, operator: ">", answer: 1}, {item: b, operator: "<=", answer: 2}]', "all"),
        ("[{item: b, operator: exists, answer: true}]", "all"),
        (f"[{EITHER}]", "all"),
        (f"[{{item: a, operator: exists, answer: true}}, {EITHER}, {EITHER}]", "all"),
        (f"[{{item: a, operator: exists, answer: true}}, {EITHER}]", "any"),
        ('[{item: a, operator: ">=", answer: 0}, {item: c, operator: ">=", answer: 0}]', "all"),
        ('[{item: c, operator: "=", answer: 1}, {item: a, operator: "!=", answer: 0}]', "any"),
        ('[{item: c, operator: ">", answer: 0}]', "all"),
        ('[{item: d, operator: ">=", answer: "2026-01-01"}]', "all"),
        ('[{item: w, operator: "=", answer: "blue"}]', "all"),
        ('[{item: x, operator: "<", answer: -0.5}]', "all"),
        ('[{item: x, operator: "<", answer: 2}]', "all"),
    ],
)
def test_every_kind_of_condition_comes_back(conditions: str, behavior: str) -> None:
    instrument = conditioned(conditions, behavior)
    assert same(read(written(instrument)), instrument)


CONDITIONS = st.sampled_from(
    [Condition(item=item, operator=operator, answer=1) for item in "abc" for operator in ("=", "!=", ">=", "<")]
    + [Condition(item="b", operator="exists", answer=answer) for answer in (True, False)]
)
PARTS = CONDITIONS | st.builds(AnyCondition, any_of=st.lists(CONDITIONS, min_size=1, max_size=3).map(tuple))


@examples(60)
@given(st.lists(PARTS, min_size=1, max_size=4), st.sampled_from(["all", "any"]))
def test_fhir_asks_a_question_exactly_when_we_do(parts: list[Condition | AnyCondition], behavior: str) -> None:
    data = {"id": "y", "kind": "text", "enable_when": parts, "enable_behavior": behavior}
    asked = Item.model_validate(data)
    instrument = TINY.with_items([*TINY.items, asked]).with_texts(*TINY.texts.values())
    exported = written(instrument)
    whole = read(exported).item("y")
    del exported["extension"]  # what other programs do not know
    known = read(exported).item("y")
    assert whole is not None
    assert known is not None
    assert whole.clauses == asked.clauses
    for a, b, c in product((None, 0, 1), (None, 0, 1, 2, 3), (None, 0, 1)):
        answers = {"a": a, "b": b, "c": c}
        assert enabled(known, answers) is enabled(asked, answers)


def test_a_condition_has_the_answer_type_of_its_question() -> None:
    def answer(condition: str) -> dict[str, Any]:
        (found,) = written(conditioned(f"[{condition}]"))["item"][-1]["enableWhen"]
        return {key: value for key, value in found.items() if key not in ("question", "operator")}

    assert answer('{item: b, operator: ">", answer: 1}') == {"answerInteger": 1}
    assert answer('{item: x, operator: "<", answer: 2}') == {"answerDecimal": 2}
    assert answer('{item: d, operator: ">=", answer: "2026-01-01"}') == {"answerDate": "2026-01-01"}
    assert answer('{item: w, operator: "=", answer: "blue"}') == {"answerString": "blue"}
    assert answer('{item: c, operator: "=", answer: 1}') == {"answerBoolean": True}


def test_logic_of_and_and_or_is_written_as_groups_around_the_question() -> None:
    needed = "{item: a, operator: exists, answer: true}"
    instrument = conditioned(f"[{needed}, {EITHER}, {EITHER}]")
    outer = written(instrument)["item"][-1]
    (inner,) = outer["item"]
    (asked,) = inner["item"]
    assert [(each["linkId"], each["type"]) for each in (outer, inner, asked)] == [
        ("_when_y_1", "group"),
        ("_when_y_2", "group"),
        ("y", "text"),
    ]
    assert [each.get("enableBehavior") for each in (outer, inner, asked)] == ["any", "any", None]
    assert [len(each["enableWhen"]) for each in (outer, inner, asked)] == [2, 2, 1]


def test_conditions_that_no_answer_meets_are_refused() -> None:
    with pytest.raises(BadInput, match="no answer to a is > 1"):
        questionnaire(conditioned('[{item: a, operator: ">", answer: 1}]'))


def test_a_condition_on_nothing_known_exports_nothing_false() -> None:
    orphan = Item(id="z", kind="text", enable_when=(Condition(item="gone", operator="exists", answer=True),))
    found = written(TINY.with_items([*TINY.items, orphan]))
    assert found["item"][-1]["enableWhen"] == [{"question": "gone", "operator": "exists", "answerBoolean": True}]
