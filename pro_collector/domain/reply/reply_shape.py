"""Reads a reply word by word: its shape (the part of each word) and the codes that its items may mean."""

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

# More than the longest text that carriers deliver can have.
_MOST_TOKENS = 1600

_PLAIN = re.compile(r"0?[1-9]|0|[1-9]\d{1,8}")
# A sentence with one answer, and after its end only remarks.
_ANSWERED = re.compile(r"[fkihbyse]*[nwloz][fkhabsm]*e[efkihabjrsm]*")


@dataclass(slots=True)
class ReplyShape:
    """The parts of a reply, one letter each, and the codes that each item may mean, by its place in `shape`.

    `unread`: a sentence after the answer has unknown words. The answer is still taken, and a person reads the text.
    """

    shape: str = ""
    items: dict[int, Codes] = field(default_factory=dict)
    unread: bool = False

    def add(self, part: str, codes: Codes | None = None) -> None:
        if codes is not None:
            self.items[len(self.shape)] = codes
        self.shape += part


class NoSafeReading(Exception):
    """A reply has no safe reading; carries the reason."""


def parse_shape(parts: Sequence[Token], scale: AnswerScale) -> ReplyShape:
    """The shape of a reply. Raises NoSafeReading at the first word that leaves no safe reading."""
    kept = [part for part in parts if part.kind != MARK]
    if len(kept) > _MOST_TOKENS:
        raise NoSafeReading(LONG)
    texts = texts_of(kept)
    reply = ReplyShape()
    at = 0
    while at < len(kept):
        at += _step(kept, texts, at, reply, scale)
    return reply


def trace(parts: Sequence[Token], scale: AnswerScale) -> list[tuple[str, str]]:
    """How each word of a reply was taken: the words, and their parts; "" for the word at which reading ended."""
    kept = [part for part in parts if part.kind != MARK]
    texts, reply, at = texts_of(kept), ReplyShape(), 0
    found: list[tuple[str, str]] = []
    while at < len(kept):
        before = len(reply.shape)
        try:
            length = _step(kept, texts, at, reply, scale)
        except NoSafeReading:
            return [*found, (texts[at], "")]
        found.append((" ".join(texts[at : at + length]), reply.shape[before:]))
        at += length
    return found


def _step(parts: list[Token], texts: tuple[str, ...], at: int, reply: ReplyShape, scale: AnswerScale) -> int:
    kind, text = parts[at]
    if kind == BREAK:
        reply.add(SENTENCE if text in ".!\n" else PAUSE)
        return 1
    phrase = _longest(texts, at, scale)
    may_be_label = not phrase or phrase.part not in ITEMS or len(phrase.words) == 1
    if may_be_label and kind == WORD and text[0] in scale.initials:
        label = scale.misspelt_label(texts, at)
        phrase = label if label and (not phrase or len(label.words) > len(phrase.words)) else phrase
    if kind == NUMBER and (phrase is None or len(phrase.words) == 1):
        codes = _codes_of_digits(text, scale)
        reply.add(DIGITS, codes | phrase.payload if phrase and isinstance(phrase.payload, frozenset) else codes)
        return 1
    if phrase is None and kind == WORD:
        corrected = _corrected(text, scale)
        if corrected is None and scale.is_own and _is_separate_remark(texts, at, reply):
            reply.add(REMARK)
            reply.unread = True
            return 1
        phrase = _longest((*texts[:at], corrected, *texts[at + 1 :]), at, scale) if corrected else None
        if phrase is None:
            raise NoSafeReading(UNKNOWN)
    if phrase is None:
        return _number_with_signs(parts, at, reply, scale)
    reply.add(phrase.part, scale.codes_of(phrase.payload))
    return len(phrase.words)


def _longest(texts: tuple[str, ...], at: int, scale: AnswerScale) -> Phrase | None:
    answer, usual = scale.answers.at(texts, at), scale.common.at(texts, at)
    if answer is None or (usual is not None and len(usual.words) > len(answer.words)):
        return usual
    return answer


def _corrected(word: str, scale: AnswerScale) -> str | None:
    corrected = scale.spelling.correct(word)
    if corrected is None and word not in scale.real_words:
        corrected = scale.label_words.complete(word)
    return corrected


def _is_separate_remark(texts: tuple[str, ...], at: int, reply: ReplyShape) -> bool:
    """Whether an unknown word is in a sentence of at least three words that follows the sentence with the answer.

    "8. The nurse changed my dressing" is 8; "2. Advil" may be a number of pills.
    """
    if not _ANSWERED.fullmatch(reply.shape):
        return False
    start = max((place + 1 for place in range(at) if texts[place] in ".!\n"), default=0)
    return len(list(takewhile(str.isalnum, texts[start:]))) >= 3


def _codes_of_digits(digits: str, scale: AnswerScale) -> Codes:
    if not _PLAIN.fullmatch(digits):
        raise NoSafeReading(out_of_range(scale))
    return scale.codes_of_number(int(digits))


def _number_with_signs(parts: list[Token], at: int, reply: ReplyShape, scale: AnswerScale) -> int:
    kind, text = parts[at]
    if kind == COMPOUND:
        reply.add(DIGITS, _compound(text, scale))
    elif kind == GLUED and text.endswith(scale.endings):
        reply.add(DIGITS, _codes_of_digits(_before_ending(text, scale), scale))
    elif kind == SLASH and reply.shape.endswith((DIGITS, NUMERAL)) and _is_maximum(parts[at + 1 : at + 2], scale):
        return 2
    elif kind == SIGNED and text[0] == "-" and (scale.question.minimum or 0) < 0:
        reply.add(DIGITS, scale.codes_of_number(-int(text[1:10])))
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
        return _codes_of_digits(first, scale)
    if sign == "." or (sign == "," and scale.vocabulary.decimal_comma):
        if scale.question.kind == "decimal":
            return frozenset({float(f"{first}.{second}")})
        if second not in {"0", "00"}:
            raise NoSafeReading(WHOLE)
        return _codes_of_digits(first, scale)
    raise NoSafeReading(SEVERAL)


def _is_maximum(following: Sequence[Token], scale: AnswerScale) -> bool:
    return bool(following) and following[0] == Token(NUMBER, str(scale.question.maximum))


def out_of_range(scale: AnswerScale) -> str:
    """The reason for refusing a value that is not a possible answer."""
    question = scale.question
    if scale.codes:
        return OPTIONS
    if question.minimum is None or question.maximum is None:
        return "out of range"
    return f"out of range: {question.minimum} to {question.maximum}"
