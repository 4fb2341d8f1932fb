"""Limits on a YAML file: its size, nesting, repetition by aliases, and the length of a number.

The parser itself has no limits: deep nesting ends the process, and a few hundred bytes of aliases stand for gigabytes.
"""

import re
from collections.abc import Iterator

import yaml

from pro_collector.errors import BadInput, Problem

MAX_CHARACTERS = 2_000_000
MAX_NESTING = 50
"""Lists and mappings within each other; our deepest file has 10."""
MAX_VALUES = 200_000
"""Values and keys in a file, counting those of an alias each time that it is used."""
MAX_DIGITS = 40
_NUMBER = re.compile(r"[0-9:_.,eE+-]+")


def check_limits(events: Iterator[yaml.Event], text: str, file: str) -> None:
    """Raise BadInput, with the line, if a file exceeds a limit. Reads `events` of `text` only up to that point."""
    if len(text) > MAX_CHARACTERS:
        raise _too_much(file, None, f"the file has more than {MAX_CHARACTERS:,} characters")
    count = _Count()
    for event in events:
        if fault := count.add(event):
            mark = event.start_mark
            raise _too_much(file, mark.line + 1 if mark else None, fault)


class _Count:
    """Counts the values of a document, event by event."""

    def __init__(self) -> None:
        self._values = 0
        self._open: list[tuple[str | None, int]] = []
        """For each open list or mapping: its anchor, and how many values came before it."""
        self._values_of: dict[str | None, int] = {}

    def add(self, event: yaml.Event) -> str:
        """Count one event; return what is wrong, or nothing."""
        if isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._values))
            self._values_of.pop(event.anchor, None)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            self._values_of[anchor] = self._values - before
        elif isinstance(event, yaml.ScalarEvent):
            self._values += 1
            self._values_of[event.anchor] = 1
            if len(event.value) > MAX_DIGITS and (event.tag or event.implicit[0]) and _NUMBER.fullmatch(event.value):
                return f"a number of more than {MAX_DIGITS} digits; put quotation marks around a text"
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in (anchor for anchor, _ in self._open):
                return f"*{event.anchor} is inside of what it stands for"
            self._values += self._values_of.get(event.anchor, 0)
        if len(self._open) > MAX_NESTING:
            return f"more than {MAX_NESTING} lists and keys inside each other"
        return f"more than {MAX_VALUES:,} values" if self._values > MAX_VALUES else ""


def _too_much(file: str, line: int | None, what: str) -> BadInput:
    return BadInput([Problem(file, line, "", f"not readable as YAML: {what}")])
