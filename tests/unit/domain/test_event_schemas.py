"""The schemas of the events: those of the models, and what would keep an old event from being read is named."""

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from pro_collector.domain.event_schemas import DIALECT, incompatibilities, schemas, unreadable
from pro_collector.domain.events import EVENTS
from pro_collector.resources import SCHEMAS
from tests.unit.domain.test_events import different

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
        others = name == "treatment.reported"  # who publishes it knows neither id, and must not add a name
        assert {"occurred_at", *(() if others else ("id", "participant_id"))} <= set(schema["required"])
        assert schema.get("additionalProperties", True) is not others, "a newer release may add a field"
        assert "$ref" not in json.dumps(schema), "a schema registry cannot look it up"
        Draft7Validator.check_schema(schema)


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


def released() -> dict[str, dict[str, Any]]:
    """The schemas of the last release."""
    found: dict[str, dict[str, Any]] = json.loads((SCHEMAS / "events/released.json").read_text(encoding="utf-8"))
    return found


def test_old_events_and_old_consumers_still_fit() -> None:
    assert list(incompatibilities(released(), schemas())) == []
    assert list(unreadable(released(), schemas())) == []


def test_a_consumer_of_the_last_release_accepts_the_events_of_today() -> None:
    """The schemas of 0.1.0 named no further fields as allowed; a consumer ignores those that it does not know."""
    known = released()
    events = [event for event in different() if event.type in known]
    assert len({event.type for event in events}) >= 14
    for event in events:
        schema = {name: value for name, value in known[event.type].items() if name != "additionalProperties"}
        Draft7Validator(schema).validate(json.loads(event.model_dump_json()))


@pytest.mark.parametrize(
    ("before", "after", "readable"),
    [
        ({"type": "integer"}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, False),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"type": "integer"}, True),
        ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}, False),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a"]}, True),
    ],
)
def test_a_field_may_say_less_than_before_and_not_more(
    before: dict[str, Any], after: dict[str, Any], readable: bool
) -> None:
    told = [] if readable else [f"{NAME}.n: it may say what was not valid before"]
    assert list(unreadable(changed("n", **before), changed("n", **after))) == told


def placed(**said: Any) -> dict[str, dict[str, Any]]:
    """The schemas of today with a place that is said otherwise, inside of the event that has two of them."""
    found = copy.deepcopy(schemas())
    place = found["score.relinked"]["properties"]["before"]
    found["score.relinked"]["properties"]["before"] = {**place, **said}
    return found


def test_an_object_inside_an_event_keeps_the_same_rules() -> None:
    properties = schemas()["score.relinked"]["properties"]["before"]["properties"]
    more = placed(properties={**properties, "ward": {"type": "string"}})
    fewer = placed(properties={name: kind for name, kind in properties.items() if name != "arm"})
    wider = placed(properties={**properties, "arm": {"anyOf": [*properties["arm"]["anyOf"], {"type": "integer"}]}})
    promised = placed(required=["arm"])
    where = "score.relinked.before.arm"
    for rule in (incompatibilities, unreadable):
        assert list(rule(schemas(), more)) == []
        assert list(rule(schemas(), fewer)) == [f"{where}: this field is gone"]
    assert list(incompatibilities(schemas(), wider)) == []
    assert list(unreadable(schemas(), wider)) == [f"{where}: it may say what was not valid before"]
    assert list(incompatibilities(schemas(), promised)) == [f"{where}: this field is required now"]
    assert list(unreadable(promised, schemas())) == [f"{where}: this field is not promised any more"]


def test_an_object_that_is_new_may_promise_what_is_in_it() -> None:
    fewer = copy.deepcopy(schemas())
    del fewer["score.relinked"]["properties"]["before"]
    fewer["score.relinked"]["required"].remove("before")
    new = placed(required=["arm"])
    new["score.relinked"]["required"].remove("before")
    assert list(incompatibilities(fewer, new)) == []


def test_a_field_that_was_promised_stays_promised() -> None:
    fewer = copy.deepcopy(schemas())
    fewer[NAME]["required"].remove("n")
    del fewer[NAME]["properties"]["rung"]
    assert list(unreadable(schemas(), fewer)) == [
        f"{NAME}.rung: this field is gone", f"{NAME}.n: this field is not promised any more",
    ]  # fmt: skip
    assert list(unreadable(schemas(), {})) == [f"{name}: this event is gone" for name in schemas()]
