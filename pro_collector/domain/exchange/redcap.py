"""Reads a REDCap data dictionary (CSV) as an instrument: radio buttons, sliders, yes/no, numbers, texts, branching."""

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pro_collector.domain.exchange.imported import Imported, item_id, plain, slug
from pro_collector.domain.instrument import check as instrument_check
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.text import InstrumentText
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, Problem

Row = Mapping[str, str]
_FIELD, _FORM, _TYPE, _LABEL = "Variable / Field Name", "Form Name", "Field Type", "Field Label"
_SECTION = "Section Header"
_CHOICES = "Choices, Calculations, OR Slider Labels"
_VALIDATION = "Text Validation Type OR Show Slider Number"
_LOW, _HIGH = "Text Validation Min", "Text Validation Max"
_BRANCHING = "Branching Logic (Show field only if...)"
_NEEDED = (_FIELD, _TYPE, _LABEL, _CHOICES)
# The names of these columns in an export by REDCap's API.
_SHORT = {
    "field_name": _FIELD,
    "form_name": _FORM,
    "section_header": _SECTION,
    "field_type": _TYPE,
    "field_label": _LABEL,
    "select_choices_or_calculations": _CHOICES,
    "text_validation_type_or_show_slider_number": _VALIDATION,
    "text_validation_min": _LOW,
    "text_validation_max": _HIGH,
    "branching_logic": _BRANCHING,
}
_CONDITION = re.compile(
    r"\[(?P<field>[a-z0-9_]+)\]\s*(?P<operator><=|>=|<>|!=|=|<|>)\s*(?P<quote>['\"]?)(?P<value>[^'\"]*)(?P=quote)"
)


def read_dictionary(
    text: str, file: str, form: str | None = None, language: str = "en", as_id: str | None = None
) -> Imported:
    """The instrument of one form in a data dictionary, with its texts in `language`, and notes on what was left out.

    Raises BadInput if it is no data dictionary, if it has several forms and `form` is None, or if choices or branching
    logic cannot be read.
    """
    rows = _rows(text, file)
    chosen = _of_form(rows, file, form)
    problems: list[Problem] = []
    notes: list[str] = []
    items: list[dict[str, Any]] = []
    words: dict[str, Any] = {}
    introduction: list[str] = []
    for line, row in chosen:
        kind = row.get(_TYPE, "").strip().lower()
        introduction += [plain(row[_SECTION])] if row.get(_SECTION) else []
        if kind == "descriptive":
            introduction.append(plain(row.get(_LABEL)))
            continue
        try:
            item, labels = _item(row, kind)
        except ValueError as error:
            if str(error).startswith("left out"):
                notes.append(f"{row[_FIELD]}: {error}")
            else:
                problems.append(Problem(file, line, row[_FIELD], str(error)))
            continue
        items.append(item)
        words[item["id"]] = {"prompt": plain(row.get(_LABEL)), **({"options": labels} if labels else {})}
    if not items and not problems:
        problems.append(Problem(file, None, "", "there is no question to ask in this form"))
    if problems:
        raise BadInput(problems)
    name = as_id or slug(chosen[0][1].get(_FORM) or file)
    return Imported(_instrument(name, language, items, words, introduction, file), tuple(notes))


def _rows(text: str, file: str) -> list[tuple[int, Row]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    heading = [_SHORT.get(cell.strip(), cell.strip()) for cell in next(reader, [])]
    missing = [name for name in _NEEDED if name not in heading]
    if missing:
        message = f"expected the columns of a REDCap data dictionary; not here: {', '.join(missing)}"
        raise BadInput([Problem(file, 1, "", message)])
    rows: list[tuple[int, Row]] = []
    for cells in reader:
        row = dict(zip(heading, cells, strict=False))
        if row.get(_FIELD, "").strip():
            rows.append((reader.line_num, row))
    return rows


def _of_form(rows: list[tuple[int, Row]], file: str, form: str | None) -> list[tuple[int, Row]]:
    forms = list(dict.fromkeys(row.get(_FORM, "") for _, row in rows))
    if form is not None and form not in forms:
        raise BadInput([Problem(file, None, "", unknown("form", form, forms))])
    if form is None and len(forms) > 1:
        raise BadInput([Problem(file, None, "", f"there are several forms here; name one of {', '.join(forms)}")])
    return [(line, row) for line, row in rows if form is None or row.get(_FORM, "") == form]


def _item(row: Row, kind: str) -> tuple[dict[str, Any], dict[int | str, str]]:
    """The data of an item and the labels of its choices. Raises ValueError if it cannot be read or is left out."""
    item: dict[str, Any] = {"id": item_id(row[_FIELD].strip(), ())}
    labels: dict[int | str, str] = {}
    if kind in ("radio", "dropdown"):
        labels = _choices(row.get(_CHOICES, ""))
        item |= {"kind": "choice", "options": [{"code": code} for code in labels]}
    elif kind in ("yesno", "truefalse"):
        labels = {0: "No", 1: "Yes"} if kind == "yesno" else {0: "False", 1: "True"}
        item["kind"] = "yesno"
    elif kind == "slider":
        item |= {"kind": "integer", "minimum": _number(row, _LOW, 0), "maximum": _number(row, _HIGH, 100)}
    elif kind == "notes":
        item["kind"] = "text"
    elif kind == "text":
        item |= _text(row)
    else:
        raise ValueError(f"left out: fields of type {kind or 'nothing'!r} cannot be asked here")
    if logic := row.get(_BRANCHING, "").strip():
        item |= _branching(logic)
    return item, labels


def _choices(text: str) -> dict[int | str, str]:
    choices: dict[int | str, str] = {}
    for part in filter(None, (part.strip() for part in text.split("|"))):
        code, comma, label = part.partition(",")
        if not comma:
            raise ValueError(f"expected `code, label | code, label`, not {part!r}")
        choices[_code(code.strip())] = plain(label)
    return choices


def _code(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def _text(row: Row) -> dict[str, Any]:
    validation = row.get(_VALIDATION, "").strip().lower()
    low, high = _number(row, _LOW, None), _number(row, _HIGH, None)
    limits = {key: value for key, value in (("minimum", low), ("maximum", high)) if value is not None}
    if validation == "integer" and len(limits) == 2:
        return {"kind": "integer", **limits}
    if validation == "integer" or validation.startswith("number"):
        return {"kind": "decimal", **limits}
    return {"kind": "date" if validation.startswith("date_") else "text"}


def _number(row: Row, column: str, otherwise: int | None) -> int | float | None:
    text = row.get(column, "").strip()
    if not text or not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return otherwise
    return float(text) if "." in text else int(text)


def _branching(logic: str) -> dict[str, Any]:
    """REDCap's branching logic. Raises ValueError if it is not comparisons joined by only `and` or only `or`."""
    words = re.split(r"\s+(and|or)\s+", logic, flags=re.IGNORECASE)
    joins = {word.lower() for word in words[1::2]}
    matches = [_CONDITION.fullmatch(part.strip().removeprefix("(").removesuffix(")").strip()) for part in words[::2]]
    if len(joins) > 1 or None in matches:
        raise ValueError(f"this branching logic cannot be read: {logic}")
    conditions = [_condition(match) for match in matches if match is not None]
    return {"enable_when": conditions, "enable_behavior": "any" if joins == {"or"} else "all"}


def _condition(match: re.Match[str]) -> dict[str, Any]:
    operator = "!=" if match["operator"] == "<>" else match["operator"]
    if match["value"] == "":
        return {"item": match["field"], "operator": "exists", "answer": operator == "!="}
    return {"item": match["field"], "operator": operator, "answer": _code(match["value"])}


def _instrument(
    name: str, language: str, items: list[dict[str, Any]], words: dict[str, Any], introduction: list[str], file: str
) -> Instrument:
    terms = "unknown: ask the owner"
    licence = {"holder": "see the source", "terms": terms, "text": "import", "contact": file}
    data = {"id": name, "version": "1.0.0", "canonical": f"urn:pro-collector:instrument:{name}", "title": name}
    text: dict[str, Any] = {
        "instrument": name,
        "language": language,
        "licence": {"holder": "see the source", "terms": terms},
        "title": name,
        "items": words,
        **({"introduction": "\n".join(introduction)} if introduction else {}),
    }
    try:
        definition = {**data, "recall": None, "source": file, "licence": licence, "items": items}
        instrument = Instrument.model_validate(definition)
        instrument = instrument.with_texts(InstrumentText.model_validate(text))
    except ValidationError as error:
        places = [(".".join(map(str, each["loc"])), str(each["msg"])) for each in error.errors()]
        raise BadInput([Problem(file, None, where, message) for where, message in places]) from error
    wrong = list(instrument_check.mistakes(instrument))
    if wrong:
        raise BadInput([Problem(file, None, ".".join(map(str, path)), message) for path, message in wrong])
    return instrument
