"""Reads an instrument and its texts from documents, and tells every mistake with its line."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pro_collector.domain.document import Document, Path, problems
from pro_collector.domain.instrument import check as instrument_check
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.text import InstrumentText
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, Problem


def parse_instrument(document: Document, texts: Mapping[str, Document] | None = None) -> Instrument:
    """Read a definition and its text overlays (language -> document).

    Raises BadInput with every mistake of every file, each with its line and what was expected.
    """
    found: list[Problem] = []
    data = _with_option_sets(document, found)
    instrument = None
    try:
        instrument = Instrument.model_validate(data)
    except ValidationError as error:
        found += problems(document, error)
    if instrument is not None:
        found += [document.problem(path, message) for path, message in instrument_check.mistakes(instrument)]
    read = {}
    for language, text in (texts or {}).items():
        try:
            read[language] = parse_text(text, instrument)
        except BadInput as error:
            found += error.problems
    if found or instrument is None:
        raise BadInput(found)
    return instrument.with_texts(*read.values())


def parse_text(document: Document, instrument: Instrument | None = None) -> InstrumentText:
    """Read a text overlay and, given its instrument, check that every word has an item or an option to belong to."""
    try:
        text = InstrumentText.model_validate(document.data)
    except ValidationError as error:
        raise BadInput(problems(document, error)) from error
    if instrument is not None:
        found = [document.problem(path, message) for path, message in instrument_check.text_mistakes(instrument, text)]
        if found:
            raise BadInput(found)
    return text


def _with_option_sets(document: Document, found: list[Problem]) -> Any:
    """The data of a definition with each named option set in place of its name."""
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return data
    sets = data.get("option_sets") or {}
    items = []
    for index, item in enumerate(data["items"]):
        name = item.get("options") if isinstance(item, dict) else None
        if isinstance(name, str) and name in sets:
            item = {**item, "option_set": name, "options": sets[name]}
        elif isinstance(name, str):
            path: Path = ("items", index, "options")
            found.append(document.problem(path, unknown("option set", name, sets)))
            item = {**item, "options": [{"code": 0}, {"code": 1}]}
        items.append(item)
    return {**{key: value for key, value in data.items() if key != "option_sets"}, "items": items}
