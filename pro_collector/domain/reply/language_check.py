"""Checks a language file for somebody who writes one: mistakes with their lines, what is missing, and its figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pro_collector.domain.document import Document
from pro_collector.domain.near import nearest
from pro_collector.domain.reply.examples import Example
from pro_collector.domain.reply.language import INTENTS, Harmless, Language, Vocabulary, parse_language, wordings
from pro_collector.domain.reply.phrases import compile_phrase
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.understanding import understand
from pro_collector.domain.reply.written_phrases import WrittenPhrase, unknown_classes, written_phrases
from pro_collector.errors import BadInput, Problem

_WHOLE = frozenset({"alone", "always"})
_TO_TEN = range(11)
_BY_LANGUAGES = "language"
"""The request that the section `languages` hears."""
# What a language needs before people can be texted in it.
_NEEDED = ("urgent", "crisis", "opt_out", "leave", "erase", "opt_in", "help", "wrong_person", "pause", "death")


@dataclass(frozen=True, slots=True)
class Missed:
    """An example that was read in another way than it must be."""

    example: Example
    reading: Reading


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a language reads the examples of a corpus: counts, and every example that was read otherwise.

    `wrong`: a value was taken that the person did not give; there must be none. `missed`: all others.
    """

    clear: int
    clear_accepted: int
    others: int
    others_right: int
    wrong: tuple[Missed, ...]
    missed: tuple[Missed, ...]


def checked(document: Document) -> Vocabulary:
    """The language of a file. Raises BadInput with every mistake, each with its line."""
    phrases = written_phrases(document)
    problems = [problem for phrase in phrases for problem in _mistakes(document, phrase)]
    try:
        vocabulary = parse_language(_with_every_class(document, phrases))
    except BadInput as error:
        raise BadInput(sorted([*problems, *error.problems], key=lambda each: each.line or 0)) from error
    if problems:
        raise BadInput(problems)
    return vocabulary


def advice(document: Document, vocabulary: Vocabulary) -> list[Problem]:
    """What is allowed, but probably not meant: no phrase for a request, a phrase twice, a number without a word."""
    return [*_absent(document, vocabulary), *_twice(written_phrases(document))]


def coverage(examples: Sequence[Example], language: Language) -> Coverage:
    """Read every example in `language`, and compare with what it must be read as."""
    read = [Missed(each, understand(each.text, each.question, language)) for each in examples]
    right = [each for each in read if each.example.is_right(each.reading)]
    wrong = [each for each in read if each.example.is_wrongly_accepted(each.reading)]
    clear = sum(each.clear for each in examples)
    accepted = sum(each.example.clear for each in right)
    return Coverage(
        clear,
        accepted,
        len(examples) - clear,
        len(right) - accepted,
        tuple(wrong),
        tuple(each for each in read if each not in right and each not in wrong),
    )


def _with_every_class(document: Document, phrases: Sequence[WrittenPhrase]) -> Document:
    """The file with every class that its phrases name, so that an unknown one hides no other mistake."""
    if not isinstance(document.data, dict) or not isinstance(document.data.get("classes") or {}, dict):
        return document
    known = document.data.get("classes") or {}
    unknown = {name: name for phrase in phrases for name in unknown_classes(phrase.written, known)}
    return replace(document, data={**document.data, "classes": {**known, **unknown}}) if unknown else document


def _mistakes(document: Document, phrase: WrittenPhrase) -> Iterator[Problem]:
    where = f"{phrase.intent}.{phrase.key}"
    known = document.data.get("classes") or {}
    for name in unknown_classes(phrase.written, known):
        near = nearest(name, known)
        hint = f"; did you mean <{near}>?" if near else f"; `classes` has: {', '.join(known) or 'none'}"
        yield Problem(phrase.file, phrase.line, where, f"<{name}> in {phrase.written!r} is no class{hint}")
    try:
        for wording in wordings(phrase.written) if phrase.key in _WHOLE else (phrase.written,):
            compile_phrase(wording)
    except ValueError as error:
        yield Problem(phrase.file, phrase.line, where, f"{error}; a phrase is on one line and has no comma inside")


def _absent(document: Document, vocabulary: Vocabulary) -> Iterator[Problem]:
    for name in INTENTS:
        if name not in vocabulary.intents and name != _BY_LANGUAGES:
            must = " (needed before anybody is texted in this language)" if name in _NEEDED else ""
            yield document.problem(("intents",), f"nothing for {name!r}{must}")
    numbers = [str(number) for number in _TO_TEN if not vocabulary.numbers.get(number)]
    if numbers:
        yield document.problem(("numbers",), f"no word for {', '.join(numbers)}")
    for name in Harmless.model_fields:
        if not getattr(vocabulary.harmless, name):
            yield document.problem(("harmless",), f"nothing under `{name}`")
    for name in ("declines", "tapbacks", "courtesies", "spoiling", "corrections", "months", "synonyms"):
        if not getattr(vocabulary, name):
            yield document.problem((), f"nothing under `{name}`")


def _twice(phrases: Sequence[WrittenPhrase]) -> Iterator[Problem]:
    first: dict[tuple[str, str, str], WrittenPhrase] = {}
    for phrase in phrases:
        before = first.setdefault((phrase.intent, phrase.key, phrase.written), phrase)
        if before is not phrase:
            where = f"{phrase.intent}.{phrase.key}"
            yield Problem(phrase.file, phrase.line, where, f"{phrase.written!r} is in line {before.line} already")
