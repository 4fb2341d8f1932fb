"""The second reader: a small linear model that marks texts which may be a wish to stop, or an emergency.

The rules read first. What they did not understand, the second reader reads. It may only bring a text before a person
sooner: it never gives an outcome or a value. The model is multinomial logistic regression over n-grams (Jurafsky &
Martin, Speech and Language Processing, 3rd ed., chapter 5), the same for all languages. `make second-reader` trains it.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pro_collector.domain.reply.tokens import fold

Mark = Literal["stop", "emergency"]
"""What the second reader may say of a text. A text can have one mark only: "emergency" wins."""

SHORTEST, LONGEST = 2, 5
"""The lengths in characters of n-grams inside a word; the blank before and after the word counts."""
WORDS_AT_MOST = 3
"""The length in words of the longest word n-gram."""
LONG = 20
"""A text of more words is also read in pieces, so that harmless words around a cry for help do not hide it."""
MOST_WORDS = 4000
"""So many words of a text are read; a mail may have more."""
TEMPERATURE = "<temp>"
"""Stands for every number that may be the temperature of a fever, because the number itself is rare."""
MOST_REASONS = 5
"""So many words and phrases at most are shown as the reasons of a mark."""
_WORD_GRAM = "="
_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)?")
_END = re.compile(r"[.!?;\n]+(?!\d)")
_DEGREES = re.compile(r"(\d{2,3})(?:[.,](\d))?")
_FEVER = ((38.0, 43.0), (100.4, 110.0))


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The probabilities, 0 to 1, that a text is a wish to stop or an emergency, and the mark that follows from them."""

    stop: float
    emergency: float
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a text gets a mark."""

    stop: float
    emergency: float


@dataclass(frozen=True, slots=True)
class SecondReader:
    """The trained model. `weights`: for each n-gram its whole-number weights for "stop" and for "emergency".

    `scale`: the value of a weight of 1. `bias`: the scores of a text without any known n-gram. Both as (stop,
    emergency), in log odds against "neither".
    """

    weights: Mapping[str, tuple[int, int]]
    scale: tuple[float, float]
    bias: tuple[float, float]
    thresholds: Thresholds

    def read(self, text: str) -> Suspicion:
        """How much a text looks like a wish to stop, and like an emergency. Total and deterministic."""
        stop = emergency = 0.0
        for piece in pieces(text):
            probabilities = self._probabilities(piece)
            stop, emergency = max(stop, probabilities[0]), max(emergency, probabilities[1])
        return Suspicion(stop, emergency, self._mark(stop, emergency))

    def reasons(self, text: str, mark: Mark) -> tuple[str, ...]:
        """The words and phrases of a text that spoke most for a mark, the strongest first; at most MOST_REASONS.

        A word is as strong as the strongest n-gram of letters in it. Of a phrase and its words only the strongest is
        named. They are the person's words: show them only with
        the text, and store them nowhere.
        """
        at = 0 if mark == "stop" else 1
        spoke: dict[str, int] = {}
        for said in {said for piece in pieces(text) for said in _phrases(piece)}:
            spoke[said] = max((self.weights[gram][at] for gram in _grams_of(said) if gram in self.weights), default=0)
        strongest = sorted((said for said in spoke if spoke[said] > 0), key=lambda said: (-spoke[said], said))
        return tuple(_without_overlaps(strongest)[:MOST_REASONS])

    def _mark(self, stop: float, emergency: float) -> Mark | None:
        if emergency >= self.thresholds.emergency:
            return "emergency"
        return "stop" if stop >= self.thresholds.stop else None

    def _probabilities(self, words: Sequence[str]) -> tuple[float, float]:
        known = stop = emergency = 0
        weigh = self.weights.get
        for gram in grams(words):
            weight = weigh(gram)
            if weight is not None:
                known += 1
                stop += weight[0]
                emergency += weight[1]
        if not known:
            return 0.0, 0.0
        root = math.sqrt(known)
        odds_stop = math.exp(self.bias[0] + self.scale[0] * stop / root)
        odds_emergency = math.exp(self.bias[1] + self.scale[1] * emergency / root)
        total = 1.0 + odds_stop + odds_emergency
        return odds_stop / total, odds_emergency / total


def pieces(text: str) -> Iterator[list[str]]:
    """The words of a text; of a long text, the words of each of its sentences, and of pieces of a long sentence."""
    folded = fold(text)
    words = _words(folded)
    if len(words) <= LONG:
        yield words
        return
    for sentence in _END.split(folded):
        words = _words(sentence)
        for start in range(0, max(1, len(words) - LONG // 2), LONG // 2):
            yield words[start : start + LONG]


def grams(words: Sequence[str]) -> set[str]:
    """The n-grams of a sequence of words: of letters inside each word, and of one to three words."""
    found: set[str] = set()
    add = found.add
    for word in set(words):
        if word == TEMPERATURE:
            continue
        padded = f" {word} "
        size = len(padded)
        for length in range(SHORTEST, LONGEST + 1):
            for start in range(size - length + 1):
                add(padded[start : start + length])
    found.update([_WORD_GRAM + said for said in _phrases(words)])
    return found


def _phrases(words: Sequence[str]) -> Iterator[str]:
    """Every sequence of one to three words."""
    for length in range(1, WORDS_AT_MOST + 1):
        yield from (" ".join(words[start : start + length]) for start in range(len(words) - length + 1))


def _grams_of(said: str) -> set[str]:
    """The n-grams of a word, those of its letters included; of a phrase, itself."""
    return {_WORD_GRAM + said} if " " in said else grams([said])


def _without_overlaps(said: Sequence[str]) -> list[str]:
    """Those in which no earlier one lies, and which lie in no earlier one."""
    kept: list[str] = []
    for each in said:
        if not any(f" {each} " in f" {other} " or f" {other} " in f" {each} " for other in kept):
            kept.append(each)
    return kept


def _words(folded: str) -> list[str]:
    return [_temperature(word) if word[0].isdigit() else word for word in _TOKEN.findall(folded)][:MOST_WORDS]


def _temperature(number: str) -> str:
    match = _DEGREES.fullmatch(number)
    value = float(f"{match[1]}.{match[2] or 0}") if match else 0.0
    return TEMPERATURE if any(low <= value < high for low, high in _FEVER) else number
