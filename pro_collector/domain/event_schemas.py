"""JSON Schemas of the events, generated from the models, and a check that new schemas accept old events."""

from collections.abc import Iterator, Mapping
from typing import Any

from pro_collector.domain.events import EVENTS, Event

Schema = Mapping[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_id(name: str) -> str:
    """The URI of the schema of an event: `$id`, and the CloudEvents attribute `dataschema`.

    It stays the same while a consumer of an older release can read the events; else the event gets another name.
    """
    return f"urn:pro-collector:event:{name}"


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of one event's Kafka value."""
    return {"$schema": DIALECT, "$id": schema_id(event.type), **event.model_json_schema()}


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of every event, by its name."""
    return {name: schema(event) for name, event in EVENTS.items()}


def incompatibilities(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> Iterator[str]:
    """Why events of the `old` schemas could not be read with the `new` ones; empty if they can.

    Events wait in the outbox while the product is upgraded, and researchers read events with older programs.
    """
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield f"{name}: this event is gone"
            continue
        for field, kind in before["properties"].items():
            if field not in after["properties"]:
                yield f"{name}.{field}: this field is gone"
            elif _narrower(kind, after["properties"][field]):
                yield f"{name}.{field}: what was valid is not any more"
        for field in sorted(set(after.get("required", ())) - set(before.get("required", ()))):
            yield f"{name}.{field}: this field is required now"


def unreadable(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> Iterator[str]:
    """Why a consumer that knows the `old` schemas could not read events of the `new` ones; empty if it can.

    It ignores fields that it does not know. So a field keeps what it may say, and stays where it was promised.
    """
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield f"{name}: this event is gone"
            continue
        for field, kind in before["properties"].items():
            if field not in after["properties"]:
                yield f"{name}.{field}: this field is gone"
            elif _narrower(after["properties"][field], kind):
                yield f"{name}.{field}: it may say what was not valid before"
        for field in sorted(set(before.get("required", ())) - set(after.get("required", ()))):
            yield f"{name}.{field}: this field is not promised any more"


def _narrower(old: Schema, new: Schema) -> bool:
    """Whether `new` refuses a value that `old` allowed; descriptions do not count."""
    return not all(any(_covers(wide, each) for wide in _branches(new)) for each in _branches(old))


def _branches(schema: Schema) -> list[Schema]:
    return list(schema.get("anyOf", [schema]))


def _covers(wide: Schema, narrow: Schema) -> bool:
    ignored = {"title", "description", "default", "enum", "const"}
    if {k: v for k, v in wide.items() if k not in ignored} != {k: v for k, v in narrow.items() if k not in ignored}:
        return False
    allowed = wide.get("enum") or ([wide["const"]] if "const" in wide else None)
    given = narrow.get("enum") or ([narrow["const"]] if "const" in narrow else None)
    return allowed is None or (given is not None and set(given) <= set(allowed))
