"""Reads a REDCap data dictionary (CSV) as an instrument: radio buttons, sliders, yes/no, numbers, texts, branching."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from pro_collector.domain.exchange.imported import Imported, item_id, plain, slug
from pro_collector.domain.exchange.redcap_fields import (
    CHOICES,
    FIELD,
    FORM,
    TYPE,
    AlreadyTold,
    AskedField,
    Fields,
    Row,
    option_code,
)
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.text import InstrumentText
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, Problem

_LABEL, _SECTION = "Field Label", "Section Header"
_VALIDATION = "Text Validation Type OR Show Slider Number"
_LOW, _HIGH = "Text Validation Min", "Text Validation Max"
_BRANCHING = "Branching Logic (Show field only if...)"
_NEEDED = (FIELD, TYPE, _LABEL, CHOICES)
# The names of these columns in an export by REDCap's API.
_SHORT = {
    "field_name": FIELD,
    "form_name": FORM,
    "section_header": _SECTION,
    "field_type": TYPE,
    "field_label": _LABEL,
    "select_choices_or_calculations": CHOICES,
    "text_validation_type_or_show_slider_number": _VALIDATION,
    "text_validation_min": _LOW,
    "text_validation_max": _HIGH,
    "branching_logic": _BRANCHING,
}


class _LeftOut(Exception):
    """Nobody can be asked a field; the text says why."""


def read_dictionary(
    text: str, file: str, forms: Sequence[str] = (), language: str = "en", as_id: str | None = None
) -> Imported:
    """The instrument of these forms of a data dictionary, with its texts in `language`, and notes on what was left out.

    Several forms become one instrument, in the order of the dictionary. Raises BadInput if it is no data dictionary, if
    it has several forms and none is named, or if choices or branching logic cannot be read.
    """
    rows = _rows(text, file)
    chosen = _of_forms(rows, file, forms)
    reading = _FormReading(Fields.of([row for _, row in rows], {row.get(FORM, "") for _, row in chosen}))
    problems = [Problem(file, line, row[FIELD], wrong) for line, row in chosen if (wrong := reading.read(row))]
    if not reading.fields.asked and not problems:
        problems.append(Problem(file, None, "", "there is no question to ask in this form"))
    if problems:
        raise BadInput(problems)
    name = as_id or slug(chosen[0][1].get(FORM) or file)
    instrument = _instrument(name, language, reading.fields.asked, reading.introduction, file)
    return Imported(instrument, tuple(reading.notes))


@dataclass
class _FormReading:
    """What is collected while the rows of a form are read."""

    fields: Fields
    introduction: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, row: Row) -> str | None:
        """Read one field, and return the mistake because of which the file cannot be read, if there is one."""
        kind = row.get(TYPE, "").strip().lower()
        self.introduction += [plain(row.get(_SECTION))]
        if kind == "descriptive":
            self.introduction.append(plain(row.get(_LABEL)))
            return None
        try:
            self._ask(row, kind)
        except _LeftOut as left_out:
            self.notes.append(f"{row[FIELD]}: left out: {left_out}")
        except AlreadyTold:
            self.fields.unread.add(row[FIELD].strip())
        except ValueError as error:
            self.fields.unread.add(row[FIELD].strip())
            return str(error)
        return None

    def _ask(self, row: Row, kind: str) -> None:
        asked = [*_asked(row, kind)]
        logic = self.fields.conditions(row[_BRANCHING]) if row.get(_BRANCHING) else {}
        for each in asked:
            self.fields.add(each, logic)
        if kind == "checkbox":
            note = "several answers were possible; here each choice is a question of yes or no"
            self.notes.append(f"{row[FIELD]}: {note}")


def _rows(text: str, file: str) -> list[tuple[int, Row]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    heading = [_SHORT.get(cell.strip(), cell.strip()) for cell in next(reader, [])]
    missing = [name for name in _NEEDED if name not in heading]
    if missing:
        message = f"expected the columns of a REDCap data dictionary; not here: {', '.join(missing)}"
        raise BadInput([Problem(file, 1, "", message)])
    rows: list[tuple[int, Row]] = []
    for cells in reader:
        row = {name: _cell(name, cell) for name, cell in zip(heading, cells, strict=False)}
        if row.get(FIELD, "").strip():
            rows.append((reader.line_num, row))
    return rows


def _cell(column: str, cell: str) -> str:
    """A cell; R writes NA into empty ones, which a label could be."""
    return "" if cell.strip() == "NA" and column != _LABEL else cell


def _of_forms(rows: list[tuple[int, Row]], file: str, wanted: Sequence[str]) -> list[tuple[int, Row]]:
    known = list(dict.fromkeys(row.get(FORM, "") for _, row in rows))
    for form in wanted:
        if form not in known:
            raise BadInput([Problem(file, None, "", unknown("form", form, known))])
    if not wanted and len(known) > 1:
        raise BadInput([Problem(file, None, "", f"there are several forms here; name one of {', '.join(known)}")])
    return [(line, row) for line, row in rows if not wanted or row.get(FORM, "") in wanted]


def _asked(row: Row, kind: str) -> Iterator[AskedField]:
    """The items of one field: one, or of a checkbox one for each box.

    Raises ValueError if it cannot be read, _LeftOut if nobody can be asked it.
    """
    source, label = row[FIELD].strip(), plain(row.get(_LABEL))
    if kind == "checkbox":
        for code, choice in _choices(row.get(CHOICES, "")).items():
            name = f"{source}___{re.sub('[^a-z0-9_]', '_', str(code).lower())}"  # as REDCap names it
            prompt = f"{label}: {choice}" if label[-1:].isalnum() else f"{label} {choice}"
            yield AskedField(name, {"kind": "yesno"}, prompt, {0: "No", 1: "Yes"}, source, str(code))
    else:
        data, labels = _kind(row, kind)
        yield AskedField(item_id(source, ()), data, label, labels, source)


def _kind(row: Row, kind: str) -> tuple[dict[str, Any], dict[int | str, str]]:
    if kind in ("radio", "dropdown"):
        labels = _choices(row.get(CHOICES, ""))
        return {"kind": "choice", "options": [{"code": code} for code in labels]}, labels
    if kind in ("yesno", "truefalse"):
        return {"kind": "yesno"}, {0: "No", 1: "Yes"} if kind == "yesno" else {0: "False", 1: "True"}
    if kind == "slider":
        return {"kind": "integer", "minimum": _number(row, _LOW, 0), "maximum": _number(row, _HIGH, 100)}, {}
    if kind in ("text", "notes"):
        return _text(row) if kind == "text" else {"kind": "text"}, {}
    raise _LeftOut(f"fields of type {kind or 'nothing'!r} cannot be asked here")


def _choices(text: str) -> dict[int | str, str]:
    choices: dict[int | str, str] = {}
    for part in filter(None, (part.strip() for part in text.split("|"))):
        code, comma, label = part.partition(",")
        if not comma:
            raise ValueError(f"expected `code, label | code, label`, not {part!r}")
        choices[option_code(code.strip())] = plain(label)
    return choices


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


def _instrument(
    name: str, language: str, asked: Sequence[AskedField], introduction: list[str], file: str
) -> Instrument:
    terms = "unknown: ask the owner"
    licence = {"holder": "see the source", "terms": terms, "text": "import", "contact": file}
    said = [line for line in introduction if line]
    data = {"id": name, "version": "1.0.0", "canonical": f"urn:pro-collector:instrument:{name}", "title": name}
    text: dict[str, Any] = {
        "instrument": name,
        "language": language,
        "licence": {"holder": "see the source", "terms": terms},
        "title": name,
        "items": {each.item: each.words for each in asked},
        **({"introduction": "\n".join(said)} if said else {}),
    }
    try:
        definition = {
            **data,
            "recall": None,
            "source": file,
            "licence": licence,
            "items": [each.data for each in asked],
        }
        return Instrument.model_validate(definition).with_texts(InstrumentText.model_validate(text))
    except ValidationError as error:
        places = [(".".join(map(str, each["loc"])), str(each["msg"])) for each in error.errors()]
        raise BadInput([Problem(file, None, where, message) for where, message in places]) from error
