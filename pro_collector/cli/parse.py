"""`pro-collector parse`: reads the meaning of text replies, NDJSON in and NDJSON out; a stable contract."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, StrictInt, StrictStr, ValidationError, model_validator

from pro_collector.cli.app import app
from pro_collector.display.task import quoted
from pro_collector.domain.near import nearest
from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.domain.reply.second_reading import read_twice
from pro_collector.domain.reply.understanding import understand
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.languages import available, language
from pro_collector.second_reader import mark_of, second_reader

# The contract has fewer outcomes than the conversation: `leave` and `erase` also opt out of texts, and a single reply
# has no earlier question for `back`.
_CONTRACT = {
    "leave": "opt_out", "erase": "opt_out", "back": "unclear", "death": "wrong_person", "bereaved": "unclear",
    "meaning": "unclear", "language": "unclear",
}  # fmt: skip
_READ_BY_A_PERSON = frozenset({"bereaved", "meaning", "language"})


class _Option(BaseModel):
    code: StrictInt | StrictStr
    label: str
    synonyms: tuple[str, ...] = ()


class _Row(BaseModel):
    id: Any = None
    kind: Literal["integer", "choice", "yesno", "decimal", "text", "date"]
    min: int | float | None = None
    max: int | float | None = None
    options: tuple[_Option, ...] = ()
    opt_outs: tuple[str, ...] = ()
    language: str
    text: str

    @model_validator(mode="after")
    def _fits_kind(self) -> "_Row":
        if self.kind == "choice" and not self.options:
            raise ValueError('a choice needs "options": [{"code": 0, "label": "Not at all"}, ...]')
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError('"min" must not be above "max"')
        return self

    def question(self) -> Question:
        options = tuple(Choice(each.code, each.label, each.synonyms) for each in self.options)
        return Question(self.kind, self.min, self.max, options, self.opt_outs)


@app.command(name="parse")
def parse() -> None:
    """Read the meaning of text replies: one JSON object a line on standard input and on standard output, in order.

    In: {"id": 1, "kind": "integer", "min": 0, "max": 10, "language": "en", "text": "7ish"}, or kind "choice" with
    "options": [{"code": 0, "label": "Not at all"}, ...], or kind "yesno".

    Out: {"id": 1, "outcome": "answer", "value": 7, "flag": null, "reason": "number"}. "flag" is what a person
    must see in addition to the outcome: "words" (to be read), "stop" (it may be a wish to stop) or "emergency". It is
    null if the outcome itself reaches a person.

    Every row is checked before the first result is written. If a row is invalid, only the mistakes are printed, and the
    exit code is 2.
    """
    rows = list(_rows(sys.stdin.buffer))
    for row in rows:
        reading = read_twice(row.text, understand(row.text, row.question(), language(row.language)), mark_of)
        sys.stdout.write(json.dumps(_line(row, reading)) + "\n")


def _line(row: _Row, reading: Reading) -> dict[str, Any]:
    outcome = _CONTRACT.get(reading.outcome, reading.outcome)
    reason = reading.reason if outcome == reading.outcome else f"{reading.outcome}: {reading.reason}"
    if reading.also:
        reason = f"{reason}; also {', '.join(reading.also)}"
    if reading.flag in ("stop", "emergency") and (mark := mark_of(row.text)) == reading.flag:
        reason = f"{reason}; the second reader marked it because of {quoted(second_reader().reasons(row.text, mark))}"
    return {"id": row.id, "outcome": outcome, "value": reading.value, "flag": _flag(reading), "reason": reason}


def _flag(reading: Reading) -> str | None:
    return "words" if reading.outcome in _READ_BY_A_PERSON else reading.flag


def _rows(lines: Iterable[bytes]) -> Iterator[_Row]:
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            parsed = _row(line, number)
            if isinstance(parsed, _Row):
                yield parsed
            else:
                problems += parsed
    if problems:
        raise BadInput(problems)


def _row(line: bytes, number: int) -> _Row | list[Problem]:
    try:
        data = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return [Problem("row", number, "", f"not readable as JSON in UTF-8 ({error}); expected one object a line")]
    if not isinstance(data, dict):
        return [
            Problem("row", number, "", 'expected an object such as {"id": 1, "kind": "yesno", "language": "en", ...}')
        ]
    problems = [*_misspelt(data, number)]
    try:
        row = _Row.model_validate(data)
        language(row.language)
    except ValidationError as error:
        return problems + [_problem(number, item) for item in error.errors()]
    except NotFound as error:
        return [*problems, Problem("row", number, "language", str(error))]
    return problems or row


def _misspelt(data: dict[str, Any], number: int) -> Iterator[Problem]:
    # Callers may send additional keys. Only an unknown key that is similar to one of ours is a mistake.
    for key in data.keys() - _Row.model_fields.keys():
        near = nearest(key, _Row.model_fields.keys() - data.keys(), least=0.75)
        if near:
            yield Problem("row", number, key, f"this key is not known here; did you mean {near!r}?")


def _problem(number: int, item: Any) -> Problem:
    where = ".".join(str(part) for part in item["loc"] if part not in {"int", "str", "float"})
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        message = "this is required and is not here"
    if where == "language" and item["type"] == "missing":
        message += f"; expected one of {', '.join(available())}"
    return Problem("row", number, where, message)
