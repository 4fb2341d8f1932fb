"""Reads an answer that has a remark beside it: "7, my leg is swollen", "10 i cant take this anymore", "He fell. 7".

The answer must stand by itself, and the remark must be a clause of its own that does not speak of the answer. Such a
reply keeps its answer, and a person reads the remark.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from pro_collector.domain.reply.lexicon import (
    AFFIRMING,
    APOLOGY,
    CORRECTION,
    COUNTED,
    COUNTING,
    DENYING,
    LABEL,
    NUMERAL,
    REMARK_JOINING,
    REMARK_OPENING,
    UNIT,
    WITHDRAWING,
    Lexicon,
    Phrase,
    texts_of,
)
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.reading import read
from pro_collector.domain.reply.scale import AnswerScale
from pro_collector.domain.reply.tokens import BREAK, COMPOUND, MARK, NUMBER, STRANGE, WORD, Token

TELLING = frozenset({"concern", "person", "bereaved", "urgent"})
"""Intents that make words a remark, however they begin."""

_END = ".!\n"
_LEAST, _LEAST_BY_ITSELF = 2, 4
"""The words that a remark has at least: if it begins like a clause, or has a telling intent; and if it does neither."""
_LONGEST = 60
"""Tokens: a longer text is a letter, which a person reads anyway."""

_SIGNS = ("end", "pause", "and")
Joint = Literal["end", "pause", "and", "none", "before"]
"""What parts the answer from the remark: signs, a joining word, nothing; or the remark is before the answer."""


def read_beside(parts: Sequence[Token], intents: Collection[str], scale: AnswerScale) -> Reading | None:
    """The answer of a reply that consists of an answer and of a remark; None if it does not certainly.

    `intents`: those of the whole reply.
    """
    remarks = scale.remarks
    kept = [part for part in parts if part.kind != MARK]
    if len(kept) > _LONGEST or "crisis" in intents or ("urgent" in intents and scale.question.kind == "yesno"):
        return None  # "no, I can't breathe" is a cry
    told = not TELLING.isdisjoint(intents)
    for answer, remark, joint in (*_answers_first(kept, remarks), *_answers_last(kept, remarks)):
        reading = read(answer, scale)
        if reading.outcome == "answer" and not reading.flag and (_is_number(reading) or joint in _SIGNS):
            words = _Remark(remark, scale)
            if words.is_separate(joint, told=told) and not words.speaks_of_answer(joint):
                return replace(reading, reason="answer beside a remark", flag="words")
    return None


def _is_number(reading: Reading) -> bool:
    """Whether the answer was a number: only a number can do without a sign between it and the remark."""
    return reading.reason.startswith("number")


def _answers_first(
    parts: Sequence[Token], remarks: Lexicon
) -> Iterator[tuple[Sequence[Token], Sequence[Token], Joint]]:
    """Every way to part a reply into an answer and a remark after it, the shortest answer first."""
    texts = texts_of(parts)
    for at in range(1, len(parts)):
        kind, text = parts[at]
        joining = _phrase(remarks, texts, at, REMARK_JOINING)
        if kind == BREAK:
            rest = _without_joining(parts, at + 1, remarks)
            yield parts[:at], rest, "end" if text in _END else "pause"
        elif joining is not None:
            yield parts[:at], parts[at + len(joining.words) :], "and"
        elif parts[at - 1].kind != BREAK and _phrase(remarks, texts, at, REMARK_OPENING) is not None:
            yield parts[:at], parts[at:], "none"


def _answers_last(parts: Sequence[Token], remarks: Lexicon) -> Iterator[tuple[Sequence[Token], Sequence[Token], Joint]]:
    """The reply parted at its last sign, or at the last joining word after one: a remark, and an answer after it."""
    last = next((at for at in range(len(parts) - 2, 0, -1) if parts[at].kind == BREAK), None)
    if last is not None:
        yield _without_joining(parts, last + 1, remarks), parts[:last], "before"


def _without_joining(parts: Sequence[Token], at: int, remarks: Lexicon) -> Sequence[Token]:
    while at < len(parts) and parts[at].kind == BREAK:
        at += 1
    joining = _phrase(remarks, texts_of(parts), at, REMARK_JOINING) if at < len(parts) else None
    return parts[at + len(joining.words) :] if joining is not None else parts[at:]


def _phrase(remarks: Lexicon, texts: tuple[str, ...], at: int, part: str) -> Phrase | None:
    phrase = remarks.at(texts, at)
    return phrase if phrase is not None and phrase.part == part else None


class _Remark:
    """The words beside an answer."""

    def __init__(self, parts: Sequence[Token], scale: AnswerScale) -> None:
        self._parts, self._remarks, self._scale = parts, scale.remarks, scale
        self._texts = texts_of(parts)

    def is_separate(self, joint: Joint, *, told: bool) -> bool:
        """Whether the words are a clause of their own, which does not run on from the answer."""
        count = sum(part.kind == WORD for part in self._parts)
        opens = bool(self._parts) and _phrase(self._remarks, self._texts, 0, REMARK_OPENING) is not None
        if joint == "none":
            return opens and (told or count > _LEAST)
        if opens or told:
            return count >= _LEAST
        return joint != "and" and count >= _LEAST_BY_ITSELF

    def speaks_of_answer(self, joint: Joint) -> bool:
        """Whether the words may change the answer, take it back, count something, or hold another answer."""
        may_mean_number = joint in ("none", "before")
        if joint == "pause" and self._texts and _phrase(self._remarks, self._texts, 0, COUNTED):
            return True  # "3, tylenol with my lunch"
        at = 0
        while at < len(self._parts):
            kind = self._parts[at].kind
            phrase = self._remarks.at(self._texts, at)
            part = phrase.part if phrase else ""
            if part == WITHDRAWING or (part == COUNTING and may_mean_number) or kind == STRANGE:
                return True
            if kind not in (BREAK, WORD) and not self._is_measure(at):
                return True
            if kind == WORD and part != UNIT and self._is_another_answer(at):
                return True
            at += len(phrase.words) if phrase else 1
        return False

    def _is_another_answer(self, at: int) -> bool:
        for lexicon in (self._scale.answers, self._scale.common):
            phrase = lexicon.at(self._texts, at)
            if phrase is None:
                continue
            if phrase.part in (CORRECTION, APOLOGY):
                return True
            if phrase.part == NUMERAL:
                return not self._is_measure(at)
            if phrase.part in (LABEL, DENYING, AFFIRMING):
                return True
        return False

    def _is_measure(self, at: int) -> bool:
        """Whether a number belongs to a word of time or measure, or is one that no answer can be ("38.5")."""
        kind, text = self._parts[at]
        beside = [place for place in (at - 1, at + 1) if 0 <= place < len(self._parts)]
        units = any(_phrase(self._remarks, self._texts, place, UNIT) is not None for place in beside)
        is_reading = kind == COMPOUND and text.replace(".", "", 1).replace(",", "", 1).isdecimal()
        return units or is_reading or (kind == NUMBER and len(text) > 2 and not self._scale.codes)
