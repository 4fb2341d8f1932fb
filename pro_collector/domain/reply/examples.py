"""Examples of replies and how they must be read, from a file of a corpus (`tests/data/corpus`)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pro_collector.domain.document import Document
from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.errors import BadInput

# What the conversation tells apart and a corpus, like the command line, does not.
_SAME = {
    "leave": "opt_out", "erase": "opt_out", "back": "unclear", "death": "wrong_person", "bereaved": "unclear",
    "meaning": "unclear", "language": "unclear",
}  # fmt: skip
_ANSWERS = frozenset({"clear", "debatable"})


@dataclass(frozen=True, slots=True)
class Example:
    """One reply and what it must be read as; `clear` when a human reads it one way only."""

    question: Question
    text: str
    outcome: str
    value: int | str | None
    clear: bool
    line: int | None = field(default=None, compare=False)

    def is_wrongly_accepted(self, reading: Reading) -> bool:
        """Whether a value was taken that the person did not give: the mistake that must not happen."""
        return reading.outcome == "answer" and reading.value != self.value

    def is_right(self, reading: Reading) -> bool:
        """Whether the reading is an expected one; a debatable reply may also be asked again."""
        if self.outcome == "answer" and not self.clear:
            return not self.is_wrongly_accepted(reading)
        return _SAME.get(reading.outcome, reading.outcome) == self.outcome and reading.value == self.value


def read_examples(document: Document) -> tuple[Example, ...]:
    """Every example of a file. Raises BadInput if the file does not have the form of a corpus."""
    try:
        return tuple(_examples(document))
    except (KeyError, TypeError, AttributeError) as error:
        expected = "expected `questions` with the kind of each, and under `replies` their texts by outcome"
        raise BadInput([document.problem((), f"{expected} ({type(error).__name__}: {error})")]) from error


def _examples(document: Document) -> Iterator[Example]:
    for name, outcomes in document.data["replies"].items():
        question = _question(document.data["questions"][name])
        for outcome, texts in outcomes.items():
            for text, value, line in _texts(document, ("replies", name, outcome), texts):
                kind = "answer" if outcome in _ANSWERS else outcome
                yield Example(question, text, kind, value, outcome == "clear", line)


def _texts(document: Document, path: tuple[str, ...], texts: Any) -> Iterator[tuple[str, int | str | None, int | None]]:
    if isinstance(texts, dict):
        for value, several in texts.items():
            for at, text in enumerate(several):
                yield text, value, document.line((*path, value, at))
    else:
        yield from ((text, None, document.line((*path, at))) for at, text in enumerate(texts))


def _question(data: dict[str, Any]) -> Question:
    options = tuple(Choice(code, label) for code, label in data.get("options", {}).items())
    return Question(data["kind"], data.get("min"), data.get("max"), options)
