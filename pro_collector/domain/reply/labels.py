"""Phrases that mean an option of a question: labels, yes and no, synonyms, and unambiguous beginnings of labels."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pro_collector.domain.reply.language import Language, Vocabulary
from pro_collector.domain.reply.lexicon import AFFIRMING, ARTICLE, DEGREE, DENYING, HEDGE, Codes, Lexicon, Phrase
from pro_collector.domain.reply.question import Question, Value
from pro_collector.domain.reply.tokens import forms, words

Words = tuple[str, ...]

_SEPARATORS = (",", ".", "-", "!")
_NUMBER_SPAN = re.compile(r"\s*(\d{1,9})\b(?:\s*(?:\W|\w{1,2})\s*(\d{1,9})\b)?")


def label_spellings(question: Question, known: Lexicon) -> dict[Words, Codes]:
    """Every spelling of the options themselves (labels, synonyms, text codes), with the codes that it may mean."""
    spellings: dict[Words, Codes] = {}
    for option in question.options:
        for text in _forms(option.label, option.synonyms):
            for form in {each for label in forms(text) for each in _written(label, known)}:
                spellings[form] = spellings.get(form, frozenset()) | frozenset({option.code})
        if isinstance(option.code, str):
            code = words(option.code)
            spellings[code] = spellings.get(code, frozenset()) | frozenset({option.code})
    return {form: codes for form, codes in spellings.items() if form}


def _written(label: Words, known: Lexicon) -> set[Words]:
    return {label, _without_opening(label, known), ("".join(label),)}


def whole_labels(question: Question) -> dict[Words, Codes]:
    """The whole labels and synonyms, with their codes; without those that are only numbers, which may be codes too."""
    labels: dict[Words, Codes] = {}
    for option in question.options:
        for label in map(words, (option.label, *option.synonyms)):
            if not all(map(str.isdecimal, label)):
                labels[label] = labels.get(label, frozenset()) | frozenset({option.code})
    return labels


def number_spans(question: Question) -> list[tuple[int, int, Value]]:
    """The options whose labels begin with a number, or with a span ("1-2 times"): first, last and code of each."""
    matches = ((_NUMBER_SPAN.match(option.label), option.code) for option in question.options)
    return [(int(span[1]), int(span[2] or span[1]), code) for span, code in matches if span]


def codes_with_number(spans: Iterable[tuple[int, int, Value]], number: int) -> Codes:
    """The codes of the options whose labels begin with `number`, or with a span that includes it."""
    return frozenset([code for first, last, code in spans if first <= number <= last])


def yes_no_labels(
    question: Question, language: Language, vocabulary: Vocabulary, labels: dict[Words, Codes]
) -> Iterator[Phrase]:
    """The phrases for yes and no, if the question accepts them; a phrase that is also a label means that option."""
    yes, no = _yes_no_codes(question, language)
    if question.kind == "choice" and not (yes and no):
        return  # "Not at all" alone makes no yes/no question of a choice
    for phrases, part, codes in ((vocabulary.affirming, AFFIRMING, yes), (vocabulary.denying, DENYING, no)):
        if codes:
            meanings = {form: labels.get(form, codes) for phrase in phrases for form in forms(phrase)}
            meanings |= _with_punctuation(meanings) if part == AFFIRMING else {}
            yield from (Phrase(form, part, meant) for form, meant in meanings.items())


def _with_punctuation(meanings: dict[Words, Codes]) -> dict[Words, Codes]:
    """ "Yes, twice" means the same as "yes twice". With "no" it does not: "no tengo" denies, "no, tengo" does not."""
    longer = [(form, meant) for form, meant in meanings.items() if len(form) > 1 and form[:1] in meanings]
    return {(form[0], sign, *form[1:]): meant for form, meant in longer for sign in _SEPARATORS}


def _yes_no_codes(question: Question, language: Language) -> tuple[Codes, Codes]:
    """The codes of the options labelled yes and no; for a yes/no question without options, "yes" and "no"."""
    if question.kind == "yesno" and not question.options:
        return frozenset({"yes"}), frozenset({"no"})
    agreeing = {said for each in language.all for phrase in each.affirming for said in forms(phrase)}
    denying = {said for each in language.all for phrase in each.denying for said in forms(phrase)}
    yes = [option.code for option in question.options if words(option.label) in agreeing]
    no = [option.code for option in question.options if words(option.label) in denying]
    return frozenset(yes), frozenset(no)


def _forms(label: str, synonyms: Iterable[str]) -> Iterator[str]:
    yield label
    if "(" in label:
        yield label.partition("(")[0]
    yield from synonyms


def _without_opening(label: Words, known: Lexicon) -> Words:
    # "A little" is also written "little".
    at = 0
    while at < len(label) - 1 and known.part(label[at : at + 1]) in {ARTICLE, DEGREE, HEDGE}:
        at += 1
    return label[at:]


def label_beginnings(spellings: dict[Words, Codes], known: Lexicon) -> dict[Words, Codes]:
    """The beginnings of labels that identify an option, with the codes that each may mean."""
    beginnings: dict[Words, Codes] = {}
    for label, codes in spellings.items():
        for end in range(1, len(label)):
            beginning = label[:end]
            if _is_distinctive(beginning, known):
                beginnings[beginning] = beginnings.get(beginning, frozenset()) | codes
    return beginnings


def _is_distinctive(beginning: Words, known: Lexicon) -> bool:
    """Whether the beginning of a label is enough: "most" of "Most of the time" is, "very" and "not" are not."""
    return beginning[-1].isdecimal() or (len(beginning[-1]) >= 4 and not any(known.part((word,)) for word in beginning))


def synonyms(question: Question, language: Language, vocabulary: Vocabulary, field: str) -> dict[Words, Codes]:
    """The synonyms of the options; `field` is the key of a group: "labels", or "said" for other phrases."""
    meanings: dict[Words, Codes] = {}
    for group, codes in groups(question, language).items():
        for phrase in getattr(vocabulary.synonyms.get(group), field, ()):
            for form in forms(phrase):
                meanings[form] = meanings.get(form, frozenset()) | codes
    return meanings


@lru_cache(maxsize=1024)
def groups(question: Question, language: Language) -> dict[str, Codes]:
    """The codes of the options that each group of synonyms means, found by their labels in any language."""
    found: dict[str, Codes] = {}
    for each in language.all:
        for name, group in each.synonyms.items():
            labels = {form for phrase in group.labels for form in forms(phrase)}
            codes: Codes = frozenset(option.code for option in question.options if words(option.label) in labels)
            if codes:
                found[name] = found.get(name, frozenset()) | codes
    return found
