"""Writes an instrument and its texts as the YAML files that they are read from."""

from typing import Any

import yaml

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.text import InstrumentText


def definition_yaml(instrument: Instrument) -> str:
    """`instrument.yaml`: reading it gives the same content hash. Texts and imported rows are in separate files."""
    return _yaml(definition_data(instrument))


def definition_data(instrument: Instrument) -> dict[str, Any]:
    """The definition as plain data; each named option set is written once."""
    data = instrument.model_dump(mode="json", exclude={"texts"}, exclude_defaults=True)
    sets: dict[str, Any] = {}
    for item in data["items"]:
        name = item.pop("option_set", None)
        if name is not None and sets.setdefault(name, item["options"]) == item["options"]:
            item["options"] = name
    for table in data.get("tables", {}).values():
        if table.get("imported"):
            table.pop("rows", None)
            table.pop("parameters", None)
    items = data.pop("items")
    scales = data.pop("scales", [])
    rest = {"option_sets": sets} if sets else {}
    return {**data, **rest, "items": items, **({"scales": scales} if scales else {})}


def text_yaml(text: InstrumentText) -> str:
    """`text.<lang>.yaml`: reading it gives the same text."""
    return _yaml(text_data(text))


def text_data(text: InstrumentText) -> dict[str, Any]:
    """The text as plain data; a text that is the same for patient and proxy is written once."""
    data: dict[str, Any] = _plain(text.model_dump(exclude_defaults=True))
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"self", "proxy"} and value["self"] == value["proxy"]:
            return value["self"]
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _yaml(data: Any) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)
    return text
