"""Questionnaires from other systems with the deviations of real files; the examples are invented."""

import json
from typing import Any

import pytest

from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.fhir_export import questionnaire
from pro_collector.domain.exchange.fhir_import import read_questionnaire
from pro_collector.domain.exchange.fhir_value_sets import value_sets_in
from pro_collector.domain.exchange.imported import Imported, item_id, plain, semantic_version, slug
from pro_collector.errors import BadInput

Json = dict[str, Any]


def form(*items: Any, **more: Any) -> Json:
    """A Questionnaire with these items."""
    return {"resourceType": "Questionnaire", "title": "A form", "status": "draft", "item": list(items), **more}


def coded(
    code: str, display: str, ordinal: float | None = None, prefix: str | None = None, inside: bool = False
) -> Json:
    """An answer option; its ordinal value is next to the coding, or inside it as in older files."""
    marks = [{"url": fhir.ORDINAL, "valueDecimal": ordinal}] if ordinal is not None else []
    coding: Json = {"system": "http://loinc.org", "code": code, "display": display}
    if inside:
        return {"valueCoding": {**coding, "extension": marks}}
    marks += [{"url": fhir.PREFIX, "valueString": prefix}] if prefix is not None else []
    return {"extension": marks, "valueCoding": coding}


YES_NO: Json = {"linkId": "q1", "type": "boolean", "text": "Any?"}
CHOICE: Json = {
    "linkId": "/44250-9",
    "type": "choice",
    "text": "How <b>often</b>?",
    "code": [{"system": "http://loinc.org", "code": "44250-9", "display": "x"}, {"code": "no system"}],
    "answerOption": [coded("LA6568-5", "Never", 0, "0"), coded("LA6569-3", "Often", 1, "1")],
}


def read(data: Any, as_id: str | None = None) -> Imported:
    """The import; an export and a second import must give the same instrument."""
    found = read_questionnaire(data, "form.json", as_id)
    again = read_questionnaire(questionnaire(found.instrument), "form.json")
    assert again.instrument.hash == found.instrument.hash
    assert again.instrument.texts == found.instrument.texts
    return found


def refused(data: Any) -> str:
    """Why a file is refused."""
    with pytest.raises(BadInput) as caught:
        read_questionnaire(data, "form.json")
    return str(caught.value)


def test_a_plain_form() -> None:
    data = form(
        {"linkId": "intro", "type": "display", "text": "Please answer."},
        {
            "linkId": "g",
            "type": "group",
            "text": "Last week",
            "item": [CHOICE, {"linkId": "total", "type": "integer", "readOnly": True}],
        },
        {"linkId": "how many", "type": "integer"},
        id="phq",
        version="2.1",
        url="http://example.org/phq",
        publisher="Somebody",
        copyright="Ask first.",
        code=[{"system": "http://loinc.org", "code": "44249-1"}],
    )
    found = read(data)
    instrument = found.instrument
    assert (instrument.id, instrument.version, instrument.canonical) == ("phq", "2.1.0", "http://example.org/phq")
    assert (instrument.licence.holder, instrument.licence.terms, instrument.licence.text) == (
        "Somebody",
        "Ask first.",
        "import",
    )
    choice, number = instrument.items
    assert choice.id == "/44250-9"
    assert [(option.code, option.value, option.codes[0].code) for option in choice.options] == [
        (0, 0, "LA6568-5"),
        (1, 1, "LA6569-3"),
    ]
    assert [code.code for code in choice.codes] == ["44250-9"]
    assert (number.id, number.kind) == ("how_many", "decimal")
    text = instrument.texts["en"]
    assert text.introduction is not None
    assert text.introduction["self"] == "Please answer.\nLast week"
    wording = text.wording(choice)
    assert wording is not None
    assert wording.prompt == "How often ?"
    assert [option.label for option in wording.options] == ["Never", "Often"]
    assert not text.licence.redistributable
    assert found.notes == (
        "total: read-only, so not asked",
        "how many: called 'how_many' here",
        "how many: whole numbers without both limits are read as any number",
        "version '2.1' is written 2.1.0 here",
    )


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ([coded("LA1", "a", 3), coded("LA2", "b", 5)], [3, 5]),
        ([coded("LA1", "a", 3, inside=True), coded("LA2", "b", 5, inside=True)], [3, 5]),
        ([coded("LA1", "a", 3, "1"), coded("LA2", "b", 5, "2)")], [1, 2]),
        ([coded("LA1", "a", 3, "a"), coded("LA2", "b", 5, "b")], [3, 5]),
        ([coded("LA1", "a", 1), coded("LA2", "b", 1)], ["LA1", "LA2"]),
        ([coded("LA1", "a", 0.5), coded("LA2", "b", 1)], ["LA1", "LA2"]),
        ([coded("LA1", "a"), coded("LA2", "b")], ["LA1", "LA2"]),
        ([coded("1", "a"), coded("2", "b")], [1, 2]),
        ([{"valueInteger": 4}, {"valueInteger": 7}], [4, 7]),
        ([{"valueString": "Red"}, {"valueString": "Blue"}], ["Red", "Blue"]),
        ([{"valueCoding": {"code": "x"}, "extension": "broken"}], ["x"]),
    ],
)
def test_codes_of_choices(options: list[Json], codes: list[int | str]) -> None:
    (item,) = read(form({"linkId": "q", "type": "coding", "text": "?", "answerOption": options})).instrument.items
    assert [option.code for option in item.options] == codes


def test_weights_that_differ_from_the_code_are_kept() -> None:
    options = [coded("LA1", "a", 100, "1"), coded("LA2", "b", 12.5, "2")]
    (item,) = read(form({"linkId": "q", "type": "choice", "answerOption": options})).instrument.items
    assert [(option.code, option.weight) for option in item.options] == [(1, 100), (2, 12.5)]


def test_older_files_list_options_and_value_sets_otherwise() -> None:
    concepts = [{"code": "1", "display": "One"}, {"code": "2", "display": "Two"}]
    ordinal = {"url": fhir.ORDINAL, "valueDecimal": 9}
    data = form(
        {"linkId": "a", "type": "choice", "option": [{"valueCoding": {"code": "1"}}, {"valueCoding": {"code": "2"}}]},
        {"linkId": "b", "type": "choice", "options": {"reference": "#vs"}},
        {"linkId": "c", "answerValueSet": "#expanded"},
        contained=[
            {"resourceType": "ValueSet", "id": "vs", "compose": {"include": [{"system": "s", "concept": concepts}]}},
            {
                "resourceType": "ValueSet",
                "id": "expanded",
                "expansion": {"contains": [{"code": "k", "system": "t", "extension": [ordinal]}]},
            },
        ],
    )
    a, b, c = read(data).instrument.items
    assert [[option.code for option in item.options] for item in (a, b, c)] == [[1, 2], [1, 2], [9]]
    assert b.options[0].codes[0].system == "s"
    assert c.kind == "choice"


def test_skip_logic_in_every_form() -> None:
    number = {"extension": [{"url": fhir.MINIMUM, "valueInteger": 0}, {"url": fhir.MAXIMUM, "valueInteger": 9}]}
    data = form(
        CHOICE,
        YES_NO,
        {"linkId": "n", "type": "integer", **number},
        {"linkId": "a", "type": "text", "enableWhen": [{"question": "q1", "operator": "=", "answerBoolean": True}]},
        {"linkId": "b", "type": "text", "enableWhen": [{"question": "n", "hasAnswer": False}]},
        {
            "linkId": "c",
            "type": "text",
            "enableBehavior": "any",
            "enableWhen": [
                {"question": "n", "operator": ">=", "answerInteger": 3},
                {"question": "/44250-9", "operator": "=", "answerCoding": {"code": "LA6569-3"}},
                {"question": "/44250-9", "operator": "!=", "answerCoding": {"system": "elsewhere", "code": "1"}},
            ],
        },
        {
            "linkId": "g",
            "type": "group",
            "enableWhen": [{"question": "q1", "operator": "exists", "answerBoolean": True}],
            "item": [
                {"linkId": "d", "type": "text", "enableWhen": [{"question": "n", "answerInteger": 1}]},
                {"linkId": "e", "type": "text"},
            ],
        },
    )
    logic = {
        item.id: (item.enable_behavior, [(c.item, c.operator, c.answer) for c in item.conditions])
        for item in read(data).instrument.items
        if item.enable_when
    }
    assert logic == {
        "a": ("all", [("q1", "=", 1)]),
        "b": ("all", [("n", "exists", False)]),
        "c": ("any", [("n", ">=", 3), ("/44250-9", "=", 1), ("/44250-9", "!=", 1)]),
        "d": ("all", [("q1", "exists", True), ("n", "=", 1)]),
        "e": ("all", [("q1", "exists", True)]),
    }


def test_items_that_cannot_be_asked_are_left_out_with_a_note() -> None:
    data = form(
        YES_NO,
        {"linkId": "file", "type": "attachment"},
        {"linkId": "when", "type": "dateTime"},
        {"linkId": "price", "type": "quantity"},
        {"linkId": "many", "type": "choice", "repeats": True, "answerOption": [{"valueString": "x"}]},
        {"linkId": "h", "type": "string", "extension": [{"url": fhir.HIDDEN, "valueBoolean": True}]},
        {"linkId": "sum", "type": "decimal", "extension": [{"url": fhir.CALCULATED, "valueExpression": {}}]},
        {"linkId": "odd", "item": [{"linkId": "inner", "text": "In a nameless group"}]},
        "not an item",
    )
    found = read(data)
    assert [(item.id, item.kind) for item in found.instrument.items] == [
        ("q1", "yesno"),
        ("when", "text"),
        ("price", "decimal"),
        ("many", "choice"),
        ("inner", "text"),
    ]
    assert found.notes == (
        "file: items of type 'attachment' cannot be asked here; left out",
        "when: read as text",
        "price: read as a number without its unit",
        "many: several answers were possible; here it is one",
        "h: hidden, so not asked",
        "sum: calculated, so not asked",
    )


def test_conditions_of_groups_and_questions_are_joined_with_any_and_all() -> None:
    yes = {"question": "q1", "answerBoolean": True}
    number = {"question": "n", "operator": ">", "answerDecimal": 3}
    data = form(
        YES_NO,
        {"linkId": "n", "type": "decimal"},
        {
            "linkId": "g",
            "type": "group",
            "enableBehavior": "any",
            "enableWhen": [yes, number],
            "item": [
                {"linkId": "a", "type": "text"},
                {"linkId": "b", "type": "text", "enableWhen": [{**yes, "operator": "!="}, number]},
                {"linkId": "c", "type": "text", "enableBehavior": "any", "enableWhen": [number, yes]},
            ],
        },
    )
    *_, a, b, c = read(data).instrument.items
    assert [[condition.item for condition in clause] for clause in a.clauses] == [["q1", "n"]]
    assert [[condition.item for condition in clause] for clause in b.clauses] == [["q1", "n"], ["q1"], ["n"]]
    assert [[condition.item for condition in clause] for clause in c.clauses] == [["q1", "n"], ["n", "q1"]]


def test_what_is_below_a_hidden_group_is_hidden_and_below_a_disabled_question_disabled() -> None:
    data = form(
        YES_NO,
        {
            "linkId": "a",
            "type": "text",
            "enableWhen": [{"question": "q1", "answerBoolean": True}],
            "item": [{"linkId": "b", "type": "text"}],
        },
        {
            "linkId": "h",
            "type": "group",
            "text": "Not for people",
            "extension": [{"url": fhir.HIDDEN, "valueBoolean": True}],
            "item": [{"linkId": "g", "type": "group", "item": [{"linkId": "c", "type": "text"}]}],
        },
        {"linkId": "r", "type": "group", "readOnly": True, "item": [{"linkId": "d", "type": "text"}]},
    )
    found = read(data)
    logic = {item.id: [(c.item, c.answer) for c in item.conditions] for item in found.instrument.items}
    assert logic == {"q1": [], "a": [("q1", 1)], "b": [("q1", 1)], "d": []}
    assert found.notes == ("h: hidden, so not asked",)
    assert found.instrument.texts["en"].introduction is None
    for target, why in (("c", "hidden"), ("s", "calculated"), ("f", "of type 'attachment'")):
        unasked = [
            {"linkId": "s", "type": "integer", "extension": [{"url": fhir.CALCULATED, "valueExpression": {}}]},
            {"linkId": "f", "type": "attachment"},
        ]
        told = refused(form(*data["item"], *unasked, {**YES_NO, "linkId": "z", "enableWhen": [{"question": target}]}))
        assert told.endswith(f"is about {target!r}, which is {why}, so that nobody is asked it here")


def test_a_mistake_in_a_question_is_told_once() -> None:
    twice = {"linkId": "x", "type": "choice", "answerOption": [{"valueInteger": 1}, {"valueInteger": 1}]}
    after = {**YES_NO, "enableWhen": [{"question": "x", "operator": "exists", "answerBoolean": True}]}
    assert refused(form(twice, after)) == "form.json: item x: two options have the same code"


def test_an_id_can_be_given_and_translations_are_found() -> None:
    words = {"extension": [{"url": "lang", "valueCode": "fr"}, {"url": "content", "valueString": "Ça va ?"}]}
    item = {**YES_NO, "_text": {"extension": [{"url": fhir.TRANSLATION, **words}, {"url": fhir.TRANSLATION}]}}
    found = read(form(item, language="de"), "mine").instrument
    assert (found.id, list(found.texts)) == ("mine", ["de", "fr"])
    assert found.texts["fr"].items["q1"].prompt["self"] == "Ça va ?"
    assert found.texts["fr"].title["self"] == "A form"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "expected a FHIR Questionnaire"),
        ({"resourceType": "Patient"}, "expected a FHIR Questionnaire"),
        (form(), "no question to ask"),
        (form({"linkId": "x", "type": "display", "text": "Hello"}), "no question to ask"),
        (form(YES_NO, YES_NO), "item q1: this linkId is used twice"),
        (form({"linkId": "x", "type": "choice"}), "item x: it has no choices: expected answerOption or answerValueSet"),
        (form({"linkId": "x", "type": "choice", "answerValueSet": "http://a/vs"}), "outside this file"),
        (form({"linkId": "x", "type": "choice", "answerValueSet": "#gone"}), "which this file does not contain"),
        (
            form({"linkId": "x", "type": "choice", "answerOption": [{"valueInteger": 1}, {"valueInteger": 1}]}),
            "item x: two options have the same code",
        ),
        (form({**YES_NO, "enableWhen": [{"question": "gone"}]}), "its skip logic is about 'gone', which is not"),
        (
            form(CHOICE, {**YES_NO, "enableWhen": [{"question": "/44250-9", "answerCoding": {"code": "LA9"}}]}),
            "its skip logic compares /44250-9 with something it cannot be answered with",
        ),
        (form({**YES_NO, "enableWhen": [{"question": "q2", "answerBoolean": True}]}, {**YES_NO, "linkId": "q2"}),
         "item q1: its skip logic is about 'q2', which does not come before it; only the answers before count"),
        (form({**YES_NO, "enableWhen": [{"question": "q1", "answerBoolean": True}]}), "which does not come before it"),
        (form(YES_NO, {**YES_NO, "linkId": "q2", "enableWhen": [{"question": "q1", "operator": "~"}]}),
         "cannot be answered with"),
        (form(CHOICE, {**YES_NO, "enableWhen": [{"question": "/44250-9", "answerInteger": 8}]}),
         "item q1: its skip logic compares /44250-9 with something it cannot be answered with; it takes one of 0, 1"),
        (form(YES_NO, language="English"), "String should match pattern"),
    ],
)  # fmt: skip
def test_a_file_is_refused_if_its_meaning_would_change(data: Any, message: str) -> None:
    assert message in refused(data)


def test_a_broken_own_extension_is_ignored() -> None:
    for rest in ("{not json", '"text"'):
        found = read(form(YES_NO, extension=[{"url": fhir.REST, "valueString": rest}]))
        assert [item.id for item in found.instrument.items] == ["q1"]


def test_a_mistake_in_our_own_extension_is_told() -> None:
    scale = {"id": "s", "title": "S", "items": ["gone"], "method": "sum", "direction": "none"}
    rest = json.dumps({"definition": {"scales": [scale]}})
    told = refused(form(YES_NO, extension=[{"url": fhir.REST, "valueString": rest}]))
    assert told == "form.json: scales.0.items.0: no item 'gone'; known: q1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, "1.0.0"), ("2", "2.0.0"), ("2.1", "2.1.0"), ("2026.0.0-ballot", "2026.0.0"), ("v1.02.3.4", "1.2.3")],
)
def test_versions_become_three_numbers(given: object, expected: str) -> None:
    assert semantic_version(given) == expected


def test_names_become_ids() -> None:
    assert slug(None, " ", "PHQ-9 quick!", "other") == "phq-9-quick"
    assert slug("", "¿?") == "imported"
    assert item_id("1.1 a/b", ()) == "1.1_a/b"
    assert item_id("..", ()) == "item"
    assert item_id("q", ("q", "q_2")) == "q_3"
    assert plain(" <p>One\n two</p>  ") == "One two"


def bundle(*resources: Json) -> Json:
    """A Bundle of these resources."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def test_choices_in_value_sets_and_code_systems_of_the_same_bundle() -> None:
    often = {
        "code": "o",
        "display": "oft",
        "designation": [{"language": "en", "value": "often"}, {"language": "fr", "value": "svt", "use": {"code": "x"}}],
    }
    listed = {"system": "http://a/cs1", "concept": [{"code": "n", "display": "nie"}, often]}
    values = {
        "resourceType": "ValueSet",
        "url": "http://a/vs",
        "compose": {"include": [listed, {"system": "http://a/cs2"}]},
    }
    system = {"resourceType": "CodeSystem", "url": "http://a/cs2", "concept": [{"code": " u ", "display": "unklar"}]}
    asked = {"linkId": "x", "type": "choice", "text": "?", "answerValueSet": "http://a/vs|1.0"}
    instrument = read(bundle(values, form(asked, language="de"), system)).instrument
    assert [option.code for option in instrument.items[0].options] == ["n", "o", "u"]
    said = instrument.texts["de"].wording(instrument.items[0])
    assert said is not None
    assert [option.label for option in said.options] == ["nie", "oft", "unklar"]
    known = [*value_sets_in(bundle(values, form(asked))), *value_sets_in(system), *value_sets_in([])]
    beside = read_questionnaire(form(asked, language="de"), "q.json", known=known).instrument
    assert (beside.items, beside.texts) == (instrument.items, instrument.texts)
    assert "fr" not in instrument.texts
    assert "which includes all of 'http://a/cs2', which is not here; --value-sets" in refused(
        bundle(values, form(asked))
    )


def test_an_option_with_words_alone_is_known_by_them_and_codes_have_no_blanks_around() -> None:
    options = [{"valueCoding": {"code": "c1\u00a0"}}, {"valueCoding": {"display": "Answer 2"}}]
    code = [{"system": "http://loinc.org", "code": "68518-0\u00a0\u00a0"}]
    (item,) = read(
        form({"linkId": "x", "type": "choice", "text": "?", "answerOption": options, "code": code})
    ).instrument.items
    assert [option.code for option in item.options] == ["c1", "Answer 2"]
    assert item.codes[0].code == "68518-0"


def test_a_bundle_has_one_questionnaire() -> None:
    asked = {"linkId": "x", "type": "text", "text": "?"}
    assert "expected one Questionnaire in the Bundle, not 2" in refused(bundle(form(asked), form(asked)))
    assert "expected one Questionnaire in the Bundle, not 0" in refused(bundle())
