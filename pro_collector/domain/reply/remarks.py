"""Reads an answer that has a remark beside it: "7, my leg is swollen", "10 i cant take this anymore", "He fell. 7".

The answer must stand by itself, and the remark must be a clause of its own that does not speak of the answer. Such a
reply keeps its answer, and a person reads the remark.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from pro_collector.domain.reply.lexicon import (
    AFTER,
    ANNOUNCING,
    JOINING,
    REMARK,
    REMARK_JOINING,
    TELLING,
    UNSIGNED,
    Lexicon,
    Phrase,
    texts_of,
)
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.reading import read
from pro_collector.domain.reply.remark import Joint, Remark
from pro_collector.domain.reply.scale import AnswerScale
from pro_collector.domain.reply.tokens import BREAK, MARK, Token

TELLING_INTENTS = frozenset({"concern", "person", "bereaved", "urgent"})
"""Intents that make words a remark, however they begin."""

_END = ".!\n"
_LONGEST = 60
"""Tokens: a longer text is a letter, which a person reads anyway."""
_MUCH, _MUCH_OF_AN_OPTION = 4, 3
"""The words of a remark that a person reads even if every one of them is harmless: beside a number, and an option."""
_BESIDE = frozenset({REMARK, JOINING, AFTER})


class _Parting(NamedTuple):
    """A way to part a reply: the answer, the remarks beside it, and what parts each from the answer."""

    answer: Sequence[Token]
    remarks: tuple[tuple[Sequence[Token], Joint], ...]


def read_beside(parts: Sequence[Token], intents: Collection[str], scale: AnswerScale) -> Reading | None:
    """The answer of a reply that consists of an answer and of remarks; None if it does not certainly.

    `intents`: those of the whole reply.
    """
    kept = [part for part in parts if part.kind != MARK]
    if len(kept) > _LONGEST or "crisis" in intents or ("urgent" in intents and scale.question.kind == "yesno"):
        return None  # "no, I can't breathe" is a cry
    told = not TELLING_INTENTS.isdisjoint(intents)
    for parting in _partings(kept, scale):
        reading = read(parting.answer, scale)
        if reading.outcome == "answer" and not reading.flag and _are_separate(parting, reading, scale, told=told):
            return replace(reading, reason="answer beside a remark", flag="words")
    return None


def tells_much(parts: Sequence[Token], scale: AnswerScale) -> bool:
    """Whether a person should read an answer although the reader knows each word: "10, nothing helps"."""
    texts, at, count = texts_of(parts), 0, 0
    while at < len(texts):
        if _phrase(scale.beside, texts, at, TELLING) is not None:
            return True
        known = scale.answers.at(texts, at) or scale.common.at(texts, at)
        length = len(known.words) if known is not None else 1
        count += length if known is not None and known.part in _BESIDE else 0
        at += length
    return count >= (_MUCH_OF_AN_OPTION if scale.codes or scale.question.kind == "yesno" else _MUCH)


def _are_separate(parting: _Parting, reading: Reading, scale: AnswerScale, *, told: bool) -> bool:
    for parts, joint in parting.remarks:
        if joint == "none" and not _may_lack_sign(parting.answer, reading, scale):
            return False
        remark = Remark(parts, joint, scale, reading.value)
        if not remark.is_separate(told=told) or remark.speaks_of_answer():
            return False
    return True


def _may_lack_sign(answer: Sequence[Token], reading: Reading, scale: AnswerScale) -> bool:
    """Whether the answer can do without a sign between it and the remark: a number, or an unmistakable option.

    "Une" before a noun is an article.
    """
    if reading.value == 1 and reading.reason == "number word":
        return False
    return reading.reason.startswith("number") or scale.beside.part(texts_of(answer)) == UNSIGNED


def _partings(parts: Sequence[Token], scale: AnswerScale) -> Iterator[_Parting]:
    yield from _answer_first(parts, scale.remarks)
    breaks = [at for at, part in enumerate(parts[:-1]) if part.kind == BREAK and at]
    if breaks:
        yield _Parting(_without_joining(parts, breaks[-1] + 1, scale.remarks), ((parts[: breaks[-1]], "before"),))
    for start, end in pairwise(breaks):
        answer = _without_joining(parts[:end], start + 1, scale.remarks)
        after = _without_joining(parts, end + 1, scale.remarks)
        yield _Parting(answer, ((parts[:start], "before"), (after, _joint(parts[end]))))
    yield from _announced(parts, scale)


def _answer_first(parts: Sequence[Token], remarks: Lexicon) -> Iterator[_Parting]:
    """Every way to part a reply into an answer and a remark after it, the shortest answer first."""
    texts = texts_of(parts)
    for at in range(1, len(parts)):
        joining = _phrase(remarks, texts, at, REMARK_JOINING)
        if parts[at].kind == BREAK:
            yield _Parting(parts[:at], ((_without_joining(parts, at + 1, remarks), _joint(parts[at])),))
        elif joining is not None:
            yield _Parting(parts[:at], ((parts[at + len(joining.words) :], "and"),))
        elif parts[at - 1].kind != BREAK and Remark.begins(texts, at, remarks):
            yield _Parting(parts[:at], ((parts[at:], "none"),))


def _announced(parts: Sequence[Token], scale: AnswerScale) -> Iterator[_Parting]:
    """An answer that a remark runs into: "i fell this morning my pain is 8", "my legs are swollen id say 7"."""
    texts = texts_of(parts)
    for at in range(1, len(parts)):
        if _phrase(scale.beside, texts, at, ANNOUNCING) is not None:
            end = next((place for place in range(at, len(parts)) if parts[place].kind == BREAK), len(parts))
            after = _without_joining(parts, end + 1, scale.remarks)
            before: tuple[Sequence[Token], Joint] = (parts[:at], "into")
            yield _Parting(parts[at:end], (before, (after, _joint(parts[end]))) if after else (before,))


def _joint(sign: Token) -> Joint:
    return "end" if sign.text in _END else "pause"


def _without_joining(parts: Sequence[Token], at: int, remarks: Lexicon) -> Sequence[Token]:
    while at < len(parts) and parts[at].kind == BREAK:
        at += 1
    joining = _phrase(remarks, texts_of(parts), at, REMARK_JOINING) if at < len(parts) else None
    return parts[at + len(joining.words) :] if joining is not None else parts[at:]


def _phrase(lexicon: Lexicon, texts: tuple[str, ...], at: int, part: str) -> Phrase | None:
    phrase = lexicon.at(texts, at)
    return phrase if phrase is not None and phrase.part == part else None
