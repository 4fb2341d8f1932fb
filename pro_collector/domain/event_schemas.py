"""JSON Schemas of the events, generated from the models, and a check that new schemas accept old events."""

from collections.abc import Iterator, Mapping
from typing import Any

from pro_collector.domain.events import EVENTS, Event

Schema = Mapping[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"
"""The schemas say nothing that needs a newer draft, and a schema registry may know none."""


def schema_id(name: str) -> str:
    """The URI of the schema of an event: `$id`, and the CloudEvents attribute `dataschema`.

    It stays the same while a consumer of an older release can read the events; else the event gets another name.
    """
    return f"urn:pro-collector:event:{name}"


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of one event's Kafka value, without references: a schema registry does not find each of them."""
    found = event.model_json_schema()
    parts = found.pop("$defs", {})
    return {"$schema": DIALECT, "$id": schema_id(event.type), **_resolved(found, parts)}


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
        was, now = dict(_fields(before)), dict(_fields(after))
        for field, kind in was.items():
            if field not in now:
                yield f"{name}.{field}: this field is gone"
            elif _narrower(kind, now[field]):
                yield f"{name}.{field}: what was valid is not any more"
        for field in sorted(_promised(after) - _promised(before)):
            if "." not in field or field.rpartition(".")[0] in was:
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
        was, now = dict(_fields(before)), dict(_fields(after))
        for field, kind in was.items():
            if field not in now:
                yield f"{name}.{field}: this field is gone"
            elif _narrower(now[field], kind):
                yield f"{name}.{field}: it may say what was not valid before"
        for field in sorted(_promised(before) - _promised(after)):
            yield f"{name}.{field}: this field is not promised any more"


def _resolved(part: Any, parts: Schema) -> Any:
    """A part of a schema with each reference replaced by what it refers to."""
    if isinstance(part, list):
        return [_resolved(each, parts) for each in part]
    if not isinstance(part, dict):
        return part
    own = {key: _resolved(value, parts) for key, value in part.items() if key != "$ref"}
    if "$ref" not in part:
        return own
    return {**_resolved(parts[part["$ref"].removeprefix("#/$defs/")], parts), **own}


def _fields(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every field by its path, also those of objects inside it: `before`, `before.arm`."""
    for name, kind in schema.get("properties", {}).items():
        yield f"{path}{name}", kind
        for branch in _branches(kind):
            yield from _fields(branch, f"{path}{name}.")


def _promised(schema: Schema, path: str = "") -> set[str]:
    """The paths of the fields that are required."""
    found = {f"{path}{name}" for name in schema.get("required", ())}
    for name, kind in schema.get("properties", {}).items():
        found.update(*(_promised(branch, f"{path}{name}.") for branch in _branches(kind)))
    return found


def _narrower(old: Schema, new: Schema) -> bool:
    """Whether `new` refuses a value that `old` allowed; descriptions do not count."""
    return not all(any(_covers(wide, each) for wide in _branches(new)) for each in _branches(old))


def _branches(schema: Schema) -> list[Schema]:
    return list(schema.get("anyOf", [schema]))


def _covers(wide: Schema, narrow: Schema) -> bool:
    ignored = {"title", "description", "default", "enum", "const", "properties", "required"}
    if {k: v for k, v in wide.items() if k not in ignored} != {k: v for k, v in narrow.items() if k not in ignored}:
        return False
    allowed = wide.get("enum") or ([wide["const"]] if "const" in wide else None)
    given = narrow.get("enum") or ([narrow["const"]] if "const" in narrow else None)
    return allowed is None or (given is not None and set(given) <= set(allowed))
