"""The schemas of the events: those of the models, and what would keep an old event from being read is named."""

import copy
from typing import Any

import pytest

from pro_collector.domain.event_schemas import DIALECT, incompatibilities, schemas
from pro_collector.domain.events import EVENTS

NAME = "survey.reminder_due"


def changed(field: str, **said: Any) -> dict[str, dict[str, Any]]:
    """The schemas of today with a field of one event said otherwise."""
    found = copy.deepcopy(schemas())
    found[NAME]["properties"][field] = said
    return found


def test_every_event_has_one_that_names_it() -> None:
    found = schemas()
    assert list(found) == list(EVENTS)
    for name, schema in found.items():
        assert (schema["$schema"], schema["$id"]) == (DIALECT, f"urn:pro-collector:event:{name}")
        assert {"id", "participant_id", "occurred_at"} <= set(schema["required"])
        assert "additionalProperties" not in schema, "a newer release may add a field"


def test_what_has_not_changed_is_compatible() -> None:
    assert list(incompatibilities(schemas(), schemas())) == []


def test_an_event_that_is_gone_is_named_and_a_new_one_is_not() -> None:
    fewer = {name: schema for name, schema in schemas().items() if name != NAME}
    assert list(incompatibilities(schemas(), fewer)) == [f"{NAME}: this event is gone"]
    assert list(incompatibilities(fewer, schemas())) == []


def test_a_field_that_is_gone_is_named() -> None:
    fewer = copy.deepcopy(schemas())
    del fewer[NAME]["properties"]["n"]
    assert list(incompatibilities(schemas(), fewer)) == [f"{NAME}.n: this field is gone"]


def test_a_new_field_must_have_a_default() -> None:
    more = changed("why", type="string")
    assert list(incompatibilities(schemas(), more)) == []
    more[NAME]["required"] = [*more[NAME]["required"], "why"]
    assert list(incompatibilities(schemas(), more)) == [f"{NAME}.why: this field is required now"]


@pytest.mark.parametrize(
    ("before", "after", "readable"),
    [
        ({"type": "string"}, {"type": "integer"}, False),
        ({"type": "string"}, {"type": "string", "description": "other words", "title": "T", "default": "x"}, True),
        ({"type": "integer"}, {"type": "integer", "minimum": 0}, False),
        ({"type": "integer"}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, True),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"type": "integer"}, False),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"anyOf": [{"type": "null"}, {"type": "integer"}]}, True),
        ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}, True),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a"]}, False),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a", "b"]}, True),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "const": "a"}, False),
        ({"type": "string"}, {"type": "string", "enum": ["a"]}, False),
        ({"type": "string", "enum": ["a"]}, {"type": "string"}, True),
    ],
)
def test_a_field_may_take_more_than_before_and_not_less(
    before: dict[str, Any], after: dict[str, Any], readable: bool
) -> None:
    told = [] if readable else [f"{NAME}.n: what was valid is not any more"]
    assert list(incompatibilities(changed("n", **before), changed("n", **after))) == told
