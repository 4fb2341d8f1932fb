"""Where the choices of a FHIR item are: in value sets, elsewhere, or nowhere; the examples are invented."""

import json
from pathlib import Path
from typing import Any

import pytest

from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.fhir_export import questionnaire
from pro_collector.domain.exchange.fhir_import import read_questionnaire
from pro_collector.domain.exchange.fhir_value_sets import value_sets_in
from pro_collector.domain.exchange.imported import Imported
from pro_collector.errors import BadInput
from pro_collector.resources import VALUE_SETS

Json = dict[str, Any]
HERE = "urn:a:colours"
COLOURS: Json = {
    "resourceType": "CodeSystem",
    "id": "colours",
    "url": HERE,
    "concept": [
        {"code": "warm", "display": "Warm", "concept": [{"code": "red", "display": "Red"}]},
        {"code": "cold", "property": [{"code": "notSelectable", "valueBoolean": True}], "concept": [{"code": "blue"}]},
    ],
}
AUTOCOMPLETE: Json = {"url": fhir.CONTROL, "valueCodeableConcept": {"coding": [{"code": "autocomplete"}]}}


def asked(kind: str = "choice", **more: Any) -> Json:
    """One question about a colour."""
    return {"linkId": "x", "type": kind, "text": "Which colour?", **more}


def form(*items: Json, **more: Any) -> Json:
    """A Questionnaire with these items."""
    return {"resourceType": "Questionnaire", "title": "A form", "item": list(items), **more}


def value_set(name: str = "vs", **more: Any) -> Json:
    """A value set, to be contained as `#name`, or elsewhere under its URL."""
    return {"resourceType": "ValueSet", "id": name, "url": f"urn:a:{name}", **more}


def read(data: Json, *known: Json) -> Imported:
    """The import; an export and a second import must give the same instrument."""
    found = read_questionnaire(data, "form.json", known=known)
    again = read_questionnaire(questionnaire(found.instrument), "form.json").instrument
    assert (again.hash, again.texts) == (found.instrument.hash, found.instrument.texts)
    return found


def codes(data: Json, *known: Json) -> list[int | str]:
    """The codes of the choices of the first question."""
    return [option.code for option in read(data, *known).instrument.items[0].options]


def refused(data: Json, *known: Json) -> str:
    """Why a file is refused."""
    with pytest.raises(BadInput) as caught:
        read_questionnaire(data, "form.json", known=known)
    return str(caught.value)


NOT_RED: Json = {"include": [{"system": HERE}], "exclude": [{"system": HERE, "concept": [{"code": "red"}]}]}
WARM_TWICE: Json = {"include": [{"system": HERE, "concept": [{"code": "warm"}]}, {"system": HERE}]}


@pytest.mark.parametrize(
    ("compose", "expected"),
    [
        ({"include": [{"system": HERE}]}, ["warm", "red", "blue"]),
        (WARM_TWICE, ["warm", "red", "blue"]),
        (NOT_RED, ["warm", "blue"]),
        ({"include": [{"valueSet": ["urn:a:few|2"]}]}, ["red", "blue"]),
        ({"include": [{"system": HERE, "valueSet": ["urn:a:few"]}]}, ["red", "blue"]),
        ({"include": [{"valueSet": ["urn:a:few", HERE]}]}, ["red", "blue"]),
    ],
)
def test_a_value_set_is_composed_of_code_systems_and_value_sets(compose: Json, expected: list[str]) -> None:
    few = value_set("few", compose={"include": [{"system": HERE, "concept": [{"code": "red"}, {"code": "blue"}]}]})
    data = form(asked(answerValueSet="#vs"), contained=[value_set(compose=compose), COLOURS, few])
    assert codes(data) == expected


def test_an_expansion_has_levels_and_headings() -> None:
    inner = [{"system": "s", "code": "a"}, {"system": "s", "code": "b", "contains": [{"system": "s", "code": "c"}]}]
    heading = {"system": "s", "code": "h", "abstract": True, "contains": inner}
    data = form(asked(answerValueSet="#vs"), contained=[value_set(expansion={"total": 3, "contains": [heading]})])
    assert codes(data) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "which lists no choices;"),
        ({"compose": {"include": [{"system": HERE, "filter": [{"property": "p"}]}]}}, "what a filter selects"),
        ({"compose": {"include": [{"system": "urn:gone"}]}}, "includes all of 'urn:gone', which is not here"),
        ({"compose": {"include": [{"system": "urn:a:part"}]}}, "all of 'urn:a:part', of which not all is listed"),
        ({"compose": {"include": [{"valueSet": ["urn:gone"]}]}}, "includes 'urn:gone', which is not here"),
        ({"compose": {"include": [{"valueSet": ["urn:a:loop"]}]}}, "includes 'urn:a:loop', which includes it"),
        ({"compose": {"include": [{"system": HERE}], "exclude": [{"system": HERE}]}}, "which lists no choices;"),
        ({"expansion": {"total": 9, "contains": [{"code": "a"}]}}, "which has 1 of its 9 choices;"),
    ],
)
def test_a_value_set_that_is_not_wholly_listed_is_refused(content: Json, message: str) -> None:
    part = {**COLOURS, "id": "part", "url": "urn:a:part", "content": "fragment"}
    loop = value_set("loop", compose={"include": [{"valueSet": ["urn:a:loop"]}]})
    told = refused(form(asked(answerValueSet="#vs"), contained=[value_set(**content), COLOURS, part, loop]))
    assert message in told
    assert "--value-sets FOLDER reads what is missing" in told


def test_value_sets_are_found_by_url_and_by_id_in_other_resources_too() -> None:
    red = value_set("red", compose={"include": [{"system": HERE, "concept": [{"code": "red"}]}]})
    unnamed = {key: value for key, value in red.items() if key != "url"}
    beside = value_sets_in(form(asked("text"), contained=[red, unnamed]))
    assert beside == [red]
    assert codes(form(asked(answerValueSet="urn:a:red")), *beside) == ["red"]
    assert codes(form(asked(options={"reference": "ValueSet/red"})), red) == ["red"]
    entries = {"resourceType": "Bundle", "entry": [{"resource": form(contained=[red])}, {"resource": COLOURS}, {}]}
    assert value_sets_in(entries) == [red, COLOURS]
    own = value_set("red", compose={"include": [{"system": HERE, "concept": [{"code": "own"}]}]})
    assert codes(form(asked(answerValueSet="urn:a:red"), contained=[own]), red) == ["own"]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"answerOption": []},
        {"extension": [{"url": fhir.ANSWERS_COMPUTED, "valueExpression": {}}]},
        {"answerValueSet": "urn:gone", "extension": [AUTOCOMPLETE]},
    ],
)
def test_an_open_choice_without_a_list_is_asked_as_text(more: Json) -> None:
    found = read(form(asked("open-choice", **more)))
    assert found.instrument.items[0].kind == "text"
    assert found.notes == ("x: an open choice whose list is not in the file; read as text, which it allows",)


def test_an_open_choice_with_a_list_keeps_it() -> None:
    assert codes(form(asked("open-choice", answerOption=[{"valueString": "Red"}]))) == ["Red"]
    known = value_set("red", compose={"include": [{"system": HERE, "concept": [{"code": "red"}]}]})
    assert codes(form(asked("open-choice", answerValueSet="urn:a:red", extension=[AUTOCOMPLETE])), known) == ["red"]
    assert "outside this file; --value-sets" in refused(form(asked("open-choice", answerValueSet="urn:gone")))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (asked("string", answerOption=[{"valueString": "Red"}, {"valueString": "Blue"}]), ["Red", "Blue"]),
        (asked("integer", option=[{"valueInteger": 3}, {"valueInteger": 5}]), [3, 5]),
        (asked("coding", answerConstraint="optionsOrString", answerOption=[{"valueString": "Red"}]), ["Red"]),
    ],
)
def test_a_text_or_number_with_a_list_is_a_choice(item: Json, expected: list[int | str]) -> None:
    assert codes(form(item)) == expected


@pytest.mark.parametrize(
    ("extension", "message"),
    [
        ({"url": fhir.ANSWERS_COMPUTED, "valueExpression": {}}, "computed by an expression (answerExpression)"),
        ({"url": fhir.ANSWERS_ELSEWHERE, "valueUri": "urn:a:search"}, "looked up at 'urn:a:search'"),
    ],
)
def test_choices_that_are_not_listed_anywhere_are_refused(extension: Json, message: str) -> None:
    told = refused(form(asked(extension=[extension])))
    assert message in told
    assert told.endswith("which is not done here; list them in answerOption")


@pytest.mark.parametrize("file", sorted(VALUE_SETS.glob("*.json")), ids=lambda file: str(file.stem))
def test_the_value_sets_of_the_product_say_whose_they_are_and_can_be_used(file: Path) -> None:
    shipped = value_sets_in(json.loads(file.read_text("utf-8")))
    assert shipped
    for each in shipped:
        assert "CC0" in each["copyright"]
        found = read(form(asked(answerValueSet=each["url"])), *shipped).instrument
        assert found.can_ask_in("en")
