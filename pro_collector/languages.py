"""Loads the languages under `schemas/languages/`, once in each process."""

from collections.abc import Mapping
from functools import cache, lru_cache

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.near import nearest
from pro_collector.domain.reply.language import AskingWords, Language, Vocabulary, parse_language, select_language
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


@cache
def _vocabularies() -> tuple[Vocabulary, ...]:
    files = sorted((SCHEMAS / "languages").glob("*.yaml"))
    return tuple(parse_language(parse_yaml(file.read_text(encoding="utf-8"), file.name)) for file in files)
