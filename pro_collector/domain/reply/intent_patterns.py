"""Finds requests and emergencies in a sentence, in any shipped language, with the patterns of the language files."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pro_collector.domain.reply.language import INTENTS, Intent, Language, Vocabulary
from pro_collector.domain.reply.lexicon import texts_of
from pro_collector.domain.reply.phrases import Pattern, as_line, compile_phrase
from pro_collector.domain.reply.spelling import Spelling
from pro_collector.domain.reply.standalone_keywords import StandaloneKeywords
from pro_collector.domain.reply.tokens import WORD, Token, forms, sentences, split

# These are found before any answer is read, also if they have spelling mistakes.
PRIORITY_INTENTS = ("urgent", "crisis", "erase", "leave", "opt_out")
_EMERGENCIES = frozenset({"urgent", "crisis"})
_BUSY = frozenset({"noise", "pause"})
# Android writes `👍 to "Your question"`, and the same with "a" or "à" in Spanish and French.
_EMOJI_TO = r" [^\w\s\"]+ (?:to|a)"

# A sentence of more words says more than its intent.
_SHORT = 12
# How many characters before a phrase are searched for words that cancel it.
CONTEXT = 60


@dataclass(frozen=True, slots=True)
class _IntentPattern:
    intent: str
    expression: re.Pattern[str]
    also: frozenset[str]


class IntentPatterns:
    """The patterns of every shipped language, indexed by their rarest word."""

    def __init__(self, language: Language) -> None:
        self._by_anchor: dict[str, list[_IntentPattern]] = {}
        self._literals: set[str] = set()
        for vocabulary in language.all:
            for name, intent in vocabulary.intents.items():
                self._add(name, intent)
        self._unless = _cancelling(language.all, "unless")
        self._after = _cancelling(language.all, "unless_after", r"(?= $)")
        self._before = _cancelling(language.all, "unless_before")
        self._tapback = _tapbacks(language.all)
        self._usual = self._literals.union(*map(_everyday, language.all))
        self._spelling = Spelling(word for word in self._literals if len(word) >= 5)

    def intents(self, parts: list[Token]) -> tuple[str, ...]:
        """Every intent found anywhere in the text, most urgent first."""
        words = set(texts_of(parts))
        found = self._find(parts, words)
        if found.isdisjoint(PRIORITY_INTENTS):
            corrections = self.corrections(parts, words)
            if corrections:
                corrected = [Token(part.kind, corrections.get(part.text, part.text)) for part in parts]
                found |= self._find(corrected, words.union(corrections.values())).intersection(PRIORITY_INTENTS)
        return tuple(name for name in INTENTS if name in found) if found else ()

    def corrections(self, parts: list[Token], words: set[str]) -> dict[str, str]:
        """The words of a text that are in no phrase, with the word of a request that each is a misspelling of."""
        unusual = words - self._usual
        if not unusual:
            return {}
        unknown = [text for kind, text in parts if kind == WORD and len(text) >= 4 and text in unusual]
        return {word: right for word in unknown if (right := self._spelling.correct(word))}

    def is_tapback(self, folded: str) -> bool:
        """Whether a phone wrote this text automatically to report a reaction to our text, with a quotation of it."""
        return '"' in folded and self._tapback.match(" " + " ".join(folded.split())) is not None

    def is_only_noise(self, parts: list[Token], standalone: StandaloneKeywords) -> bool:
        """Whether every sentence is an automatic or busy message ("I'm driving"), or a courtesy."""
        return all(self._has_no_other("noise", sentence, standalone, _BUSY) for sentence in sentences(parts))

    def is_only_report(self, parts: list[Token], standalone: StandaloneKeywords) -> bool:
        """Whether every sentence says only that the writer wants to report how they are, or is a courtesy."""
        return all(self._has_no_other("report", sentence, standalone) for sentence in sentences(parts))

    def is_only(self, intent: str, parts: list[Token], standalone: StandaloneKeywords) -> bool:
        """Whether every sentence is short and has this intent, or is a courtesy: nothing else was said."""
        return all(self._has(intent, sentence, standalone) for sentence in sentences(parts))

    def _has(self, intent: str, parts: list[Token], standalone: StandaloneKeywords) -> bool:
        keyword = standalone.keyword(parts)
        if (keyword is not None and keyword.intent == intent) or standalone.is_courtesy(parts):
            return True
        text = as_line(parts)
        patterns = (each for word in texts_of(parts) for each in self._by_anchor.get(word, ()))
        found = any(each.intent == intent and each.expression.search(text) for each in patterns)
        return found and len(parts) <= _SHORT

    def _has_no_other(
        self, intent: str, parts: list[Token], standalone: StandaloneKeywords, keywords: frozenset[str] = frozenset()
    ) -> bool:
        """Whether nothing but courtesies is left of a sentence without the phrases of this intent."""
        keyword = standalone.keyword(parts)
        if keyword is not None:
            return keyword.intent in keywords
        text = as_line(parts)
        for pattern in (each for word in texts_of(parts) for each in self._by_anchor.get(word, ())):
            if pattern.intent == intent:
                text = pattern.expression.sub("", text)
        return standalone.is_courtesy(split(text))

    def _add(self, name: str, intent: Intent) -> None:
        for phrase in (*intent.phrases, *intent.starts):
            compiled, pattern = _compiled(name, phrase, at_start=phrase in intent.starts)
            for anchor in compiled.anchors:
                self._by_anchor.setdefault(anchor, []).append(pattern)
            if name in PRIORITY_INTENTS:
                self._literals |= compiled.literals

    def _find(self, parts: list[Token], words: set[str]) -> set[str]:
        likely = [
            pattern
            for word in self._by_anchor.keys() & words
            for pattern in self._by_anchor[word]
            if not (pattern.also and pattern.also.isdisjoint(words))
        ]
        if not likely:
            return set()
        text = as_line(parts)
        found = self._matches(likely, text)
        if " ." in text:
            # "I can't... breathe": dots between words must not hide an emergency.
            urgent = [pattern for pattern in likely if pattern.intent in _EMERGENCIES - found]
            found |= self._matches(urgent, text.replace(" .", ""))
        return found

    def _matches(self, likely: list[_IntentPattern], text: str) -> set[str]:
        found: set[str] = set()
        for pattern in likely:
            if pattern.intent not in found and self._applies(pattern, text):
                found.add(pattern.intent)
        return found

    def _applies(self, pattern: _IntentPattern, text: str) -> bool:
        """Whether the pattern matches at a place where no other phrase cancels it."""
        for match in pattern.expression.finditer(text):
            unless, after = self._unless[pattern.intent], self._after[pattern.intent]
            before = self._before[pattern.intent]
            preceding = text[max(0, match.start() - CONTEXT) : match.start()] + " "
            if not (after and after.search(preceding)) and not (before and before.match(text, match.end())):
                return not (unless and unless.search(text))
        return False


@lru_cache(maxsize=32768)  # phrases of language files only: whoever is texted in another language may write the same
def _compiled(name: str, phrase: str, *, at_start: bool) -> tuple[Pattern, _IntentPattern]:
    compiled = compile_phrase(phrase)
    start = r"\A(?: \.)*" if at_start else ""
    return compiled, _IntentPattern(name, re.compile(f"{start}{compiled.expression}(?= )"), compiled.also)


def _cancelling(
    vocabularies: Sequence[Vocabulary], field: str, end: str = r"(?= )"
) -> dict[str, re.Pattern[str] | None]:
    """The phrases that cancel each intent; the phrases of "urgent" cancel a crisis too."""
    phrases = {name: _any_of(vocabularies, name, field, end) for name in INTENTS}
    return phrases | {"crisis": phrases["urgent"]}


def _any_of(vocabularies: Iterable[Vocabulary], name: str, field: str, end: str) -> re.Pattern[str] | None:
    phrases = [phrase for each in vocabularies if name in each.intents for phrase in getattr(each.intents[name], field)]
    return re.compile(f"(?:{'|'.join(compile_phrase(each).expression for each in phrases)}){end}") if phrases else None


def _tapbacks(vocabularies: Iterable[Vocabulary]) -> re.Pattern[str]:
    opening = [compile_phrase(phrase).expression for each in vocabularies for phrase in each.tapbacks]
    return re.compile(rf"(?:{'|'.join((*opening, _EMOJI_TO))})[^\w\"]*\"")


def _everyday(vocabulary: Vocabulary) -> set[str]:
    """Words of answers and small talk, which are never corrected into a word of a request."""
    harmless = vocabulary.harmless
    phrases = (*vocabulary.affirming, *vocabulary.denying, *vocabulary.courtesies, *vocabulary.real_words)
    phrases += (*harmless.beside, *harmless.after, *harmless.remarks, *vocabulary.spoiling)
    phrases += tuple(phrase for number in vocabulary.numbers.values() for phrase in number)
    phrases += tuple(phrase for group in vocabulary.synonyms.values() for phrase in (*group.labels, *group.said))
    phrases += tuple(phrase for declining in vocabulary.declines.values() for phrase in declining)
    phrases += tuple(phrase for intent in vocabulary.intents.values() for phrase in intent.alone)
    # Corrected into another word, the words of what cancels a request would not cancel it any more.
    cancelling = (
        compile_phrase(phrase).literals
        for intent in vocabulary.intents.values()
        for phrase in (*intent.unless, *intent.unless_after, *intent.unless_before)
    )
    return {word for phrase in phrases for form in forms(phrase) for word in form}.union(*cancelling)
