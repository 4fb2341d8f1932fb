"""A question, compiled: every phrase that means one of its answers, and the words near enough to mend a slip."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pro_collector.domain.language import Language, Vocabulary
from pro_collector.domain.reply.lexicon import (
    AFTER,
    ARTICLE,
    BESIDE,
    LABEL,
    NUMERAL,
    QUALIFIER,
    REMARK,
    Codes,
    Lexicon,
    Payload,
    Phrase,
    common,
)
from pro_collector.domain.reply.question import Question, Value
from pro_collector.domain.reply.spelling import Spelling
from pro_collector.domain.reply.tokens import words

Said = tuple[str, ...]
# The groups of synonyms that deny: "no" may stand before them, "yes" may not.
_DENYING = ("none", "never")


class Scale:
    """A question as one vocabulary reads it."""

    def __init__(self, question: Question, language: Language, place: int) -> None:
        vocabulary = language.all[place]
        self.question = question
        self.vocabulary = vocabulary
        self.common = common(language, place)
        self.codes = _codes(question)
        self.answers = Lexicon([*self._labels(language), *self._bearings(language)])
        self.endings = vocabulary.number_endings
        spelt = self.answers.vocabulary(LABEL, QUALIFIER)
        numerals = self.common.vocabulary(NUMERAL) if question.kind in {"integer", "decimal", "choice"} else set()
        self.real_words = frozenset((*_flat(language.own.real_words), *_flat(vocabulary.real_words)))
        self.spelling = Spelling(spelt, numerals, self.real_words)
        self.label_words = dict.fromkeys(word for word in spelt if len(word) > 3)

    def named(self, value: int) -> Codes:
        """The codes a number stands for: itself on a numeric scale, the option with that code on a choice."""
        if self.question.kind in {"integer", "decimal"}:
            return frozenset({value})
        return self.codes.get(str(value), frozenset())

    def codes_of(self, payload: Payload) -> Codes | None:
        """What a phrase of a lexicon stands for on this question; None for phrases that are no answers."""
        return self.named(payload) if isinstance(payload, int) else payload

    def holds(self, value: Value) -> bool:
        """Whether a value lies within the question's bounds; texts (codes) always do."""
        if self.codes or isinstance(value, str):
            return True
        low, high = self.question.minimum, self.question.maximum
        return (low is None or value >= low) and (high is None or value <= high)

    def _labels(self, language: Language) -> Iterator[Phrase]:
        exact = _exact(self.question, language, self.vocabulary, self.common)
        halves = _halves(exact, self.common)
        for said, codes in exact.items():
            yield Phrase(said, LABEL, codes)
        for said, codes in _synonyms(self.question, language, self.vocabulary).items():
            yield Phrase(said, LABEL, codes)
        for said, codes in halves.items():
            yield Phrase(said, LABEL, codes)

    def _bearings(self, language: Language) -> Iterator[Phrase]:
        yield from _yes_no(self.question, language, self.vocabulary)
        if self.question.minimum is not None and self.question.maximum is not None:
            for form in self.vocabulary.of_maximum:
                for low, high in _spoken_bounds(self.question.minimum, self.question.maximum, self.vocabulary):
                    yield Phrase(words(form.format(min=low, max=high)), BESIDE if "{min}" in form else AFTER)


@lru_cache(maxsize=4096)
def scale(question: Question, language: Language, place: int) -> Scale:
    """The question as `language.all[place]` reads it; built once for each of them."""
    return Scale(question, language, place)


def _codes(question: Question) -> dict[str, Codes]:
    if question.kind in {"integer", "decimal"}:
        return {}
    return {str(option.code).casefold(): frozenset({option.code}) for option in question.options}


def _exact(question: Question, language: Language, vocabulary: Vocabulary, known: Lexicon) -> dict[Said, Codes]:
    found: dict[Said, Codes] = {}
    if question.kind == "yesno":
        found = _yes_no_labels(question, language, vocabulary)
    for option in question.options:
        for text in _forms(option.label, option.synonyms):
            said = words(text)
            for form in {said, _without_opening(said, known), ("".join(said),)}:
                found[form] = found.get(form, frozenset()) | frozenset({option.code})
        if isinstance(option.code, str):
            code = words(option.code)
            found[code] = found.get(code, frozenset()) | frozenset({option.code})
    return {said: codes for said, codes in found.items() if said}


def _yes_no_labels(question: Question, language: Language, vocabulary: Vocabulary) -> dict[Said, Codes]:
    yes, no = _yes_no_codes(question, language)
    found = dict.fromkeys(map(words, vocabulary.affirming), yes)
    return {said: codes for said, codes in (found | dict.fromkeys(map(words, vocabulary.denying), no)).items() if codes}


def _yes_no_codes(question: Question, language: Language) -> tuple[Codes, Codes]:
    """The codes of yes and of no: those of the options labelled so, or the two words themselves without options."""
    if not question.options:
        return frozenset({"yes"}), frozenset({"no"})
    agreeing = {words(phrase) for each in language.all for phrase in each.affirming}
    denying = {words(phrase) for each in language.all for phrase in each.denying}
    yes = [option.code for option in question.options if words(option.label) in agreeing]
    no = [option.code for option in question.options if words(option.label) in denying]
    return frozenset(yes), frozenset(no)


def _forms(label: str, synonyms: Iterable[str]) -> Iterator[str]:
    yield label
    if "(" in label:
        yield label.partition("(")[0]
    yield from synonyms


def _without_opening(said: Said, known: Lexicon) -> Said:
    # "A little" is also written "little", "About the same" also "same".
    at = 0
    while at < len(said) - 1 and known.part(said[at : at + 1]) in {BESIDE, ARTICLE}:
        at += 1
    return said[at:]


def _halves(exact: dict[Said, Codes], known: Lexicon) -> dict[Said, Codes]:
    found: dict[Said, Codes] = {}
    for said, codes in exact.items():
        for end in range(1, len(said)):
            half = said[:end]
            if _stands_alone(half, known):
                found[half] = found.get(half, frozenset()) | codes
    return found


def _stands_alone(half: Said, known: Lexicon) -> bool:
    if half[-1].isdecimal():
        return True
    free = {None, AFTER, REMARK}
    return len(half[-1]) >= 4 and known.part(half) in free and known.part(half[-1:]) in free


def _synonyms(question: Question, language: Language, vocabulary: Vocabulary) -> dict[Said, Codes]:
    found: dict[Said, Codes] = {}
    for group, codes in _groups(question, language).items():
        for phrase in vocabulary.synonyms.get(group, ()):
            found[words(phrase)] = found.get(words(phrase), frozenset()) | codes
    return found


@lru_cache(maxsize=1024)
def _groups(question: Question, language: Language) -> dict[str, Codes]:
    found: dict[str, Codes] = {}
    for each in language.all:
        for group, phrases in each.synonyms.items():
            said = set(map(words, phrases))
            codes: Codes = frozenset(option.code for option in question.options if words(option.label) in said)
            if codes:
                found[group] = found.get(group, frozenset()) | codes
    return found


def _yes_no(question: Question, language: Language, vocabulary: Vocabulary) -> Iterator[Phrase]:
    """ "Yes" and "no" before an answer: "yes, a lot", "no, not at all"; alone they answer nothing but a yes/no."""
    if question.kind == "choice":
        groups = _groups(question, language)
        denied = frozenset[Value]().union(*(groups.get(group, frozenset()) for group in _DENYING))
        every: Codes = frozenset(option.code for option in question.options)
        yield from (Phrase(words(phrase), QUALIFIER, every - denied) for phrase in vocabulary.affirming)
        yield from (Phrase(words(phrase), QUALIFIER, denied) for phrase in vocabulary.denying)
    elif question.kind in {"integer", "decimal"}:
        yield from (Phrase(words(phrase), BESIDE) for phrase in vocabulary.affirming)


def _spoken_bounds(minimum: float, maximum: float, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    # People say "1 to 10" of a scale from 0, too: which 7 is meant does not change.
    lows = {int(minimum), 1} if minimum == 0 else {int(minimum)}
    highs = [str(int(maximum)), *vocabulary.numbers.get(int(maximum), ())]
    for low in lows:
        for high in highs:
            yield str(low), high


def _flat(phrases: Iterable[str]) -> Iterator[str]:
    return (word for phrase in phrases for word in words(phrase))
