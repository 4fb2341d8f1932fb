"""REDCap data dictionaries, by their headings in the web export and in the API."""

import csv
import io
from collections.abc import Sequence

import pytest

from pro_collector.domain.exchange.fhir_export import questionnaire
from pro_collector.domain.exchange.fhir_import import read_questionnaire
from pro_collector.domain.exchange.imported import Imported
from pro_collector.domain.exchange.redcap import read_dictionary
from pro_collector.errors import BadInput

LONG = {
    "name": "Variable / Field Name",
    "form": "Form Name",
    "section": "Section Header",
    "type": "Field Type",
    "label": "Field Label",
    "choices": "Choices, Calculations, OR Slider Labels",
    "validation": "Text Validation Type OR Show Slider Number",
    "low": "Text Validation Min",
    "high": "Text Validation Max",
    "logic": "Branching Logic (Show field only if...)",
}
SHORT = {
    "name": "field_name",
    "form": "form_name",
    "section": "section_header",
    "type": "field_type",
    "label": "field_label",
    "choices": "select_choices_or_calculations",
    "validation": "text_validation_type_or_show_slider_number",
    "low": "text_validation_min",
    "high": "text_validation_max",
    "logic": "branching_logic",
}


def dictionary(*rows: dict[str, str], headings: dict[str, str] = LONG) -> str:
    """A data dictionary with these fields."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(headings.values()))
    writer.writeheader()
    for row in rows:
        given = {"form": "daily", "type": "text", "label": "Label?", **row}
        writer.writerow({headings[key]: value for key, value in given.items()})
    return text.getvalue()


def read(*rows: dict[str, str], forms: Sequence[str] = (), headings: dict[str, str] = LONG) -> Imported:
    """The import of these fields; an export to FHIR and an import must give the same instrument."""
    found = read_dictionary(dictionary(*rows, headings=headings), "dictionary.csv", forms)
    again = read_questionnaire(questionnaire(found.instrument), "form.json")
    assert (again.instrument.hash, again.instrument.texts) == (found.instrument.hash, found.instrument.texts)
    return found


MOOD = {"name": "mood", "type": "radio", "label": "<b>Mood</b> today?", "choices": "0, Low | 1, So, so | 2, High"}


ILL = {"name": "ill", "type": "checkbox", "label": "Which do you have?", "choices": "1, Colds | ASTHMA-x, Wheezing"}


def test_each_box_of_a_checkbox_is_a_question() -> None:
    drugs = {"name": "drugs", "type": "checkbox", "label": "Drugs", "choices": "-9, None", "logic": "[ill(1)] = 1"}
    instrument = read(ILL, drugs).instrument
    text = instrument.texts["en"]
    said = {item.id: wording.prompt for item in instrument.items if (wording := text.wording(item))}
    assert said == {
        "ill___1": "Which do you have? Colds",
        "ill___asthma_x": "Which do you have? Wheezing",
        "drugs____9": "Drugs: None",
    }
    assert [condition.item for condition in instrument.items[-1].conditions] == ["ill___1"]


@pytest.mark.parametrize("headings", [LONG, SHORT])
def test_fields_of_every_kind(headings: dict[str, str]) -> None:
    rows = [
        {**MOOD, "section": "About <i>today</i>"},
        {"name": "note", "type": "descriptive", "label": "Nearly done."},
        {"name": "drug", "type": "dropdown", "choices": "a, Aspirin | none, None"},
        {"name": "slept", "type": "yesno"},
        {"name": "true", "type": "truefalse"},
        {"name": "pain", "type": "slider"},
        {"name": "tens", "type": "slider", "low": "0", "high": "10"},
        {"name": "age", "validation": "integer", "low": "0", "high": "120"},
        {"name": "steps", "validation": "integer"},
        {"name": "weight", "validation": "number_1dp", "low": "2.5"},
        {"name": "seen", "validation": "date_dmy"},
        {"name": "words", "type": "notes"},
        {"name": "free", "validation": "email"},
        {"name": "sum", "type": "calc", "choices": "[mood] + 1"},
        {"name": "many", "type": "checkbox", "choices": "1, One | 2, Two"},
    ]
    found = read(*rows, headings=headings)
    instrument = found.instrument
    assert instrument.id == "daily"
    assert {item.id: item.kind for item in instrument.items} == {
        "mood": "choice",
        "drug": "choice",
        "slept": "yesno",
        "true": "yesno",
        "pain": "integer",
        "tens": "integer",
        "age": "integer",
        "steps": "decimal",
        "weight": "decimal",
        "seen": "date",
        "words": "text",
        "free": "text",
        "many___1": "yesno",
        "many___2": "yesno",
    }
    limits = {item.id: (item.minimum, item.maximum) for item in instrument.items if item.kind in ("integer", "decimal")}
    assert limits == {"pain": (0, 100), "tens": (0, 10), "age": (0, 120), "steps": (None, None), "weight": (2.5, None)}
    assert found.notes == (
        "sum: left out: fields of type 'calc' cannot be asked here",
        "many: several answers were possible; here each choice is a question of yes or no",
    )
    text = instrument.texts["en"]
    wording = text.wording(instrument.items[0])
    assert wording is not None
    assert wording.prompt == "Mood today?"
    assert [(option.code, option.label) for option in wording.options] == [(0, "Low"), (1, "So, so"), (2, "High")]
    labels = {
        item.id: [option.label for option in said.options]
        for item in instrument.items
        if item.kind == "yesno" and (said := text.wording(item))
    }
    assert labels.pop("true") == ["False", "True"]
    assert labels == {name: ["No", "Yes"] for name in ("slept", "many___1", "many___2")}
    assert text.introduction is not None
    assert text.introduction["self"] == "About today\nNearly done."
    assert instrument.can_ask_in("en")


@pytest.mark.parametrize(
    ("logic", "behavior", "expected"),
    [
        ("[mood] = '1'", "all", [("mood", "=", 1)]),
        ('[mood] <> "2"', "all", [("mood", "!=", 2)]),
        ("[mood]>0", "all", [("mood", ">", 0)]),
        ("[mood] <> ''", "all", [("mood", "exists", True)]),
        ('[mood] = ""', "all", [("mood", "exists", False)]),
        ("[mood] >= 1 and [slept] = '1'", "all", [("mood", ">=", 1), ("slept", "=", 1)]),
        ("([mood] = 2) OR ([slept] != '1')", "any", [("mood", "=", 2), ("slept", "!=", 1)]),
        ("[drug] = 'none'", "all", [("drug", "=", "none")]),
        ("[free] = 'this and that'", "all", [("free", "=", "this and that")]),
        ("[free] = '5'", "all", [("free", "=", "5")]),
        ("[ill(1)] = '1'", "all", [("ill___1", "=", 1)]),
        ("[ill(ASTHMA-x)] <> '0'", "all", [("ill___asthma_x", "=", 1)]),
        ("[ill(1)] = '0' AND [ill(ASTHMA-x)] <> 1", "all", [("ill___1", "!=", 1), ("ill___asthma_x", "!=", 1)]),
        ("((([mood] = 1)) or ([ill(1)] = 1))", "any", [("mood", "=", 1), ("ill___1", "=", 1)]),
        ("[mood] = 1 and ([slept] = 1 and [mood] = 1)", "all", [("mood", "=", 1), ("slept", "=", 1)]),
        ("if([ill(1)] = 1, 1, 0)", "all", [("ill___1", "=", 1)]),
        ("[asthma] = '1'", "all", [("ill___asthma_x", "=", 1)]),
    ],
)
def test_branching(logic: str, behavior: str, expected: list[tuple[str, str, object]]) -> None:
    drug = {"name": "drug", "type": "dropdown", "choices": "a, Aspirin | none, None"}
    free = {"name": "free", "type": "notes"}
    asthma = {"name": "asthma", "type": "calc", "choices": "if([ill(ASTHMA-x)] = 1, 1, 0)"}
    rows = (MOOD, {"name": "slept", "type": "yesno"}, drug, free, ILL, asthma, {"name": "why", "logic": logic})
    found = read(*rows).instrument.items[-1]
    assert found.enable_behavior == behavior
    assert [(c.item, c.operator, c.answer) for c in found.conditions] == expected


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ("([mood] = 1 or [slept] = 1) and [ill(1)] = 1", [["mood", "slept"], ["ill___1"]]),
        ("[ill(1)] = 1 and ([mood] = 1 or [slept] = 1)", [["ill___1"], ["mood", "slept"]]),
        ("[mood] = 1 and [slept] = 1 or [ill(1)] = 1", [["mood", "ill___1"], ["slept", "ill___1"]]),
        ("([mood] = 1 or [slept] = 1) and ([mood] = 1 or [slept] = 1)", [["mood", "slept"]]),
    ],
)
def test_branching_of_and_and_or(logic: str, expected: list[list[str]]) -> None:
    found = read(MOOD, {"name": "slept", "type": "yesno"}, ILL, {"name": "why", "logic": logic}).instrument.items[-1]
    assert [[condition.item for condition in clause] for clause in found.clauses] == expected


def test_one_form_of_several() -> None:
    rows = (MOOD, {"name": "other", "form": "monthly"})
    assert [item.id for item in read(*rows, forms=["monthly"]).instrument.items] == ["other"]
    with pytest.raises(BadInput, match="several forms here; name one of daily, monthly"):
        read(*rows)
    with pytest.raises(BadInput, match="no form 'dayly'; did you mean 'daily'"):
        read(*rows, forms=["daily", "dayly"])


def test_logic_between_forms_is_read_if_both_are_named() -> None:
    rows = (MOOD, {"name": "y", "form": "weekly"}, {"name": "z", "form": "monthly", "logic": "[mood] = 1"})
    both = read(*rows, forms=["monthly", "daily"]).instrument
    assert (both.id, [item.id for item in both.items]) == ("daily", ["mood", "z"])
    with pytest.raises(BadInput, match=r"is about \[mood\], which is in the form 'daily'; to ask both, name both with"):
        read(*rows, forms=["monthly"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**MOOD, "choices": "0 Low | 1 High"}, "dictionary.csv:2: mood: expected `code, label | code, label`"),
        ({**MOOD, "choices": ""}, "a choice item needs options"),
        ({"name": "x", "type": "descriptive"}, "there is no question to ask in this form"),
        ({"name": "x", "type": "slider", "low": "9", "high": "1"}, "`minimum` must be below `maximum`"),
    ],
)
def test_unreadable_fields_are_reported(row: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(row)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("logic", "message"),
    [
        ("datediff([a], 'today', 'd') > 3", "cannot be read: datediff([a], 'today', 'd') > 3; expected comparisons"),
        ("[mood] = ", "cannot be read"),
        ("[mood] = 1)", "cannot be read"),
        ("([mood] = 1", "cannot be read"),
        ("[mood] = [slept]", "cannot be read"),
        ("if([mood] = 1, 2, 0)", "cannot be read"),
        ("[gone] = 1", "x: its branching logic is about [gone], which is no field here"),
        ("[modo] = 1", "[modo], which is no field here; did you mean `mood`?"),
        ("[later] = 1", "[later], which does not come before it"),
        ("[monthly] = 1", "[monthly], which is in the form 'monthly'; to ask both, name both with --form"),
        ("[total] = 1", "[total], a field of type 'calc', which nobody is asked here"),
        ("[round] = 1", "[round], a field of type 'calc', which nobody is asked here"),
        ("[mood(1)] = 1", "[mood(1)]; the field is of type 'radio', so expected [mood]"),
        ("[ill(2)] = 1", "[ill(2)]; the field is of type 'checkbox', so expected [ill(1)], [ill(ASTHMA-x)]"),
        ("[ill] = 1", "expected [ill(1)], [ill(ASTHMA-x)]"),
        ("[ill(1)] = ''", "the box [ill(1)] is compared with 0 or 1 only"),
        ("[mood] = 7", "x: its branching logic compares [mood] with 7; the field takes 0, 1, 2"),
        (" or ".join(f"([mood] = 1 and [mood] = 2 and [slept] = {n})" for n in range(9)), "too many parts"),
    ],
)
def test_branching_that_cannot_be_asked_is_refused(logic: str, message: str) -> None:
    rows = (
        MOOD,
        {"name": "slept", "type": "yesno"},
        ILL,
        {"name": "total", "type": "calc", "choices": "[mood] * 2"},
        {"name": "round", "type": "calc", "choices": "if([round] = 1, 1, 0)"},
        {"name": "x", "logic": logic},
        {"name": "y", "logic": "[x] = 1"},
        {"name": "later"},
        {"name": "monthly", "form": "monthly"},
    )
    with pytest.raises(BadInput) as caught:
        read(*rows, forms=["daily"])
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_field_that_is_there_twice_is_refused() -> None:
    with pytest.raises(BadInput, match=r"dictionary.csv:3: mood: the field 'mood' is here twice; each needs a name"):
        read(MOOD, {"name": "mood"})


def test_a_cell_with_na_is_empty_as_r_writes_it() -> None:
    rows = ({**MOOD, "logic": "NA", "section": "NA"}, {"name": "x", "choices": "NA", "low": "NA"})
    instrument = read(*rows).instrument
    assert [item.enable_when for item in instrument.items] == [(), ()]
    assert instrument.texts["en"].introduction is None


def test_another_table_is_no_dictionary() -> None:
    with pytest.raises(BadInput, match=r"t.csv:1: expected the columns of a REDCap data dictionary; not here: Field"):
        read_dictionary("\ufeffVariable / Field Name,b\n1,2\n", "t.csv")
    with pytest.raises(BadInput, match="expected the columns"):
        read_dictionary("", "t.csv")


def test_rows_without_a_name_are_skipped() -> None:
    text = dictionary(MOOD) + ",,,\n"
    assert len(read_dictionary(text, "d.csv", language="de", as_id="mine").instrument.items) == 1
    assert list(read_dictionary(text, "d.csv", language="de").instrument.texts) == ["de"]
