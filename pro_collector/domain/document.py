"""YAML documents with the line of every value, so that each mistake can be reported with its line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, StringConstraints, ValidationError

from pro_collector.domain.document_limits import check_limits
from pro_collector.domain.near import nearest
from pro_collector.errors import BadInput, Problem

Path = tuple[str | int, ...]
_QUOTED = re.compile(r"'([^']*)'")
_CLOCK = re.compile(r"(?<![\d:\"'])([01]?\d|2[0-3]):([0-5]\d)(?![\d:\"'])")
_DESCRIPTIONS: dict[str, str] = {}
"""The description of each pattern of `text_like`, for error messages; pydantic reports only the pattern."""
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML file: `data` as plain Python values, `lines` from the path of each value to its line (from 1)."""

    file: str
    data: Any
    lines: Mapping[Path, int]

    def line(self, path: Sequence[str | int]) -> int | None:
        """The line of the value at `path`, or of its nearest enclosing value."""
        for end in range(len(path), -1, -1):
            line = self.lines.get(tuple(path[:end]))
            if line is not None:
                return line
        return None

    def problem(self, path: Sequence[str | int], message: str) -> Problem:
        """A mistake at `path`, with its line."""
        return Problem(self.file, self.line(path), ".".join(str(part) for part in path), message)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml is four times as fast
    """SafeLoader that keeps dates as text. The models of a study file parse them and say what was expected."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


_MISREAD = (ValueError, LookupError, AttributeError, TypeError)
"""What the parser raises if a value is not what its tag says: `!!int x`, `!!bool x`."""


def parse_yaml(text: str, file: str) -> Document:
    """Parse one YAML document.

    Raises BadInput with the line if the text is not YAML, has a key twice, has a tag other than plain data, or exceeds
    a limit (`document_limits`).
    """
    try:
        check_limits(yaml.parse(text, Loader=_Loader), text, file)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return Document(file, None, {(): 1})
            repeated = list(_repeated_keys(node, ()))
            data = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(part for part in (error.context, error.problem) if part)
        if mark and text.splitlines()[mark.line : mark.line + 1] and "\t" in text.splitlines()[mark.line]:
            message += "; indent with spaces, not with tabs"
        raise BadInput(
            [Problem(file, mark.line + 1 if mark else None, "", f"not readable as YAML: {message}")]
        ) from error
    except (yaml.YAMLError, *_MISREAD) as error:
        raise BadInput([Problem(file, None, "", f"not readable as YAML: {error}")]) from error
    if repeated:
        raise BadInput(
            [
                Problem(file, line, ".".join(map(str, path)), "this key is here twice; keep one")
                for path, line in repeated
            ]
        )
    return Document(file, data, dict(_lines(node, ())))


def with_clock_times(document: Document, text: str) -> Document:
    """The document, with unquoted times of day as text: YAML 1.1 reads 10:30 as the number 630."""
    lines = text.splitlines()

    def repaired(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return {key: repaired(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [repaired(each, (*path, index)) for index, each in enumerate(value)]
        if isinstance(value, int) and not isinstance(value, bool):
            for hour, minute in _CLOCK.findall(lines[(document.line(path) or 1) - 1]):
                if int(hour) * 60 + int(minute) == value:
                    return f"{hour}:{minute}"
        return value

    return replace(document, data=repaired(document.data, ()))


def text_like(pattern: str, description: str) -> StringConstraints:
    """A constraint for text that matches `pattern`, with a `description` of the pattern for error messages."""
    _DESCRIPTIONS[pattern] = description
    return StringConstraints(pattern=pattern)


def validate(document: Document, model: type[Model]) -> Model:
    """Parse `document` as `model`. Raises BadInput with every mistake, each with its line and what was expected."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise BadInput(problems(document, error)) from error


def problems(document: Document, error: ValidationError) -> list[Problem]:
    """The errors that pydantic found, each with its line, in the order of the file."""
    items = error.errors()
    mistakes = [
        document.problem(_real_path(document, item), _message(item)) for item in items if not _follows(item, items)
    ]
    return sorted(set(mistakes), key=lambda problem: (problem.line or 0, problem.where, problem.message))


def _follows(item: Any, items: Sequence[Any]) -> bool:
    """Whether a list is reported as too short only because its elements could not be read."""
    location = item["loc"]
    return item["type"] == "too_short" and any(
        error["loc"][: len(location)] == location and len(error["loc"]) > len(location) for error in items
    )


def _message(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        return "this key is not known here"
    if item["type"] == "missing":
        return "this is required and is not here"
    if item["type"] in ("model_type", "dict_type"):
        return "expected keys with their values here, such as `key: value`"
    if item["type"] in ("tuple_type", "list_type"):
        return f"expected a list here, such as [one, two], not {item.get('input')!r}"
    if item["type"] == "string_pattern_mismatch" and (description := _DESCRIPTIONS.get(item["ctx"]["pattern"])):
        return f"expected {description}, not {item['input']!r}"
    if item["type"] == "too_short":
        return f"expected at least {item['ctx']['min_length']} here"
    given = item.get("input")
    if item["type"] == "literal_error":
        near = nearest(str(given), _QUOTED.findall(item["ctx"]["expected"]))
        return f"expected {item['ctx']['expected']}, not {given!r}" + (f"; did you mean `{near}`?" if near else "")
    if isinstance(given, str | int | float | bool) and repr(given) not in message and str(given) not in message:
        return f"{message}, not {given!r}"
    return message


def _real_path(document: Document, item: Any) -> Path:
    """The path in the file: pydantic's location without the names of union members, which are not in the file."""
    path: Path = ()
    location = item["loc"]
    for index, part in enumerate(location):
        absent = item["type"] == "missing" and index == len(location) - 1
        if (*path, part) in document.lines or absent:
            path = (*path, part)
    return path


def _lines(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    if path == ():
        yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, _key(key))
            yield here, key.start_mark.line + 1
            yield from _lines(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            here = (*path, index)
            yield here, value.start_mark.line + 1
            yield from _lines(value, here)


def _repeated_keys(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str | int] = set()
        for key, value in node.value:
            name = _key(key)
            if name in seen:
                yield (*path, name), key.start_mark.line + 1
            seen.add(name)
            yield from _repeated_keys(value, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _repeated_keys(value, (*path, index))


def _key(node: yaml.Node) -> str | int:
    if node.tag == "tag:yaml.org,2002:int" and isinstance(node, yaml.ScalarNode):
        try:
            return int(node.value)
        except ValueError:
            return str(node.value)
    return str(node.value)
