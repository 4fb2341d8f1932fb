"""Reads an instrument and its texts from documents, and reports every mistake with its line."""

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
    mistakes: list[Problem] = []
    data = _with_option_sets(document, mistakes)
    instrument = None
    try:
        instrument = Instrument.model_validate(data)
    except ValidationError as error:
        mistakes += problems(document, error)
    if instrument is not None:
        mistakes += [document.problem(path, message) for path, message in instrument_check.mistakes(instrument)]
    parsed = {}
    for language, text in (texts or {}).items():
        try:
            parsed[language] = parse_text(text, instrument)
        except BadInput as error:
            mistakes += error.problems
    if mistakes or instrument is None:
        raise BadInput(mistakes)
    return instrument.with_texts(*parsed.values())


def parse_text(document: Document, instrument: Instrument | None = None) -> InstrumentText:
    """Read a text overlay. Given its instrument, check that every item and option in the text exists there."""
    try:
        text = InstrumentText.model_validate(document.data)
    except ValidationError as error:
        raise BadInput(problems(document, error)) from error
    if instrument is not None:
        mistakes = [
            document.problem(path, message) for path, message in instrument_check.text_mistakes(instrument, text)
        ]
        if mistakes:
            raise BadInput(mistakes)
    return text


def _with_option_sets(document: Document, mistakes: list[Problem]) -> Any:
    """The data of a definition, with the options of each option set instead of its name; adds to `mistakes`."""
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
            mistakes.append(document.problem(path, unknown("option set", name, sets)))
            item = {**item, "options": [{"code": 0}, {"code": 1}]}
        items.append(item)
    return {**{key: value for key, value in data.items() if key != "option_sets"}, "items": items}
