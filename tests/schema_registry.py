"""Asks a schema registry whether it takes the events' schemas, and which changes of them it refuses.

`python -m tests.schema_registry HOST:PORT` needs one that runs and has no schemas yet, with the interface of
Confluent's registry below `/apis/ccompat/v7`, as Apicurio Registry has it. Exits with 1 if it judges a change
otherwise than `pro-collector events schemas` does.
"""

import copy
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from pro_collector.domain.event_schemas import DIALECT, schemas, unreadable
from pro_collector.resources import SCHEMAS

ROOT, PREFIX, LEVEL = "/apis/ccompat/v7", "pro", "FORWARD_TRANSITIVE"
OURS_TO_READ = "treatment.reported"
"""What others publish: a newer release must read what was written for an older one."""
TEXT, NULL, NUMBER = {"type": "string"}, {"type": "null"}, {"type": "integer"}
NULLABLE: dict[str, Any] = {"anyOf": [TEXT, NULL], "default": None}

Schema = dict[str, Any]
Change = Callable[[Schema], Any]


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry at an address, `host:port`."""

    address: str

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """The status of an answer and its JSON."""
        connection = HTTPConnection(self.address, timeout=30)
        connection.request(method, ROOT + path, json.dumps(body or {}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    def register(self, name: str, schema: Schema) -> str:
        """Register a schema of an event. Returns why not, or nothing."""
        body = {"schemaType": "JSON", "schema": json.dumps(schema)}
        status, answer = self.ask("POST", f"/subjects/{PREFIX}.{name}-value/versions", body)
        return "" if status == 200 else str(answer.get("message", answer))

    def level(self, name: str, level: str) -> None:
        """Say which compatibility the schemas of an event have."""
        self.ask("PUT", f"/config/{PREFIX}.{name}-value", {"compatibility": level})

    def takes(self, name: str, schema: Schema) -> bool:
        """Whether a schema is compatible with those that are registered."""
        body = {"schemaType": "JSON", "schema": json.dumps(schema)}
        _, answer = self.ask("POST", f"/compatibility/subjects/{PREFIX}.{name}-value/versions", body)
        return answer.get("is_compatible") is True


def opened(released: Schema) -> Schema:
    """A schema of release 0.1.0 as its consumers are to use it: fields that they do not know are ignored."""
    return {**{key: value for key, value in released.items() if key != "additionalProperties"}, "$schema": DIALECT}


def _field(name: str, kind: Mapping[str, Any]) -> Change:
    return lambda schema: schema["properties"].update({name: dict(kind)})


def _gone(name: str) -> Change:
    return lambda schema: schema["properties"].pop(name)


def _placed(change: Change) -> Change:
    return lambda schema: change(schema["properties"]["before"])


CHANGES: tuple[tuple[str, str, Change], ...] = (
    ("score.recorded", "a description", lambda schema: schema["properties"]["arm"].update(description="other words")),
    ("score.recorded", "a field is added", _field("ward", NULLABLE)),
    ("score.recorded", "a field is promised", lambda schema: schema["required"].append("arm")),
    ("score.recorded", "a field is never null any more", _field("arm", TEXT)),
    ("alert.changed", "a value is never said any more", lambda schema: schema["properties"]["change"]["enum"].pop()),
    ("score.relinked", "a field is added inside of an object", _placed(_field("ward", NULLABLE))),
    ("score.recorded", "a field is gone", _gone("arm")),
    ("score.recorded", "a field is not promised any more", lambda schema: schema["required"].remove("response_id")),
    ("score.recorded", "a field has another type", _field("instrument", NUMBER)),
    ("score.recorded", "a field may be null", _field("instrument", NULLABLE)),
    ("score.recorded", "a field may have one more type", _field("arm", {"anyOf": [TEXT, NUMBER, NULL]})),
    ("alert.changed", "a value is added", lambda schema: schema["properties"]["change"]["enum"].append("other")),
    ("score.relinked", "a field inside of an object is gone", _placed(_gone("arm"))),
    ("score.relinked", "a field inside of an object has another type", _placed(_field("arm", NUMBER))),
)  # fmt: skip
"""Changes of one event: its name, what changes, and the change."""


def changed(name: str, change: Change) -> Schema:
    """The schema of an event after a change."""
    found = copy.deepcopy(schemas()[name])
    change(found)
    return found


def judged(registry: Registry) -> Iterator[tuple[bool, str]]:
    """Register the schemas of the last release and of today, then try each change: whether both agree, and a line."""
    released = json.loads((SCHEMAS / "events/released.json").read_text(encoding="utf-8"))
    for name, today in schemas().items():
        registry.level(name, "BACKWARD_TRANSITIVE" if name == OURS_TO_READ else LEVEL)
        for which, schema in (("released", opened(released[name]) if name in released else None), ("today", today)):
            if schema is not None:
                refusal = registry.register(name, schema)
                yield not refusal, f"{name}, {which}: {refusal or 'taken'}"
    for name, what, change in CHANGES:
        after = changed(name, change)
        ours, theirs = not list(unreadable({name: schemas()[name]}, {name: after})), registry.takes(name, after)
        yield ours == theirs, f"{name}, {what}: {'taken' if theirs else 'refused'}"


if __name__ == "__main__":
    found = list(judged(Registry(sys.argv[1])))
    print(*(f"{'' if agree else 'NOT AS EXPECTED: '}{line}" for agree, line in found), sep="\n")
    sys.exit(not all(agree for agree, _ in found))
