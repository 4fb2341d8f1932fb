"""A lexicon of phrases: finds the longest known phrase at a place in a text, and its part in the shape of the reply."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from pro_collector.domain.reply.language import Language, Vocabulary
from pro_collector.domain.reply.question import Value
from pro_collector.domain.reply.tokens import Token, forms, words

# The parts, one letter each, so that the shape of a whole reply is a short string (see `reading`).
DIGITS, NUMERAL, ARTICLE, ALONE, LABEL, AFFIRMING, DENYING, QUALIFIER = "n", "w", "u", "v", "l", "o", "z", "q"
COURTESY, BESIDE, BEFORE, HEDGE, DEGREE, AFTER, MAXIMUM, JOINING, REMARK = "k", "f", "i", "h", "b", "a", "m", "j", "r"
PAUSE, SENTENCE, CORRECTION, APOLOGY, DENIAL, NOT_THIS, SPOILING = "s", "e", "c", "y", "d", "x", "!"
# The parts of a remark beside an answer (see `remarks`).
REMARK_OPENING, REMARK_JOINING, WITHDRAWING = "opening", "joining", "withdrawing"
COUNTED, COUNTING, UNIT, SOCIAL, EXCEPTED = "counted", "counting", "unit", "social", "excepted"
SINGULAR, LIMITING, ATTRIBUTING, NEARBY = "singular", "limiting", "attributing", "nearby"
ANNOUNCING, UNSIGNED, TELLING = "announcing", "unsigned", "telling"
# Parts that may be the answer, and parts that are compared if a reply has several.
STRONG = DIGITS + NUMERAL + LABEL + AFFIRMING + DENYING
ITEMS = STRONG + QUALIFIER + NOT_THIS

_TEXT = itemgetter(1)

Codes = frozenset[Value]
Payload = int | Codes | None


class Phrase(NamedTuple):
    """A known phrase: its words, its part, and its number or the codes that it may mean."""

    words: tuple[str, ...]
    part: str
    payload: Payload = None


class Lexicon:
    """Phrases that can be looked up at a place in a text. The first phrase with the same words takes precedence."""

    def __init__(self, phrases: Iterable[Phrase] = ()) -> None:
        self._known: dict[tuple[str, ...], Phrase] = {}
        for phrase in phrases:
            if phrase.words:
                self._known.setdefault(phrase.words, phrase)
        lengths: dict[str, set[int]] = {}
        for key in self._known:
            lengths.setdefault(key[0], set()).add(len(key))
        self._lengths = {first: sorted(counts, reverse=True) for first, counts in lengths.items()}

    def at(self, texts: tuple[str, ...], place: int) -> Phrase | None:
        """The longest phrase whose words begin at `place`, or None."""
        for length in self._lengths.get(texts[place], ()):
            phrase = self._known.get(texts[place : place + length])
            if phrase is not None:
                return phrase
        return None

    def part(self, words: tuple[str, ...]) -> str | None:
        """The part of exactly these words, or None if they are not known."""
        known = self._known.get(words)
        return known.part if known else None

    def vocabulary(self, *parts: str) -> set[str]:
        """Every word in the phrases of these parts (of all phrases, if no part is given)."""
        return {word for phrase in self._known.values() for word in phrase.words if not parts or phrase.part in parts}


@lru_cache(maxsize=64)
def common(language: Language, place: int) -> Lexicon:
    """The words of `language.all[place]` that mean the same in every question, for a person texted in `language`.

    It has the number words of every language, except those that are everyday words in the participant's own language.
    """
    vocabulary = language.all[place]
    foreign = [each for each in language.all if each is not vocabulary]
    everyday = {form for phrase in language.own.real_words for form in forms(phrase)}
    excluded = everyday if vocabulary is not language.own else set()
    phrases = [each for each in (*_numerals(vocabulary), *_own(vocabulary)) if each.words not in excluded]
    numerals = [each for other in foreign for each in _numerals(other) if each.words not in everyday]
    return Lexicon([*phrases, *numerals])


@lru_cache(maxsize=64)
def remark_words(language: Language, place: int) -> Lexicon:
    """The words of `language.all[place]` that tell a remark from words about the answer; the first meaning counts."""
    known = language.all[place].remarks
    return _lexicon(
        (
            (EXCEPTED, known.excepted),
            (WITHDRAWING, known.withdrawing),
            (NEARBY, known.nearby),
            (REMARK_OPENING, known.opening),
            (SINGULAR, known.singular),
            (SOCIAL, known.social),
            (LIMITING, known.limiting),
            (REMARK_JOINING, known.joining),
            (COUNTED, known.counted),
            (COUNTING, known.counting),
            (UNIT, known.units),
            (ATTRIBUTING, known.attributing),
        )
    )


@lru_cache(maxsize=64)
def answer_words(language: Language, place: int) -> Lexicon:
    """The words of `language.all[place]` that show where an answer is beside a remark, and which remarks tell much."""
    known = language.all[place].remarks
    return _lexicon(((ANNOUNCING, known.announcing), (UNSIGNED, known.unsigned), (TELLING, known.telling)))


def _lexicon(parts: Iterable[tuple[str, Iterable[str]]]) -> Lexicon:
    return Lexicon(Phrase(form, part) for part, phrases in parts for phrase in phrases for form in forms(phrase))


def texts_of(parts: Iterable[Token]) -> tuple[str, ...]:
    """The texts of the tokens, in order."""
    return tuple(map(_TEXT, parts))


def _own(vocabulary: Vocabulary) -> Iterable[Phrase]:
    harmless = vocabulary.harmless
    for part, phrases in (
        (CORRECTION, vocabulary.corrections),
        (APOLOGY, vocabulary.apologies),
        (NOT_THIS, vocabulary.not_this),
        (SPOILING, vocabulary.spoiling),
        # Before the courtesies: next to a label "ok" and "well" are not courtesies ("not at all well").
        (BEFORE, harmless.before),
        (DEGREE, harmless.degree),
        # Before the courtesies too: "ahorita" beside a stop is a courtesy, and beside a yes it may mean "not yet".
        (HEDGE, harmless.hedges),
        (COURTESY, vocabulary.courtesies),
        (BESIDE, harmless.beside),
        (PAUSE, harmless.opening),
        (AFTER, harmless.after),
        (JOINING, harmless.joining),
        (REMARK, harmless.remarks),
    ):
        yield from (Phrase(form, part) for phrase in phrases for form in forms(phrase))


def _numerals(vocabulary: Vocabulary) -> Iterable[Phrase]:
    values: Mapping[tuple[str, ...], int] = {
        form: value for value, phrases in vocabulary.numbers.items() for phrase in phrases for form in forms(phrase)
    }
    for phrase in vocabulary.articles:
        yield Phrase(words(phrase), ARTICLE, values.get(words(phrase)))
    for phrase in vocabulary.numbers_alone:
        yield Phrase(words(phrase), ALONE, values.get(words(phrase)))
    for said, value in values.items():
        yield Phrase(said, NUMERAL, value)
