"""Finds the new part of a mail: the text without quotations, and without the lines of our own mails anywhere."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from pro_collector.domain.reply.language import Language

MAX_CHARACTERS = 10_000
"""How many characters of a mail are read; a person reads the rest."""
_COLON_AND_LINK = r"(\s?:)?(?:[\s>]*https?://\S+)?"
_OWN_LINE_WORDS = 4
"""A line of our mails with at least so many words is ours; a reader may write a shorter one too ("call us now")."""
_LONGEST_INTRODUCTION = 4
_WRAPPED_LINE_LENGTH = 55
"""In characters: a line at least this long was wrapped by a mail program, not by its writer."""
_SIGNATURE = re.compile(r"--\s?")
_PREFIX = re.compile(
    r"(?:\s*(?:re|rv|rép|ref|res|enc|fw|fwd|tr|aw|wg|antw|sv|rif|i)(?:\[\d+\])?\s?:)+\s*", re.IGNORECASE
)


class NewPart(NamedTuple):
    """The new part of a mail: `new` was certainly written now; `uncertain` follows a quotation's first line.

    `uncertain` has no quotation marks, so it may be quoted or new.
    """

    new: str
    uncertain: str


def new_part(text: str, language: Language, ours: Iterable[str] = ()) -> NewPart:
    """The new part of the text of a mail. `ours` has the mails and subjects that we sent to this address.

    Lines marked with `>` are left out. If the mail program marks no lines, everything after its introduction is
    `uncertain`, because the end of the quotation is unknown. Our own lines are left out wherever they are quoted, so
    that nothing in them is read as a request.
    """
    lines = without_own_lines(text.replace("\r\n", "\n")[:MAX_CHARACTERS], ours).split("\n")
    opening = _Opening.of(language)
    new: list[str] = []
    at = 0
    while at < len(lines):
        length = opening.length(lines[at : at + _LONGEST_INTRODUCTION])
        if length and not _marked_next(lines[at + length :]):
            return NewPart(_unwrapped(new), _unwrapped(_unmarked(lines[at + length :])))
        new += _unmarked(lines[at : at + 1]) if not length else []
        at += length or 1
    return NewPart(_unwrapped(new), "")


def without_own_lines(text: str, ours: Iterable[str]) -> str:
    """`text` without the lines of our own mails, even if they are quoted or wrapped; short lines are kept.

    A link that directly follows such a line is ours too.
    """
    for line in {line for words in ours for line in re.split(r"\n|\{\w+\}", words)}:
        pieces = line.rstrip(" :\xa0").split()  # the HTML of a mail has no colon before a link
        if len(pieces) >= _OWN_LINE_WORDS:
            text = re.sub(r"[\s>]+".join(map(re.escape, pieces)) + _COLON_AND_LINK, "\n", text)
    return text


def bare_subject(subject: str, ours: Iterable[str] = ()) -> str:
    """A subject without "Re:" and similar prefixes; empty if it is the subject of one of our mails."""
    prefix = _PREFIX.match(subject)
    return without_own_lines(subject[prefix.end() :] if prefix else subject, ours).strip()


class _Opening:
    """The lines that introduce a quotation, in every shipped language."""

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
        """The compiled patterns for a language."""
        return cls(language)

    def length(self, lines: Sequence[str]) -> int:
        """How many of the first `lines` introduce a quotation; 0 if the first line does not."""
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
    """The lines as text, with the lines that a mail program wrapped joined again."""
    text = ""
    for line in lines:
        text += line.strip() + (" " if len(line) >= _WRAPPED_LINE_LENGTH else "\n")
    return text.strip()
