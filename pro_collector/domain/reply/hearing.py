"""Requests and emergencies said in a sentence, in any shipped language: the patterns of the language files, matched."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pro_collector.domain.reply.alone import Standalone
from pro_collector.domain.reply.language import INTENTS, Intent, Language, Vocabulary
from pro_collector.domain.reply.lexicon import texts_of
from pro_collector.domain.reply.phrases import compile_phrase, spoken
from pro_collector.domain.reply.spelling import Spelling
from pro_collector.domain.reply.tokens import WORD, Token, forms, sentences, split

# These are heard before any answer is read, and spelling slips are forgiven in them.
PRESSING = ("urgent", "crisis", "erase", "leave", "opt_out")
_EMERGENCIES = frozenset({"urgent", "crisis"})
_BUSY = frozenset({"noise", "pause"})
# Android writes `👍 to "Your question"`, and the same with "a" or "à" in Spanish and French.
_EMOJI_TO = r" [^\w\s\"]+ (?:to|a)"

# Letters before a phrase in which words that take it back are looked for.
_NEAR = 60


@dataclass(frozen=True, slots=True)
class _Guarded:
    intent: str
    expression: re.Pattern[str]
    also: frozenset[str]


class Hearing:
    """The patterns of every language that ships, found by their rarest word."""

    def __init__(self, language: Language) -> None:
        self._anchored: dict[str, list[_Guarded]] = {}
        self._literals: set[str] = set()
        for vocabulary in language.all:
            for name, intent in vocabulary.intents.items():
                self._add(name, intent)
        self._unless = _guards(language.all, "unless")
        self._after = _guards(language.all, "unless_after", r"(?= $)")
        self._before = _guards(language.all, "unless_before")
        self._tapback = _tapbacks(language.all)
        self._usual = self._literals.union(*map(_everyday, language.all))
        self._spelling = Spelling(word for word in self._literals if len(word) >= 5)

    def intents(self, parts: list[Token]) -> tuple[str, ...]:
        """Every intent said anywhere in the text, most pressing first."""
        words = set(texts_of(parts))
        found = self._said(parts, words)
        unusual = words - self._usual
        if unusual and found.isdisjoint(PRESSING):
            slips = [text for kind, text in parts if kind == WORD and len(text) >= 4 and text in unusual]
            meant = {word: self._spelling.mend(word) for word in slips}
            if any(meant.values()):
                mended = [Token(part.kind, meant.get(part.text) or part.text) for part in parts]
                found |= self._said(mended, words.union(filter(None, meant.values()))).intersection(PRESSING)
        return tuple(name for name in INTENTS if name in found) if found else ()

    def is_tapback(self, folded: str) -> bool:
        """Whether a phone wrote this by itself to say that somebody reacted to our text, quoting it."""
        return '"' in folded and self._tapback.match(" " + " ".join(folded.split())) is not None

    def is_only_noise(self, parts: list[Token], standalone: Standalone) -> bool:
        """Whether every sentence is what phones and busy people send ("I'm driving"), or a courtesy."""
        return all(self._is_noise(sentence, standalone) for sentence in sentences(parts))

    def _is_noise(self, parts: list[Token], standalone: Standalone) -> bool:
        keyword = standalone.keyword(parts)
        if keyword is not None:
            return keyword.intent in _BUSY
        text = spoken(parts)
        for guarded in (each for word in texts_of(parts) for each in self._anchored.get(word, ())):
            if guarded.intent == "noise":
                text = guarded.expression.sub("", text)
        return standalone.is_courtesy(split(text))

    def _add(self, name: str, intent: Intent) -> None:
        for phrase in (*intent.phrases, *intent.starts):
            pattern = compile_phrase(phrase)
            start = r"\A(?: \.)*" if phrase in intent.starts else ""
            guarded = _Guarded(name, re.compile(f"{start}{pattern.expression}(?= )"), pattern.also)
            for anchor in pattern.anchors:
                self._anchored.setdefault(anchor, []).append(guarded)
            if name in PRESSING:
                self._literals |= pattern.literals

    def _said(self, parts: list[Token], words: set[str]) -> set[str]:
        likely = [
            guarded
            for word in self._anchored.keys() & words
            for guarded in self._anchored[word]
            if not (guarded.also and guarded.also.isdisjoint(words))
        ]
        if not likely:
            return set()
        text = spoken(parts)
        found = self._matches(likely, text)
        if " ." in text:
            # "I can't... breathe": drama must not hide an emergency.
            urgent = [guarded for guarded in likely if guarded.intent in _EMERGENCIES - found]
            found |= self._matches(urgent, text.replace(" .", ""))
        return found

    def _matches(self, likely: list[_Guarded], text: str) -> set[str]:
        found: set[str] = set()
        for guarded in likely:
            if guarded.intent not in found and self._heard(guarded, text):
                found.add(guarded.intent)
        return found

    def _heard(self, guarded: _Guarded, text: str) -> bool:
        for match in guarded.expression.finditer(text):
            unless, after = self._unless[guarded.intent], self._after[guarded.intent]
            before = self._before[guarded.intent]
            said = text[max(0, match.start() - _NEAR) : match.start()] + " "
            if not (after and after.search(said)) and not (before and before.match(text, match.end())):
                return not (unless and unless.search(text))
        return False


def _guards(vocabularies: Sequence[Vocabulary], field: str, end: str = r"(?= )") -> dict[str, re.Pattern[str] | None]:
    """By intent what takes it back; a crisis is taken back by what takes back an emergency."""
    found = {name: _any_of(vocabularies, name, field, end) for name in INTENTS}
    return found | {"crisis": found["urgent"]}


def _any_of(vocabularies: Iterable[Vocabulary], name: str, field: str, end: str) -> re.Pattern[str] | None:
    phrases = [phrase for each in vocabularies if name in each.intents for phrase in getattr(each.intents[name], field)]
    return re.compile(f"(?:{'|'.join(compile_phrase(each).expression for each in phrases)}){end}") if phrases else None


def _tapbacks(vocabularies: Iterable[Vocabulary]) -> re.Pattern[str]:
    opening = [compile_phrase(phrase).expression for each in vocabularies for phrase in each.tapbacks]
    return re.compile(rf"(?:{'|'.join((*opening, _EMOJI_TO))})[^\w\"]*\"")


def _everyday(vocabulary: Vocabulary) -> set[str]:
    """Words of answers and small talk: never taken for a slip in a word that asks for something."""
    harmless = vocabulary.harmless
    phrases = (*vocabulary.affirming, *vocabulary.denying, *vocabulary.courtesies, *vocabulary.real_words)
    phrases += (*harmless.beside, *harmless.after, *harmless.remarks, *vocabulary.spoiling)
    phrases += tuple(phrase for number in vocabulary.numbers.values() for phrase in number)
    phrases += tuple(phrase for group in vocabulary.synonyms.values() for phrase in (*group.labels, *group.said))
    phrases += tuple(phrase for several in vocabulary.declines.values() for phrase in several)
    phrases += tuple(phrase for intent in vocabulary.intents.values() for phrase in intent.alone)
    return {word for phrase in phrases for said in forms(phrase) for word in said}
