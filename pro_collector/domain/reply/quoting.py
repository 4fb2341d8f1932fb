"""What is new in a mail: without what the mail program quoted, and without our own words wherever they stand."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from pro_collector.domain.reply.language import Language

MOST = 10_000
"""Characters that are read; a person reads the rest."""
_OURS = 4
"""Words in a row that are ours and not anybody's: "call us now" may be said by whoever reads our mails."""
_LONGEST_INTRODUCTION = 4
_WRAPPED = 55
"""A line this long was broken by a mail program, not by its writer."""
_SIGNATURE = re.compile(r"--\s?")
_PREFIX = re.compile(
    r"(?:\s*(?:re|rv|rép|ref|res|enc|fw|fwd|tr|aw|wg|antw|sv|rif|i)(?:\[\d+\])?\s?:)+\s*", re.IGNORECASE
)


class NewPart(NamedTuple):
    """`said` is new for certain; `below` stands unmarked behind a quotation's first line: quoted, or written there."""

    said: str
    below: str


def new_part(text: str, language: Language, ours: Iterable[str] = ()) -> NewPart:
    """The new part of a mail's text; `ours` are the mails (and subjects) that we wrote to this address.

    Lines marked with `>` are left out. Where the program marks no line, all that follows its introduction is apart:
    nobody knows where the quotation ends. What we wrote ourselves is nobody's wish, however it was quoted.
    """
    lines = without(text.replace("\r\n", "\n")[:MOST], ours).split("\n")
    opening = _Opening.of(language)
    said: list[str] = []
    at = 0
    while at < len(lines):
        length = opening.length(lines[at : at + _LONGEST_INTRODUCTION])
        if length and not _marked_next(lines[at + length :]):
            return NewPart(_unwrapped(said), _unwrapped(_unmarked(lines[at + length :])))
        said += _unmarked(lines[at : at + 1]) if not length else []
        at += length or 1
    return NewPart(_unwrapped(said), "")


def without(text: str, ours: Iterable[str]) -> str:
    """`text` without any line of ours that is long enough to be nobody else's, whether quoted or broken anew."""
    for line in {line for words in ours for line in re.split(r"\n|\{\w+\}", words)}:
        pieces = line.split()
        if len(pieces) >= _OURS:
            text = re.sub(r"[\s>]+".join(map(re.escape, pieces)), "\n", text)
    return text


def bare_subject(subject: str, ours: Iterable[str] = ()) -> str:
    """A subject without "Re:" and its relatives, and empty when it is that of a mail of ours."""
    prefix = _PREFIX.match(subject)
    return without(subject[prefix.end() :] if prefix else subject, ours).strip()


class _Opening:
    """The lines that introduce a quotation, in every language that ships."""

    def __init__(self, language: Language) -> None:
        all_of = [vocabulary.quoting for vocabulary in language.all]
        begins, ends = (_either(each for q in all_of for each in getattr(q, name)) for name in ("begins", "ends"))
        fields = [field for quoting in all_of for field in quoting.fields]
        writers = [quoting.fields[0] for quoting in all_of if quoting.fields]
        self._begins = re.compile(rf"\W{{0,3}}{begins}\s", re.IGNORECASE)
        self._ends = re.compile(rf"(?:.*\s|){ends}\s?:\s*", re.IGNORECASE)
        self._title = re.compile(
            rf"[\s*_-]*-[\s-]*{_either(t for q in all_of for t in q.titles)}[\s*_-]*:?", re.IGNORECASE
        )
        self._writer = re.compile(rf"[\s*_]*{_either(writers)}\s?[*_]*\s?:", re.IGNORECASE)
        self._field = re.compile(rf"[\s*_]*{_either(fields)}\s?[*_]*\s?:", re.IGNORECASE)

    @classmethod
    @lru_cache(maxsize=16)
    def of(cls, language: Language) -> "_Opening":
        """Compiled once for a language."""
        return cls(language)

    def length(self, lines: Sequence[str]) -> int:
        """How many of `lines`, from the first on, introduce a quotation; 0 when they do not."""
        first = lines[0]
        if self._title.fullmatch(first) or _SIGNATURE.fullmatch(first):
            return 1
        if len(lines) > 1 and self._writer.match(first) and self._field.match(lines[1]):
            return 2
        return self._attribution(lines) if self._begins.match(first) else 0

    def _attribution(self, lines: Sequence[str]) -> int:
        for count, line in enumerate(lines, start=1):
            if not line.strip():
                return 0
            if self._ends.fullmatch(line):
                return count if re.search(r"\d", " ".join(lines[:count])) else 0
        return 0


def _either(phrases: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, phrases)) or '(?!)'})"


def _marked_next(lines: Sequence[str]) -> bool:
    following = next((line for line in lines if line.strip()), "")
    return following.lstrip().startswith(">")


def _unmarked(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith(">")]


def _unwrapped(lines: Sequence[str]) -> str:
    """The lines with those that a mail program broke put together again."""
    text = ""
    for line in lines:
        text += line.strip() + (" " if len(line) >= _WRAPPED else "\n")
    return text.strip()
