"""Reads several answers in one text ("3, 4, 2"), if their order is certain."""

import re
from collections.abc import Iterator, Sequence

from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Question, Reading
from pro_collector.domain.reply.tokens import words
from pro_collector.domain.reply.understanding import understand

_LINES = re.compile(r"\s*[;\n]\s*")
_COMMAS = re.compile(r"\s*[,،、]\s*")
_NUMBERED = re.compile(r"(?<!\S)[qp]?(\d{1,2})\s?(?:[):=]\s*|\.\s+)(?=\S)", re.IGNORECASE)


def understand_many(text: str, questions: Sequence[Question], language: Language) -> tuple[Reading, ...]:
    """The answers in `text` to the remaining `questions`, in their order; a single reading if it is not surely a list.

    It is a list if every question gets exactly one clear answer: "3, 4, 2" answers three questions, never two or four.
    "3 and 4" and "3 4" are no lists, because they may be one uncertain answer; "3, sorry, 4" is a correction.
    """
    first = understand(text, questions[0] if questions else None, language)
    if first.outcome not in {"answer", "unclear"} or len(questions) < 2:
        return (first,)
    for pieces in _lists(text, len(questions), language):
        if len(pieces) == len(questions):
            readings = tuple(understand(piece, each, language) for piece, each in zip(pieces, questions, strict=True))
            if all(reading.outcome == "answer" for reading in readings):
                return readings if first.value in (None, readings[0].value) else (first,)
    return (first,)


def _lists(text: str, expected: int, language: Language) -> Iterator[list[str]]:
    """The ways to split a text into a list, most certain first."""
    yield _numbered(text)
    lines = [piece for piece in _LINES.split(text.strip()) if piece]
    yield lines
    pieces = [piece for piece in _COMMAS.split(text.strip()) if piece]
    if len(pieces) > 2 or not _may_be_decimal(text, language):
        yield pieces
    if expected > 2:
        yield _last_joined(pieces, language)
        yield text.split()


def _numbered(text: str) -> list[str]:
    """The answers of a numbered list such as "1) 3 2) 4", if the numbers increase by one; else an empty list."""
    before, *rest = _NUMBERED.split(text)
    numbers, pieces = [int(number) for number in rest[::2]], rest[1::2]
    consecutive = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False
    return [piece.strip(" ,;\n") for piece in pieces] if consecutive and not before.strip() else []


def _may_be_decimal(text: str, language: Language) -> bool:
    return language.own.decimal_comma and re.search(r"\d,\d", text) is not None


def _last_joined(pieces: list[str], language: Language) -> list[str]:
    """The pieces with the last one split at a joining word: "3, 4 and 2" has three answers."""
    *start, last = pieces or [""]
    last_words = last.split()
    for at, word in enumerate(last_words):
        if words(word) in map(words, language.own.joining_last):
            return [*start, *filter(None, (" ".join(last_words[:at]), " ".join(last_words[at + 1 :])))]
    return pieces
