"""Phrases by their first word: the longest known phrase at a place in a text, and what part it plays there."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from pro_collector.domain.reply.language import Language, Vocabulary
from pro_collector.domain.reply.question import Value
from pro_collector.domain.reply.tokens import Token, forms, words

# The parts, one letter each, so that the shape of a whole reply is a short string (`reading`).
DIGITS, NUMERAL, ARTICLE, ALONE, LABEL, AFFIRMING, DENYING, QUALIFIER = "n", "w", "u", "v", "l", "o", "z", "q"
COURTESY, BESIDE, BEFORE, HEDGE, DEGREE, AFTER, MAXIMUM, JOINING, REMARK = "k", "f", "i", "h", "b", "a", "m", "j", "r"
PAUSE, SENTENCE, CORRECTION, APOLOGY, DENIAL, NOT_THIS, SPOILING = "s", "e", "c", "y", "d", "x", "!"
# What may be taken as the answer, and what counts when items are compared.
STRONG = DIGITS + NUMERAL + LABEL + AFFIRMING + DENYING
ITEMS = STRONG + QUALIFIER + NOT_THIS

_TEXT = itemgetter(1)

Codes = frozenset[Value]
Payload = int | Codes | None


class Phrase(NamedTuple):
    """A known phrase: its words, the part it plays, and its number or the codes it may mean."""

    words: tuple[str, ...]
    part: str
    payload: Payload = None


class Lexicon:
    """Phrases, findable at a position of a text. The first phrase added for the same words stays."""

    def __init__(self, phrases: Iterable[Phrase] = ()) -> None:
        self._known: dict[tuple[str, ...], Phrase] = {}
        for phrase in phrases:
            if phrase.words:
                self._known.setdefault(phrase.words, phrase)
        lengths: dict[str, set[int]] = {}
        for said in self._known:
            lengths.setdefault(said[0], set()).add(len(said))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def at(self, texts: tuple[str, ...], place: int) -> Phrase | None:
        """The longest phrase whose words stand at `place`."""
        for length in self._lengths.get(texts[place], ()):
            phrase = self._known.get(texts[place : place + length])
            if phrase is not None:
                return phrase
        return None

    def part(self, said: tuple[str, ...]) -> str | None:
        """The part that exactly these words play, or None when they are not known."""
        known = self._known.get(said)
        return known.part if known else None

    def vocabulary(self, *parts: str) -> set[str]:
        """Every single word that occurs in phrases of these parts (of all, without parts)."""
        return {word for phrase in self._known.values() for word in phrase.words if not parts or phrase.part in parts}


@lru_cache(maxsize=64)
def common(language: Language, place: int) -> Lexicon:
    """What the words of `language.all[place]` mean whatever was asked, said by somebody texted in `language`.

    Number words of every language are known, except those that are everyday words of the participant's own.
    """
    vocabulary = language.all[place]
    foreign = [each for each in language.all if each is not vocabulary]
    everyday = {forms(phrase)[0] for phrase in language.own.real_words}
    barred = everyday if vocabulary is not language.own else set()
    phrases = [each for each in (*_numerals(vocabulary), *_own(vocabulary)) if each.words not in barred]
    abroad = [each for other in foreign for each in _numerals(other) if each.words not in everyday]
    return Lexicon([*phrases, *abroad])


def texts_of(parts: Iterable[Token]) -> tuple[str, ...]:
    """The bare texts of tokens, in order."""
    return tuple(map(_TEXT, parts))


def _own(vocabulary: Vocabulary) -> Iterable[Phrase]:
    harmless = vocabulary.harmless
    for part, phrases in (
        (CORRECTION, vocabulary.corrections),
        (APOLOGY, vocabulary.apologies),
        (NOT_THIS, vocabulary.not_this),
        (SPOILING, vocabulary.spoiling),
        # Before the courtesies: "ok" and "well" are none beside a label ("not at all well").
        (BEFORE, harmless.before),
        (DEGREE, harmless.degree),
        (COURTESY, vocabulary.courtesies),
        (BESIDE, harmless.beside),
        (HEDGE, harmless.hedges),
        (PAUSE, harmless.opening),
        (AFTER, harmless.after),
        (JOINING, harmless.joining),
        (REMARK, harmless.remarks),
    ):
        yield from (Phrase(form, part) for phrase in phrases for form in forms(phrase))


def _numerals(vocabulary: Vocabulary) -> Iterable[Phrase]:
    values: Mapping[tuple[str, ...], int] = {
        forms(phrase)[0]: value for value, phrases in vocabulary.numbers.items() for phrase in phrases
    }
    for phrase in vocabulary.articles:
        yield Phrase(words(phrase), ARTICLE, values.get(words(phrase)))
    for phrase in vocabulary.numbers_alone:
        yield Phrase(words(phrase), ALONE, values.get(words(phrase)))
    for said, value in values.items():
        yield Phrase(said, NUMERAL, value)
