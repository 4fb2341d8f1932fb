"""Loads the languages under `schemas/languages/`, once in each process."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.near import nearest
from pro_collector.domain.reply.language import AskingWords, Language, Vocabulary, parse_language, select_language
from pro_collector.domain.reply.written_phrases import WrittenPhrase, written_phrases
from pro_collector.errors import NotFound
from pro_collector.resources import SCHEMAS


@cache
def available() -> tuple[str, ...]:
    """The codes of all languages in which replies are understood, sorted: ("en", "es", "fr")."""
    return tuple(vocabulary.language for vocabulary in _vocabularies())


def language(code: str) -> Language:
    """The language of a BCP 47 tag; "es", "es-MX" and "es_MX" give the same object.

    Raises NotFound, which names the available languages.
    """
    known = _language(code.replace("_", "-").split("-")[0].lower())
    if known is None:
        near = nearest(code.lower(), available())
        hint = f" Did you mean {near!r}?" if near else ""
        raise NotFound(f"language {code!r} is not one of {', '.join(available())}.{hint}")
    return known


@cache
def asking() -> Mapping[str, AskingWords]:
    """The words that questions are asked with, by language."""
    return {vocabulary.language: vocabulary.asking for vocabulary in _vocabularies()}


@lru_cache(maxsize=256)
def _language(code: str) -> Language | None:
    return select_language(code, _vocabularies())


def language_with(vocabulary: Vocabulary) -> Language:
    """A language from a file that need not be among the shipped ones; it takes the place of one with the same code."""
    return Language(
        vocabulary, (vocabulary, *(each for each in _vocabularies() if each.language != vocabulary.language))
    )


def phrases_of(languages: Language, own: Document | None = None) -> tuple[WrittenPhrase, ...]:
    """The phrases of every file of a language, with their lines; `own`: the file of `language_with`."""
    documents = {file.stem: _document(file) for file in _files()}
    if own is not None:
        documents[languages.code] = own
    return tuple(phrase for each in languages.all for phrase in written_phrases(documents[each.language]))


@cache
def _vocabularies() -> tuple[Vocabulary, ...]:
    return tuple(parse_language(_document(file)) for file in _files())


def _document(file: Path) -> Document:
    return parse_yaml(file.read_text(encoding="utf-8"), file.name)


def _files() -> list[Path]:
    return sorted((SCHEMAS / "languages").glob("*.yaml"))
