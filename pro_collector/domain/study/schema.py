"""The JSON Schema of study files, for editors. It is made from the models, so that the two cannot differ."""

from typing import Any

from pro_collector.domain.study.definition import Study

_ONE_OR_MANY = {
    "Study": ("quiet_hours",),
    "Assessment": ("repeat", "cycles", "move_to", "quiet_hours"),
    "Repeat": ("weekdays",),
    "Turn": ("cycles", "times"),
}


def study_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a study file."""
    schema = Study.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    for name, keys in _ONE_OR_MANY.items():
        properties = (schema if name == "Study" else definitions[name])["properties"]
        for key in keys:
            listed = next(each for each in (properties[key], *properties[key].get("anyOf", ())) if "items" in each)
            properties[key] = {"anyOf": [listed["items"], properties[key]]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pro-collector:schema:study",
        **schema,
        "title": "pro-collector study file",
    }
