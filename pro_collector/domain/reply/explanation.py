"""Explains how a text is read: which phrase of which line heard each request, what cancelled one, what nearly did."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pro_collector.domain.reply.intent_patterns import CONTEXT
from pro_collector.domain.reply.keywords import intent_patterns, standalone
from pro_collector.domain.reply.language import Language, wordings
from pro_collector.domain.reply.lexicon import texts_of
from pro_collector.domain.reply.phrases import as_line, compile_phrase, needed_words
from pro_collector.domain.reply.question import Question, Reading
from pro_collector.domain.reply.reply_shape import trace
from pro_collector.domain.reply.scale import scale
from pro_collector.domain.reply.temperature import is_fever
from pro_collector.domain.reply.tokens import Token, fold, forms, split
from pro_collector.domain.reply.understanding import EMERGENCY_EMOJI, understand
from pro_collector.domain.reply.written_phrases import WrittenPhrase

MOST_NEAR = 5
"""How many phrases that nearly matched are shown."""
# Fewer letters in common say nothing: "a" and "me" are in hundreds of phrases.
_ENOUGH = 7
_ALONE = frozenset({"alone", "always"})
_ANYWHERE = frozenset({"phrases", "starts"})
_GUARDS = ("unless", "unless_after", "unless_before")
_START = r"\A(?: \.)*"
# What each letter of the shape of a reply is called in a language file (see `lexicon`).
_PARTS: Mapping[str, str] = {
    "n": "a number", "w": "a number word", "u": "an article", "v": "a number if alone", "l": "an option",
    "o": "yes", "z": "no", "q": "yes or no beside the answer", "k": "courtesies", "f": "beside", "i": "before",
    "h": "hedges", "b": "degree", "a": "after", "m": "of_maximum", "j": "joining", "r": "remarks", "s": "a pause",
    "e": "the end of a sentence", "c": "corrections", "y": "apologies", "d": "no beside a number", "x": "not_this",
    "!": "spoiling",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """A phrase that matched: the words that it matched, and the phrase that cancelled it, if any."""

    phrase: WrittenPhrase
    said: str
    cancelled_by: WrittenPhrase | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase that nearly matched. `missing`: one of these words is missing; empty: the order or distance is wrong."""

    phrase: WrittenPhrase
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one text was read, and why.

    `words`: each word and what it was taken for, if a question is open; "" for the word that ended the reading.
    `corrected`: words that were taken for a misspelt word of a request. `notes`: what else made it a request.
    """

    reading: Reading
    words: tuple[tuple[str, str], ...]
    heard: tuple[Heard, ...]
    near: tuple[Near, ...]
    corrected: Mapping[str, str]
    notes: tuple[str, ...]


def explain(text: str, question: Question | None, language: Language, phrases: Sequence[WrittenPhrase]) -> Explanation:
    """How `text` is read as a reply to `question`; `phrases`: those of every file of `language.all`, in order.

    What nearly matched is looked for in the file of the language itself only.
    """
    parts = split(fold(text))
    corrected = intent_patterns(language).corrections(parts, set(texts_of(parts)))
    lines = [as_line(parts)]
    if corrected:
        lines.append(as_line([Token(part.kind, corrected.get(part.text, part.text)) for part in parts]))
    heard = (*_keywords(parts, language, phrases), *_matches(lines, phrases))
    intents = {each.phrase.intent for each in heard}
    own = [each for each in phrases if each.file == phrases[0].file and each.intent not in intents]
    words = trace(parts, scale(question, language, 0)) if question else []
    return Explanation(
        understand(text, question, language),
        tuple((said, ", ".join(_PARTS[part] for part in shape)) for said, shape in words),
        heard,
        tuple(_near(lines[0], own)),
        corrected,
        tuple(_notes(text, parts, question)),
    )


def _keywords(parts: list[Token], language: Language, phrases: Sequence[WrittenPhrase]) -> Iterator[Heard]:
    """The phrases that must be the whole text, if the text is one of them, courtesies and spelling aside."""
    keywords = standalone(language)
    keyword = keywords.keyword(parts)
    if keyword is None:
        return
    candidates = keywords.candidates(parts)
    for phrase in phrases:
        if phrase.key in _ALONE and phrase.intent == keyword.intent and (said := candidates & _whole(phrase.phrase)):
            yield Heard(phrase, max(said, key=len))


def _matches(lines: Sequence[str], phrases: Sequence[WrittenPhrase]) -> Iterator[Heard]:
    """The phrases that match anywhere; the second of `lines` is the text with its spelling corrected."""
    guards: dict[str, list[WrittenPhrase]] = {}
    for phrase in phrases:
        if phrase.key in _GUARDS:
            guards.setdefault(phrase.intent, []).append(phrase)
    for phrase in phrases:
        if phrase.key in _ANYWHERE:
            by = guards.get("urgent" if phrase.intent == "crisis" else phrase.intent, ())
            places = [(line, match) for line in lines for match in _expression(phrase).finditer(line)]
            found = [Heard(phrase, match[0].strip(), _guard(line, match, by)) for line, match in places]
            if found:
                yield next((each for each in found if each.cancelled_by is None), found[0])


def _guard(line: str, match: re.Match[str], guards: Sequence[WrittenPhrase]) -> WrittenPhrase | None:
    """The first phrase that cancels a match."""
    preceding = line[max(0, match.start() - CONTEXT) : match.start()] + " "
    for guard in guards:
        expression = _compiled(guard.phrase, guard.key)
        if guard.key == "unless_before":
            cancels = expression.match(line, match.end())
        else:
            cancels = expression.search(line if guard.key == "unless" else preceding)
        if cancels:
            return guard
    return None


def _near(line: str, phrases: Sequence[WrittenPhrase]) -> list[Near]:
    """The phrases of which the text has every word but one, or every word in another order; the most similar first."""
    said = set(line.split())
    found: list[tuple[int, int, Near]] = []
    for phrase in phrases:
        if phrase.key in _ANYWHERE and not _expression(phrase).search(line):
            needed = _needed(phrase.phrase)
            missing = [words for words in needed if said.isdisjoint(words)]
            if len(needed) - len(missing) >= 2 and len(missing) <= 1:
                letters = sum(max(map(len, words & said)) for words in needed if words & said)
                if letters >= _ENOUGH:
                    near = Near(phrase, tuple(sorted(missing[0])) if missing else ())
                    found.append((len(missing), -letters, near))
    return [near for _, _, near in sorted(found, key=lambda each: each[:2])[:MOST_NEAR]]


def _notes(text: str, parts: list[Token], question: Question | None) -> Iterator[str]:
    if not EMERGENCY_EMOJI.isdisjoint(text):
        yield "an emoji of emergencies"
    if is_fever(parts, question):
        yield "a temperature of fever"


@lru_cache(maxsize=16384)
def _needed(phrase: str) -> list[frozenset[str]]:
    return needed_words(phrase)


def _expression(phrase: WrittenPhrase) -> re.Pattern[str]:
    return _compiled(phrase.phrase, phrase.key)


@lru_cache(maxsize=16384)
def _compiled(phrase: str, key: str) -> re.Pattern[str]:
    start = _START if key == "starts" else ""
    end = r"(?= $)" if key == "unless_after" else r"(?= )"
    return re.compile(f"{start}{compile_phrase(phrase).expression}{end}")


@lru_cache(maxsize=16384)
def _whole(phrase: str) -> frozenset[str]:
    return frozenset({" ".join(form) for wording in wordings(phrase) for form in forms(wording)})
