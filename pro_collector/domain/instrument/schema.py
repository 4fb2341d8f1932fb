"""The JSON Schemas of instrument.yaml and text.<lang>.yaml, generated from the models that read them."""

from typing import Any, get_args

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.text import InstrumentText, Reader

Json = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def definition_schema() -> Json:
    """The schema of a definition: that of the model, plus option sets, whose names are resolved as a file is read."""
    schema = Instrument.model_json_schema()
    schema["properties"].pop("texts")
    for name in ("InstrumentText", "ItemText", "OptionText", "TextLicence"):
        schema["$defs"].pop(name)
    item = schema["$defs"]["Item"]["properties"]
    item.pop("option_set")
    inline = item["options"]
    item["options"] = {"anyOf": [{"type": "string", "description": "the name of an option set"}, inline]}
    options = {key: value for key, value in inline.items() if key != "default"}
    schema["properties"]["option_sets"] = {"type": "object", "additionalProperties": options}
    return _finished(schema, "A pro-collector instrument (instrument.yaml)")


def text_schema() -> Json:
    """The schema of a text overlay."""
    schema = _with_plain_strings(InstrumentText.model_json_schema())
    return _finished(schema, "The words of a pro-collector instrument in one language (text.<lang>.yaml)")


def _with_plain_strings(schema: Any) -> Any:
    """The schema, with a plain string allowed instead of texts by reporter and of a choice with its replies."""
    if isinstance(schema, list):
        return [_with_plain_strings(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _with_plain_strings(value) for key, value in schema.items()}
    by_reporter = strict.get("propertyNames", {}).get("enum") == list(get_args(Reader))
    if by_reporter or strict.get("$ref") == "#/$defs/OptionText":
        return {"anyOf": [{"type": "string"}, strict]}
    return strict


def _finished(schema: Json, title: str) -> Json:
    return {"$schema": DRAFT, **_without_titles(schema), "title": title}


def _without_titles(schema: Any) -> Any:
    """The schema without the titles that pydantic makes from the name of each field."""
    if isinstance(schema, list):
        return [_without_titles(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_titles(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
    }
