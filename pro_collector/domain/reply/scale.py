"""A question, compiled: every phrase that means one of its answers, and the words near enough to mend a slip."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import takewhile

from pro_collector.domain.reply.labels import (
    Said,
    counted,
    exact,
    groups,
    halves,
    spans,
    spelt_out,
    synonyms,
    yes_no_labels,
)
from pro_collector.domain.reply.language import Language, Vocabulary
from pro_collector.domain.reply.lexicon import (
    AFFIRMING,
    BESIDE,
    DENIAL,
    DENYING,
    LABEL,
    MAXIMUM,
    NUMERAL,
    QUALIFIER,
    SPOILING,
    Codes,
    Lexicon,
    Payload,
    Phrase,
    common,
)
from pro_collector.domain.reply.question import Question, Value
from pro_collector.domain.reply.spelling import Beginnings, Spelling
from pro_collector.domain.reply.tokens import forms, words

# The groups of synonyms that deny: "no" may stand before them, "yes" may not.
_DENYING = ("none", "no_pain", "never")


class AnswerScale:
    """A question as one vocabulary reads it."""

    def __init__(self, question: Question, language: Language, place: int) -> None:
        vocabulary = language.all[place]
        self.question = question
        self.vocabulary = vocabulary
        self.is_own = place == 0
        self.common = common(language, place)
        self.codes = _codes(question)
        self._is_numeric = question.kind in {"integer", "decimal"}
        self.answers = Lexicon([*self._labels(language), *self._bearings(language)])
        self.endings = vocabulary.number_endings
        self.texts = {words(text) for each in question.options for text in (each.label, str(each.code), *each.synonyms)}
        self._spelt = spelt_out(question)
        self._spans = spans(question)
        spelt = self.answers.vocabulary(LABEL, AFFIRMING, DENYING)
        numerals = self.common.vocabulary(NUMERAL) if question.kind in {"integer", "decimal", "choice"} else set()
        self.real_words = frozenset((*_flat(language.own.real_words), *_flat(vocabulary.real_words)))
        self.spelling = Spelling(spelt, numerals, self.real_words)
        self._labelled = {" ".join(said): len(said) for said in exact(question, self.common) if len(said) > 1}
        self._phrasing = Spelling(self._labelled)
        self.initials = {label[0] for label in self._labelled}
        self._lengths = sorted(set(self._labelled.values()), reverse=True)
        self.label_words = Beginnings(word for word in spelt if len(word) > 3)

    def named(self, value: int) -> Codes:
        """The codes a number stands for: itself on a numeric scale, the option with that code on a choice.

        Where labels are figures themselves (code 1 for "0", code 2 for "1-2"), a number may mean either.
        """
        if self._is_numeric:
            return frozenset((value,))
        coded = self.codes.get(str(value), frozenset())
        return coded | counted(self._spans, value) if coded else coded

    def chosen(self, said: Said) -> Value | None:
        """The option whose label, punctuation aside, is exactly what was said ("Yes, a lot"), or None."""
        codes = self._spelt.get(said, frozenset())
        return next(iter(codes)) if len(codes) == 1 else None

    def codes_of(self, payload: Payload) -> Codes | None:
        """What a phrase of a lexicon stands for on this question; None for phrases that are no answers."""
        return self.named(payload) if isinstance(payload, int) else payload

    def holds(self, value: Value) -> bool:
        """Whether a value lies within the question's bounds; texts (codes) always do."""
        if self.codes or isinstance(value, str):
            return True
        low, high = self.question.minimum, self.question.maximum
        return (low is None or value >= low) and (high is None or value <= high)

    def label_meant(self, texts: Said, at: int) -> Phrase | None:
        """The label of several words that was meant at `at`, with a slip ("quiet a bit") or cut short ("not at al")."""
        for length in self._lengths:
            said = texts[at : at + length]
            meant = self._phrasing.mend(" ".join(said)) if len(said) == length else None
            if meant is not None and meant[0] == said[0][0] and self._labelled[meant] == len(said):
                return Phrase(said, LABEL, self._payload(meant))
        return self._cut_short(texts[at:])

    def _cut_short(self, rest: Said) -> Phrase | None:
        said = tuple(takewhile(str.isalnum, rest))
        start = " ".join(said)
        if len(start) < 5:
            return None
        found = [label for label in self._labelled if label.startswith(start) and len(start) * 5 >= len(label) * 3]
        return Phrase(said, LABEL, self._payload(found[0])) if len(found) == 1 else None

    def _payload(self, label: str) -> Payload:
        phrase = self.answers.at(words(label), 0)
        return phrase.payload if phrase else None

    def _labels(self, language: Language) -> Iterator[Phrase]:
        labels = exact(self.question, self.common)
        if self.question.kind in {"yesno", "choice"}:
            yield from yes_no_labels(self.question, language, self.vocabulary, labels)
        yield from (Phrase(said, LABEL, codes) for said, codes in labels.items())
        for field in ("labels", "said"):
            alike = synonyms(self.question, language, self.vocabulary, field)
            yield from (Phrase(said, LABEL, codes) for said, codes in alike.items())
        yield from (Phrase(said, LABEL, codes) for said, codes in halves(labels, self.common).items())

    def _bearings(self, language: Language) -> Iterator[Phrase]:
        yield from _yes_no(self.question, language, self.vocabulary, self.common)
        if self.question.minimum is not None and self.question.maximum is not None:
            for form in self.vocabulary.of_maximum:
                for low, high in _spoken_bounds(self.question.minimum, self.question.maximum, self.vocabulary):
                    yield Phrase(words(form.format(min=low, max=high)), BESIDE if "{min}" in form else MAXIMUM)


@lru_cache(maxsize=4096)
def scale(question: Question, language: Language, place: int) -> AnswerScale:
    """The question as `language.all[place]` reads it; built once for each of them."""
    return AnswerScale(question, language, place)


def _codes(question: Question) -> dict[str, Codes]:
    if question.kind in {"integer", "decimal"}:
        return {}
    return {str(option.code).casefold(): frozenset({option.code}) for option in question.options}


def _yes_no(question: Question, language: Language, vocabulary: Vocabulary, known: Lexicon) -> Iterator[Phrase]:
    """ "Yes" and "no" before an answer: "yes, a lot", "no, not at all"; alone they answer nothing but a yes/no."""
    yes, no = _single(vocabulary.affirming), _single(vocabulary.denying)
    if question.kind == "choice":
        degrees = groups(question, language)
        denied = frozenset[Value]().union(*(degrees.get(name, frozenset()) for name in _DENYING))
        every: Codes = frozenset(option.code for option in question.options)
        yield from (Phrase(said, QUALIFIER, every - denied) for said in yes)
        yield from (Phrase(said, QUALIFIER, denied) for said in no)
    elif question.kind in {"integer", "decimal"}:
        if question.minimum == 0:
            yield from (Phrase(said, QUALIFIER, frozenset({0})) for said in _nothing(vocabulary, known))
        yield from (Phrase(said, BESIDE) for said in yes if len(said[0]) > 1 and known.part(said) != SPOILING)
        yield from (Phrase(said, DENIAL) for said in no)


def _nothing(vocabulary: Vocabulary, known: Lexicon) -> Iterator[Said]:
    """What is said beside a zero ("0, none"); "zero pain" is a number first."""
    groups = [group for name, group in vocabulary.synonyms.items() if name in ("none", "no_pain")]
    for phrase in (phrase for group in groups for phrase in (*group.labels, *group.said)):
        yield from (said for said in forms(phrase) if known.part(said[:1]) != NUMERAL)


def _single(phrases: Iterable[str]) -> list[Said]:
    return [said for phrase in phrases for said in forms(phrase) if len(said) == 1]


def _spoken_bounds(minimum: float, maximum: float, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    # People say "1 to 10" of a scale from 0, too: which 7 is meant does not change.
    lows = {int(minimum), 1} if minimum == 0 else {int(minimum)}
    highs = [str(int(maximum)), *vocabulary.numbers.get(int(maximum), ())]
    for low in lows:
        for high in highs:
            yield str(low), high


def _flat(phrases: Iterable[str]) -> Iterator[str]:
    return (word for phrase in phrases for word in forms(phrase)[0])
