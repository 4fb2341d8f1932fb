"""Error messages of study files that teach: an example of what was expected, and where a key belongs."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from pro_collector.domain.near import nearest
from pro_collector.errors import Problem

_EXAMPLES = {
    "window": "{closes: 3d} or {opens: -1d, closes: 3d, late_entry: 2d}; the invitation goes at 0d",
    "repeat": "{every: 1w, for: 8w}",
    "on_days": "[1, 8, 15]; every day: repeat: {every: 1d, for: 14d}",
    "offsets": "[6w, 3mo, 1y]",
    "reminders": "[1d, 3d]",
    "ladder": "[{channel: sms}, {channel: email, after: 1d}]",
    "reporter": "[{below: 13, by: proxy}, {from: 13, by: self}]",
    "only": "{arms: [treated], ages: {from: 18}}",
    "instruments": "[symptom-diary]",
    "title": "{en: Weekly questions}",
    "label": "{en: Surgery}",
    "blackout": '[2027-12-25, {every_year: "01-01"}]',
    "quiet_hours": '{from: "21:00", until: "08:00"}',
    "burden": "{surveys: 3}",
    "languages": "[en, es]",
    "sometimes": "{quality-of-life: {times: {every: 2}}}",
}
_SHAPES = ("expected keys with their values here", "expected a list here")
_TEXTS = ("title", "label", "emergency", "text")


def taught(problem: Problem, file: type[BaseModel]) -> Problem:
    """The problem, with a message that says more where that is known; `file` is the model of the whole file."""
    message = _better(problem, file)
    return problem if message is None else replace(problem, message=message)


def _better(problem: Problem, file: type[BaseModel]) -> str | None:
    message, path = problem.message, problem.where.split(".")
    if message == "this key is not known here":
        return _unknown_key(path[-1], file)
    if message.startswith("Keys should be strings, not True"):
        return (
            "YAML reads `on` as true, and it is no key here: days after the anchor are `on_days: [1, 8]`, "
            "days of the week `repeat: {every: 1w, weekdays: [sun]}`"
        )
    if len(path) > 1 and path[-2] in _TEXTS and " " in path[-1]:
        return 'a text with a comma needs quotes: {en: "First, second"}'
    if message.startswith("expected lower-case letters, digits and hyphens") and "_" in path[-1]:
        return f"{message}; for example `{path[-1].lower().replace('_', '-')}`"
    key = next((part for part in reversed(path) if not part.isdigit()), "")
    if message.startswith(_SHAPES) and key in _EXAMPLES:
        return f"{message.partition(', such as')[0]}, for example {key}: {_EXAMPLES[key]}"
    return None


def _unknown_key(key: str, file: type[BaseModel]) -> str | None:
    """The message about a key that is unknown in its place: where it belongs, or the most similar key."""
    owners = _owners(file)
    if key in owners:
        places = " or ".join(f"`{place}`" for place in sorted(owners[key]))
        return f"this key is not known here; it belongs below {places}" if places else None
    near = nearest(key, set(owners))
    return f"this key is not known here; did you mean `{near}`?" if near else None


@cache
def _owners(file: type[BaseModel]) -> dict[str, set[str]]:
    """Every key that the file may have, with the keys below which it may stand."""
    owners: dict[str, set[str]] = {}
    for owner, key in _keys(file, "", frozenset()):
        owners.setdefault(key, set()).update([owner] if owner else [])
    return owners


def _keys(model: type[BaseModel], owner: str, seen: frozenset[type[BaseModel]]) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield owner, key
        for nested in _models(field.annotation):
            if nested not in seen | {model}:
                yield from _keys(nested, key, seen | {model})


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
