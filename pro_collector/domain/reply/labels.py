"""What means one of a question's options: labels, yes and no, synonyms, and starts that cannot be mistaken."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pro_collector.domain.reply.language import Language, Vocabulary
from pro_collector.domain.reply.lexicon import AFFIRMING, ARTICLE, DEGREE, DENYING, HEDGE, Codes, Lexicon, Phrase
from pro_collector.domain.reply.question import Question, Value
from pro_collector.domain.reply.tokens import forms, words

Said = tuple[str, ...]

_PARTING = (",", ".", "-", "!")
_FIGURES = re.compile(r"\s*(\d{1,9})\b(?:\s*(?:\W|\w{1,2})\s*(\d{1,9})\b)?")


def exact(question: Question, known: Lexicon) -> dict[Said, Codes]:
    """Every spelling of the options themselves: labels, their synonyms, text codes."""
    found: dict[Said, Codes] = {}
    for option in question.options:
        for text in _forms(option.label, option.synonyms):
            said = words(text)
            for form in {said, _without_opening(said, known), ("".join(said),)}:
                found[form] = found.get(form, frozenset()) | frozenset({option.code})
        if isinstance(option.code, str):
            code = words(option.code)
            found[code] = found.get(code, frozenset()) | frozenset({option.code})
    return {said: codes for said, codes in found.items() if said}


def spelt_out(question: Question) -> dict[Said, Codes]:
    """The options by their whole labels and synonyms; not by bare figures, which may be codes as well."""
    found: dict[Said, Codes] = {}
    for option in question.options:
        for said in map(words, (option.label, *option.synonyms)):
            if not all(map(str.isdecimal, said)):
                found[said] = found.get(said, frozenset()) | frozenset({option.code})
    return found


def spans(question: Question) -> list[tuple[int, int, Value]]:
    """The options whose labels begin with a number, or with a span ("1-2 times"): first, last and code of each."""
    found = ((_FIGURES.match(option.label), option.code) for option in question.options)
    return [(int(span[1]), int(span[2] or span[1]), code) for span, code in found if span]


def counted(spans: Iterable[tuple[int, int, Value]], number: int) -> Codes:
    """The codes of the options whose labels begin with `number`, or with a span that holds it."""
    return frozenset([code for first, last, code in spans if first <= number <= last])


def yes_no_labels(
    question: Question, language: Language, vocabulary: Vocabulary, labels: dict[Said, Codes]
) -> Iterator[Phrase]:
    """What answers yes and no, where the question takes them; what is spelt as a label ("Yes, a lot") is that one."""
    yes, no = _yes_no_codes(question, language)
    if question.kind == "choice" and not (yes and no):
        return  # "Not at all" alone makes no yes/no question of a choice
    for phrases, part, codes in ((vocabulary.affirming, AFFIRMING, yes), (vocabulary.denying, DENYING, no)):
        if codes:
            spelt = {form: labels.get(form, codes) for phrase in phrases for form in forms(phrase)}
            spelt |= _parted(spelt) if part == AFFIRMING else {}
            yield from (Phrase(form, part, meant) for form, meant in spelt.items())


def _parted(spelt: dict[Said, Codes]) -> dict[Said, Codes]:
    """ "Yes, twice" means what "yes twice" does; not so with "no" ("no tengo" denies, "no, tengo" does not)."""
    longer = [(form, meant) for form, meant in spelt.items() if len(form) > 1 and form[:1] in spelt]
    return {(form[0], sign, *form[1:]): meant for form, meant in longer for sign in _PARTING}


def _yes_no_codes(question: Question, language: Language) -> tuple[Codes, Codes]:
    """The codes of yes and of no: those of the options labelled so, or the two words themselves without options."""
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


def _without_opening(said: Said, known: Lexicon) -> Said:
    # "A little" is also written "little".
    at = 0
    while at < len(said) - 1 and known.part(said[at : at + 1]) in {ARTICLE, DEGREE, HEDGE}:
        at += 1
    return said[at:]


def halves(exact: dict[Said, Codes], known: Lexicon) -> dict[Said, Codes]:
    """Starts of labels that say enough by themselves."""
    found: dict[Said, Codes] = {}
    for said, codes in exact.items():
        for end in range(1, len(said)):
            half = said[:end]
            if _stands_alone(half, known):
                found[half] = found.get(half, frozenset()) | codes
    return found


def _stands_alone(half: Said, known: Lexicon) -> bool:
    """Whether the start of a label says enough: "most" of "Most of the time" does, "very" and "not" do not."""
    return half[-1].isdecimal() or (len(half[-1]) >= 4 and not any(known.part((word,)) for word in half))


def synonyms(question: Question, language: Language, vocabulary: Vocabulary, field: str) -> dict[Said, Codes]:
    """What means an option without being its label; a group's `labels` or what else is `said`."""
    found: dict[Said, Codes] = {}
    for group, codes in groups(question, language).items():
        for phrase in getattr(vocabulary.synonyms.get(group), field, ()):
            for said in forms(phrase):
                found[said] = found.get(said, frozenset()) | codes
    return found


@lru_cache(maxsize=1024)
def groups(question: Question, language: Language) -> dict[str, Codes]:
    """The options that each group of synonyms stands for, by their labels in any language."""
    found: dict[str, Codes] = {}
    for each in language.all:
        for name, group in each.synonyms.items():
            labels = {form for phrase in group.labels for form in forms(phrase)}
            codes: Codes = frozenset(option.code for option in question.options if words(option.label) in labels)
            if codes:
                found[name] = found.get(name, frozenset()) | codes
    return found
