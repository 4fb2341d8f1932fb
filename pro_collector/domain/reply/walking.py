"""Walks over a reply, word by word: its shape (the part each word plays) and what its items may stand for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from pro_collector.domain.reply.lexicon import (
    DIGITS,
    ITEMS,
    NUMERAL,
    PAUSE,
    REMARK,
    SENTENCE,
    Codes,
    Phrase,
    texts_of,
)
from pro_collector.domain.reply.scale import AnswerScale
from pro_collector.domain.reply.tokens import BREAK, COMPOUND, GLUED, MARK, NUMBER, SIGNED, SLASH, WORD, Token

UNKNOWN = "words not known"
WORDS = "words that may change the answer"
NOTHING = "no answer in it"
SEVERAL = "more than one reading"
OPTIONS = "not among the options"
WHOLE = "not a whole number"
LONG = "too long to be sure"

# More than the longest text that carriers pass on can hold.
_MOST_TOKENS = 1600

_PLAIN = re.compile(r"0?[1-9]|0|[1-9]\d{1,8}")
# One sentence with one answer in it, its end, and nothing but remarks since.
_ANSWERED = re.compile(r"[fkihbyse]*[nwloz][fkhabsm]*e[efkihabjrsm]*")


@dataclass(slots=True)
class ReplyShape:
    """The parts of a reply as one letter each, and by their place in it the codes that items may stand for.

    `unread`: a later sentence holds words that nobody knows; they leave the answer standing, and a person reads them.
    """

    shape: str = ""
    items: dict[int, Codes] = field(default_factory=dict)
    unread: bool = False

    def add(self, part: str, codes: Codes | None = None) -> None:
        if codes is not None:
            self.items[len(self.shape)] = codes
        self.shape += part


class NoSafeReading(Exception):
    """Ends the walk over a reply at the first thing that leaves no safe reading; carries the reason."""


def walk(parts: Sequence[Token], scale: AnswerScale) -> ReplyShape:
    """The shape of a reply; raises NoSafeReading at the first word that leaves no safe reading."""
    kept = [part for part in parts if part.kind != MARK]
    if len(kept) > _MOST_TOKENS:
        raise NoSafeReading(LONG)
    texts = texts_of(kept)
    said = ReplyShape()
    at = 0
    while at < len(kept):
        at += _step(kept, texts, at, said, scale)
    return said


def _step(parts: list[Token], texts: tuple[str, ...], at: int, said: ReplyShape, scale: AnswerScale) -> int:
    kind, text = parts[at]
    if kind == BREAK:
        said.add(SENTENCE if text in ".!\n" else PAUSE)
        return 1
    found = _longest(texts, at, scale)
    if text[0] in scale.initials and kind == WORD and (not found or found.part not in ITEMS or len(found.words) == 1):
        meant = scale.label_meant(texts, at)
        found = meant if meant and (not found or len(meant.words) > len(found.words)) else found
    if kind == NUMBER and (found is None or len(found.words) == 1):
        named = _named(text, scale)
        said.add(DIGITS, named | found.payload if found and isinstance(found.payload, frozenset) else named)
        return 1
    if found is None and kind == WORD:
        meant_word = _meant(text, scale)
        if meant_word is None and scale.is_own and _is_own_remark(texts, at, said):
            said.add(REMARK)
            said.unread = True
            return 1
        found = _longest((*texts[:at], meant_word, *texts[at + 1 :]), at, scale) if meant_word else None
        if found is None:
            raise NoSafeReading(UNKNOWN)
    if found is None:
        return _figure(parts, at, said, scale)
    said.add(found.part, scale.codes_of(found.payload))
    return len(found.words)


def _longest(texts: tuple[str, ...], at: int, scale: AnswerScale) -> Phrase | None:
    found, usual = scale.answers.at(texts, at), scale.common.at(texts, at)
    if found is None or (usual is not None and len(usual.words) > len(found.words)):
        return usual
    return found


def _meant(word: str, scale: AnswerScale) -> str | None:
    meant = scale.spelling.mend(word)
    if meant is None and word not in scale.real_words:
        meant = scale.label_words.complete(word)
    return meant


def _is_own_remark(texts: tuple[str, ...], at: int, said: ReplyShape) -> bool:
    """Whether an unknown word stands in a sentence of three words or more after one that already gave the answer.

    "8. The nurse changed my dressing" is 8; "2. Advil" may count pills.
    """
    if not _ANSWERED.fullmatch(said.shape):
        return False
    start = max((place + 1 for place in range(at) if texts[place] in ".!\n"), default=0)
    return len(list(takewhile(str.isalnum, texts[start:]))) >= 3


def _named(digits: str, scale: AnswerScale) -> Codes:
    if not _PLAIN.fullmatch(digits):
        raise NoSafeReading(outside(scale))
    return scale.named(int(digits))


def _figure(parts: list[Token], at: int, said: ReplyShape, scale: AnswerScale) -> int:
    kind, text = parts[at]
    if kind == COMPOUND:
        said.add(DIGITS, _compound(text, scale))
    elif kind == GLUED and text.endswith(scale.endings):
        said.add(DIGITS, _named(_before_ending(text, scale), scale))
    elif kind == SLASH and said.shape.endswith((DIGITS, NUMERAL)) and _is_maximum(parts[at + 1 : at + 2], scale):
        return 2
    elif kind == SIGNED and text[0] == "-" and (scale.question.minimum or 0) < 0:
        said.add(DIGITS, scale.named(-int(text[1:10])))
    else:
        raise NoSafeReading(WORDS)
    return 1


def _before_ending(text: str, scale: AnswerScale) -> str:
    ending = next(ending for ending in scale.endings if text.endswith(ending))
    digits = text.removesuffix(ending)
    if not digits.isdecimal():
        raise NoSafeReading(WORDS)
    return digits


def _compound(text: str, scale: AnswerScale) -> Codes:
    parts = re.split(r"([.,/:-])", text)
    if len(parts) != 3 or not parts[2].isdecimal():
        raise NoSafeReading(SEVERAL)
    first, sign, second = parts
    if sign == "/" and _is_maximum([Token(NUMBER, second)], scale):
        return _named(first, scale)
    if sign == "." or (sign == "," and scale.vocabulary.decimal_comma):
        if scale.question.kind == "decimal":
            return frozenset({float(f"{first}.{second}")})
        if second not in {"0", "00"}:
            raise NoSafeReading(WHOLE)
        return _named(first, scale)
    raise NoSafeReading(SEVERAL)


def _is_maximum(following: Sequence[Token], scale: AnswerScale) -> bool:
    return bool(following) and following[0] == Token(NUMBER, str(scale.question.maximum))


def outside(scale: AnswerScale) -> str:
    """Why a value that is no possible answer is refused."""
    question = scale.question
    if scale.codes:
        return OPTIONS
    if question.minimum is None or question.maximum is None:
        return "out of range"
    return f"out of range: {question.minimum} to {question.maximum}"
