"""The words beside an answer: whether they are a clause of their own, and whether they speak of the answer."""

import re
from collections.abc import Sequence
from typing import Literal

from pro_collector.domain.reply.lexicon import (
    AFFIRMING,
    APOLOGY,
    ATTRIBUTING,
    CORRECTION,
    COUNTED,
    COUNTING,
    DENIAL,
    DENYING,
    EXCEPTED,
    LABEL,
    LIMITING,
    NEARBY,
    NUMERAL,
    REMARK_OPENING,
    SINGULAR,
    SOCIAL,
    UNIT,
    WITHDRAWING,
    Lexicon,
    Phrase,
    texts_of,
)
from pro_collector.domain.reply.question import Value
from pro_collector.domain.reply.scale import AnswerScale
from pro_collector.domain.reply.tokens import BREAK, COMPOUND, GLUED, MARK, NUMBER, STRANGE, WORD, Token

Joint = Literal["end", "pause", "and", "none", "before", "into"]
"""What parts the answer from the remark: signs, a joining word, nothing; or the remark is before the answer ("before"
with a sign, "into" without one)."""

_LEAST, _LEAST_BY_ITSELF = 2, 4
"""The words that a remark has at least: if it begins like a clause, or has a telling intent; and if it does neither."""
_LEAST_OF_A_SENTENCE, _SENTENCE = 3, 5
"""The words that a sentence after the answer has at least if nothing else shows that it is a remark; and those of one
that is long enough to speak of something else."""
_FIRST_WORDS = 4
"""A verb among these may have the number before it as its object: "2 i took"."""
_PLURAL = 4
"""Letters: longer words in -s and -x count as a plural. "This" and "was" are none."""
_NOUN_PHRASE = 3
"""Words in which a plural may follow a number: "2 new red lumps"."""
_GLUED_MEASURE = re.compile(r"\d+(?:h|hrs?|am|pm|min|days?|mg|ml|mcg|g|kgs?|lbs?|cm|mm|km|st|nd|rd|th|x|[cf]|ans?|e)")
_BEGINNING = frozenset({REMARK_OPENING, EXCEPTED, SINGULAR, SOCIAL})
_HARMLESS_SIGNS = frozenset("&@%°€$£+")


class Remark:
    """The words beside an answer, and the joint between them."""

    def __init__(self, parts: Sequence[Token], joint: Joint, scale: AnswerScale, value: Value | None) -> None:
        self._parts, self._joint, self._scale, self._value = parts, joint, scale, value
        self._remarks = scale.remarks
        self._texts = texts_of(parts)
        self._words = sum(part.kind == WORD for part in parts)

    @staticmethod
    def begins(texts: tuple[str, ...], at: int, remarks: Lexicon) -> bool:
        """Whether a clause of its own may begin at `at`."""
        phrase = remarks.at(texts, at)
        return phrase is not None and phrase.part in _BEGINNING

    def is_separate(self, *, told: bool) -> bool:
        """Whether the words are a clause of their own, which does not run on from the answer."""
        first = self._remarks.at(self._texts, 0) if self._parts else None
        part = first.part if first is not None else ""
        if part == SOCIAL:
            return self._words >= _LEAST and not self._is_counted(first) if self._joint == "none" else self._words > 0
        opens = part in (REMARK_OPENING, EXCEPTED)
        if self._joint == "none":
            return (opens or self._is_uncounted(first)) and (told or self._words > _LEAST)
        if opens or told or part == SINGULAR:
            return self._words >= _LEAST
        if self._joint == "and" and self._scale.question.kind == "yesno":
            return False  # "yes but only half of them"
        least = _LEAST_OF_A_SENTENCE if self._joint == "end" else _LEAST_BY_ITSELF
        return self._words >= least and part not in (COUNTED, UNIT)

    def _is_uncounted(self, first: Phrase | None) -> bool:
        """Whether the words begin with a noun in the singular that the number before them, from 2 up, cannot count."""
        if first is None or first.part != SINGULAR or not isinstance(self._value, int | float) or self._value < 2:
            return False
        return not self._is_counted(first)

    def _is_counted(self, first: Phrase | None) -> bool:
        """Whether a noun in the plural follows the first words: "2 new lumps", "7 lovely ladies"."""
        for at in range(len(first.words) if first else 0, min(_NOUN_PHRASE, len(self._texts))):
            phrase = self._remarks.at(self._texts, at)
            if phrase is not None:
                return phrase.part == COUNTED
            if len(self._texts[at]) > _PLURAL and self._texts[at].endswith(("s", "x")):
                return True
        return False

    def speaks_of_answer(self) -> bool:
        """Whether the words may change the answer, take it back, count something, or hold another answer."""
        if self._joint == "pause" and self._texts and self._is(COUNTED, 0):
            return True  # "3, tylenol with my lunch"
        at = 0
        while at < len(self._parts):
            phrase = self._remarks.at(self._texts, at)
            part = phrase.part if phrase else ""
            if self._changes_answer(at, part) or (part != EXCEPTED and self._is_another(at, part)):
                return True
            at += len(phrase.words) if phrase else 1
        return False

    def _changes_answer(self, at: int, part: str) -> bool:
        if part == COUNTING:
            return self._joint in ("before", "into") or (self._joint == "none" and at < _FIRST_WORDS)
        if part == ATTRIBUTING:
            return self._joint == "into"
        if part == NEARBY:
            return self._joint != "end" or self._words < _SENTENCE
        return part == WITHDRAWING or (part == LIMITING and at == 0)

    def _is_another(self, at: int, part: str) -> bool:
        """Whether the token at `at` may be an answer, or may change one."""
        kind, text = self._parts[at]
        if kind in (BREAK, MARK):
            return False
        if kind == STRANGE:
            return text not in _HARMLESS_SIGNS and not self._ends_question(at)
        if kind == WORD:
            return part != UNIT and self._is_another_answer(at)
        return not self._is_measure(at)

    def _ends_question(self, at: int) -> bool:
        """Whether a question mark ends a question that is long enough to be about something else, or small talk."""
        if self._texts[at] not in "?؟？" or self._joint == "before":
            return False
        first = self._remarks.at(self._texts, 0)
        return self._words >= _LEAST_BY_ITSELF or (first is not None and first.part == SOCIAL)

    def _is_another_answer(self, at: int) -> bool:
        for lexicon in (self._scale.answers, self._scale.common):
            phrase = lexicon.at(self._texts, at)
            if phrase is None:
                continue
            if phrase.part in (CORRECTION, APOLOGY):
                return True
            if phrase.part == DENIAL and self._texts[at + 1 : at + 2] and self._parts[at + 1].kind == BREAK:
                return True  # "8. No, it is less"
            if phrase.part == NUMERAL:
                return not self._is_measure(at)
            if phrase.part in (LABEL, DENYING, AFFIRMING):
                return self._is_other(phrase)
        return False

    def _is_other(self, phrase: Phrase) -> bool:
        """Whether an option is not the one that was answered: "no, I can't" says one thing twice.

        A letter in a clause is a word of it: French "n" is no "no".
        """
        if len(phrase.words) == 1 and len(phrase.words[0]) == 1 and self._words > _LEAST:
            return False
        return self._scale.codes_of(phrase.payload) != frozenset((self._value,))

    def _is_measure(self, at: int) -> bool:
        """Whether a number is a time, a measure or a count, or one that no answer can be ("38.5", "78")."""
        kind, text = self._parts[at]
        if kind == GLUED:
            return _GLUED_MEASURE.fullmatch(text) is not None
        if kind == COMPOUND:
            return self._is_no_answer(text)
        beside = [place for place in (at - 1, at + 1) if 0 <= place < len(self._parts)]
        if any(self._is(UNIT, place) for place in beside) or self._is(COUNTED, at + 1):
            return True
        sign = self._texts[at + 1 : at + 2]
        return bool(sign and sign[0] in "%°€$£") or (kind == NUMBER and self._is_out_of_range(text))

    def _is_no_answer(self, compound: str) -> bool:
        """Whether digits with signs are a time, a blood pressure or a temperature: no answer of this question."""
        if compound.replace(".", "", 1).replace(",", "", 1).isdecimal():
            return True
        numbers = re.split(r"[:/]", compound)
        return (
            len(numbers) == 2
            and all(each.isdecimal() for each in numbers)
            and (":" in compound or self._is_out_of_range(numbers[0]))
        )

    def _is_out_of_range(self, digits: str) -> bool:
        maximum = self._scale.question.maximum
        if self._scale.codes:
            return digits not in self._scale.codes
        return len(digits) > 2 if maximum is None else int(digits[:9]) > maximum

    def _is(self, part: str, at: int) -> bool:
        if at >= len(self._parts):
            return False
        phrase = self._remarks.at(self._texts, at)
        return phrase is not None and phrase.part == part
