"""A compiled question: every phrase that means one of its answers, and the words for correcting spelling mistakes."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import takewhile

from pro_collector.domain.reply.labels import (
    Words,
    codes_with_number,
    groups,
    label_beginnings,
    label_spellings,
    number_spans,
    synonyms,
    whole_labels,
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
    answer_words,
    common,
    remark_words,
)
from pro_collector.domain.reply.question import Question, Value
from pro_collector.domain.reply.spelling import PrefixIndex, Spelling
from pro_collector.domain.reply.tokens import forms, words

# The groups of synonyms that deny: "no" may be before them, "yes" may not.
_DENYING = ("none", "no_pain", "never")


class AnswerScale:
    """The phrases of one vocabulary for a question."""

    def __init__(self, question: Question, language: Language, place: int) -> None:
        vocabulary = language.all[place]
        self.question = question
        self.vocabulary = vocabulary
        self.is_own = place == 0
        self.common = common(language, place)
        self.remarks = remark_words(language, place)
        self.beside = answer_words(language, place)
        self.codes = _codes(question)
        self._is_numeric = question.kind in {"integer", "decimal"}
        self.answers = Lexicon([*self._labels(language), *self._qualifiers(language)])
        self.endings = vocabulary.number_endings
        self.texts = {words(text) for each in question.options for text in (each.label, str(each.code), *each.synonyms)}
        self._whole_labels = whole_labels(question)
        self._spans = number_spans(question)
        label_words = self.answers.vocabulary(LABEL, AFFIRMING, DENYING)
        numerals = self.common.vocabulary(NUMERAL) if question.kind in {"integer", "decimal", "choice"} else set()
        self.real_words = frozenset((*_flat(language.own.real_words), *_flat(vocabulary.real_words)))
        self.spelling = Spelling(label_words, numerals, self.real_words)
        self._long_labels = {
            " ".join(label): len(label) for label in label_spellings(question, self.common) if len(label) > 1
        }
        self._label_spelling = Spelling(self._long_labels)
        self.initials = {label[0] for label in self._long_labels}
        self._lengths = sorted(set(self._long_labels.values()), reverse=True)
        self.label_words = PrefixIndex(word for word in label_words if len(word) > 3)

    def codes_of_number(self, value: int) -> Codes:
        """The codes that a number may mean: itself on a numeric scale, the option with that code on a choice.

        If labels are numbers too (code 1 for "0", code 2 for "1-2"), a number may mean either.
        """
        if self._is_numeric:
            return frozenset((value,))
        coded = self.codes.get(str(value), frozenset())
        return coded | codes_with_number(self._spans, value) if coded else coded

    def exact_choice(self, reply: Words) -> Value | None:
        """The code of the option whose label is exactly the reply, punctuation aside ("Yes, a lot"), or None."""
        codes = self._whole_labels.get(reply, frozenset())
        return next(iter(codes)) if len(codes) == 1 else None

    def codes_of(self, payload: Payload) -> Codes | None:
        """The codes that the payload of a phrase means for this question; None for phrases that are no answers."""
        return self.codes_of_number(payload) if isinstance(payload, int) else payload

    def in_range(self, value: Value) -> bool:
        """Whether a value is within the bounds of the question; a code always is."""
        if self.codes or isinstance(value, str):
            return True
        low, high = self.question.minimum, self.question.maximum
        return (low is None or value >= low) and (high is None or value <= high)

    def misspelt_label(self, texts: Words, at: int) -> Phrase | None:
        """The label of several words meant at `at`: with a spelling mistake ("quiet a bit") or truncated ("not at al").

        None if there is none.
        """
        for length in self._lengths:
            words = texts[at : at + length]
            label = self._label_spelling.correct(" ".join(words)) if len(words) == length else None
            if label is not None and label[0] == words[0][0] and self._long_labels[label] == len(words):
                return Phrase(words, LABEL, self._payload(label))
        return self._truncated_label(texts[at:])

    def _truncated_label(self, rest: Words) -> Phrase | None:
        words = tuple(takewhile(str.isalnum, rest))
        start = " ".join(words)
        if len(start) < 5:
            return None
        labels = [label for label in self._long_labels if label.startswith(start) and len(start) * 5 >= len(label) * 3]
        return Phrase(words, LABEL, self._payload(labels[0])) if len(labels) == 1 else None

    def _payload(self, label: str) -> Payload:
        phrase = self.answers.at(words(label), 0)
        return phrase.payload if phrase else None

    def _labels(self, language: Language) -> Iterator[Phrase]:
        labels = label_spellings(self.question, self.common)
        if self.question.kind in {"yesno", "choice"}:
            yield from yes_no_labels(self.question, language, self.vocabulary, labels)
        yield from (Phrase(form, LABEL, codes) for form, codes in labels.items())
        for field in ("labels", "said"):
            meanings = synonyms(self.question, language, self.vocabulary, field)
            yield from (Phrase(form, LABEL, codes) for form, codes in meanings.items())
        yield from (Phrase(form, LABEL, codes) for form, codes in label_beginnings(labels, self.common).items())

    def _qualifiers(self, language: Language) -> Iterator[Phrase]:
        yield from _yes_no(self.question, language, self.vocabulary, self.common)
        if self.question.minimum is not None and self.question.maximum is not None:
            for form in self.vocabulary.of_maximum:
                for low, high in _spoken_bounds(self.question.minimum, self.question.maximum, self.vocabulary):
                    yield Phrase(words(form.format(min=low, max=high)), BESIDE if "{min}" in form else MAXIMUM)


@lru_cache(maxsize=4096)
def scale(question: Question, language: Language, place: int) -> AnswerScale:
    """The scale of the question in the vocabulary `language.all[place]`."""
    return AnswerScale(question, language, place)


def _codes(question: Question) -> dict[str, Codes]:
    if question.kind in {"integer", "decimal"}:
        return {}
    return {str(option.code).casefold(): frozenset({option.code}) for option in question.options}


def _yes_no(question: Question, language: Language, vocabulary: Vocabulary, known: Lexicon) -> Iterator[Phrase]:
    """ "Yes" and "no" before an answer: "yes, a lot", "no, not at all"; alone they answer only a yes/no question."""
    yes, no = _single(vocabulary.affirming), _single(vocabulary.denying)
    if question.kind == "choice":
        degrees = groups(question, language)
        denied = frozenset[Value]().union(*(degrees.get(name, frozenset()) for name in _DENYING))
        every: Codes = frozenset(option.code for option in question.options)
        yield from (Phrase(form, QUALIFIER, every - denied) for form in yes)
        yield from (Phrase(form, QUALIFIER, denied) for form in no)
    elif question.kind in {"integer", "decimal"}:
        if question.minimum == 0:
            yield from (Phrase(form, QUALIFIER, frozenset({0})) for form in _words_for_zero(vocabulary, known))
        yield from (Phrase(form, BESIDE) for form in yes if len(form[0]) > 1 and known.part(form) != SPOILING)
        yield from (Phrase(form, DENIAL) for form in no)


def _words_for_zero(vocabulary: Vocabulary, known: Lexicon) -> Iterator[Words]:
    """The phrases that people add to a zero ("0, none"); not "zero pain", which begins with a number."""
    groups = [group for name, group in vocabulary.synonyms.items() if name in ("none", "no_pain")]
    for phrase in (phrase for group in groups for phrase in (*group.labels, *group.said)):
        yield from (form for form in forms(phrase) if known.part(form[:1]) != NUMERAL)


def _single(phrases: Iterable[str]) -> list[Words]:
    return [form for phrase in phrases for form in forms(phrase) if len(form) == 1]


def _spoken_bounds(minimum: float, maximum: float, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    # People also call a scale from 0 "1 to 10"; a 7 on it means the same.
    lows = {int(minimum), 1} if minimum == 0 else {int(minimum)}
    highs = [str(int(maximum)), *vocabulary.numbers.get(int(maximum), ())]
    for low in lows:
        for high in highs:
            yield str(low), high


def _flat(phrases: Iterable[str]) -> Iterator[str]:
    return (word for phrase in phrases for form in forms(phrase) for word in form)
