"""Reads REDCap's branching logic: comparisons of fields, joined by `and`, `or` and parentheses."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

_TOKEN = re.compile(
    r"""\s*(?:
      \[(?P<field>[a-z][a-z0-9_]*)(?:\((?P<choice>[^()\[\]]+)\))?\]
    | (?P<operator><=|>=|<>|!=|=|<|>)
    | (?P<quoted>'[^']*'|"[^"]*")
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>and|or|if)\b
    | (?P<mark>[(),])
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_MOST_CLAUSES = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field and the value that it is compared with, as text; `choice` is the code of one box of a checkbox field."""

    field: str
    choice: str | None
    operator: str
    value: str


Clause = tuple[Comparison, ...]  # at least one of these holds
Meaning = Callable[[Comparison], Sequence[Clause] | None]


def clauses(logic: str, meaning: Meaning = lambda _: None) -> list[Clause]:
    """The clauses that must all hold, so that the logic does.

    `if(logic, 1, 0)` means the same as its logic. `meaning` gives the clauses of a comparison that stands for others,
    as one with a calculated field does; None for any other. Raises ValueError for anything else.
    """
    reader = _LogicReader(logic, meaning)
    found = reader.either()
    if reader.peek() is not None:
        raise reader.unreadable()
    return list(dict.fromkeys(found))


class _LogicReader:
    """Reads the tokens of one text from left to right."""

    def __init__(self, logic: str, meaning: Meaning) -> None:
        self._logic = logic
        self._meaning = meaning
        self._tokens = list(self._split())
        self._at = 0

    def _split(self) -> Iterator[re.Match[str]]:
        place = 0
        text = self._logic.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise self.unreadable()
            yield match
            place = match.end()

    def unreadable(self) -> ValueError:
        """The error for all that is not understood."""
        expected = "expected comparisons such as [field] = '1' and [field(code)] = '1', joined by and, or, ( )"
        return ValueError(f"this branching logic cannot be read: {self._logic}; {expected}")

    def peek(self) -> str | None:
        """The next token in lower case; None at the end."""
        return self._tokens[self._at][0].strip().lower() if self._at < len(self._tokens) else None

    def either(self) -> list[Clause]:
        """Parts joined by `or`, which binds less than `and`."""
        found = self._both()
        while self.peek() == "or":
            self._at += 1
            pairs = product(found, self._both())
            found = [tuple(dict.fromkeys((*one, *other))) for one, other in pairs]
            if len(found) > _MOST_CLAUSES:
                raise ValueError(
                    f"this branching logic has too many parts: {self._logic}; split the field, or shorten it"
                )
        return found

    def _both(self) -> list[Clause]:
        found = self._part()
        while self.peek() == "and":
            self._at += 1
            found = [*found, *self._part()]
        return found

    def _part(self) -> list[Clause]:
        if self.peek() == "if":
            self._at += 1
            return self._enclosed(",", "1", ",", "0", ")")
        if self.peek() == "(":
            return self._enclosed(")")
        comparison = self._comparison()
        means = self._meaning(comparison)
        return [(comparison,)] if means is None else list(means)

    def _enclosed(self, *after: str) -> list[Clause]:
        self._expect("(")
        found = self.either()
        for token in after:
            self._expect(token)
        return found

    def _expect(self, token: str) -> None:
        if (self.peek() or "").strip("'\"") != token:
            raise self.unreadable()
        self._at += 1

    def _comparison(self) -> Comparison:
        field, operator, value = (self._next(kind) for kind in ("field", "operator", "value"))
        given = value["quoted"][1:-1] if value["quoted"] is not None else value["number"]
        sign = "!=" if operator["operator"] == "<>" else operator["operator"]
        return Comparison(field["field"].lower(), field["choice"], sign, given.strip())

    def _next(self, kind: str) -> re.Match[str]:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        groups = ("quoted", "number") if kind == "value" else (kind,)
        if token is None or all(token[group] is None for group in groups):
            raise self.unreadable()
        self._at += 1
        return token
