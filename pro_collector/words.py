"""The words people read, one file a language: `templates/words/<lang>.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, Problem
from pro_collector.resources import TEMPLATES

REFERENCE = "en"
"""The language whose keys and gaps the others must have."""
TEAM = "team"
"""The section for the study team: a phrase that a language lacks here is read in the reference."""


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language by dotted key (`sms.help`).

    `in_reference` names the keys of phrases that are in the reference's language, for lack of a translation.
    """

    language: str
    phrases: Mapping[str, str]
    in_reference: frozenset[str] = frozenset()

    def say(self, key: str, /, **filled: object) -> str:
        """The phrase with its gaps filled. A key that does not exist is a KeyError."""
        return self.phrases[key].format(**filled)

    def section(self, name: str) -> "Words":
        """The phrases of one section, by their keys below it: `help` for `sms.help`."""
        below = {key.removeprefix(f"{name}."): said for key, said in self.phrases.items() if key.startswith(f"{name}.")}
        return Words(self.language, below)


@cache
def team(section: str, language: str = REFERENCE) -> Words:
    """What the study team reads of one kind (`task`, `history`); in English, until a setting names another language."""
    return load()[language].section(f"{TEAM}.{section}")


@cache
def load(folder: Path = TEMPLATES / "words") -> Mapping[str, Words]:
    """Every language by its code, sorted. Raises BadInput with every phrase that is missing, unknown or not like the
    reference's."""
    documents = {path.stem: parse_yaml(path.read_text("utf-8"), str(path)) for path in sorted(folder.glob("*.yaml"))}
    phrases = {language: dict(_phrases(document.data)) for language, document in documents.items()}
    expected = phrases[REFERENCE]
    if mistakes := [
        problem
        for language, document in documents.items()
        for problem in (*_malformed(document, phrases[language]), *_differences(document, phrases[language], expected))
    ]:
        raise BadInput(mistakes)
    return {language: _complete(language, said, expected) for language, said in phrases.items()}


def _complete(language: str, said: Mapping[str, str], expected: Mapping[str, str]) -> Words:
    return Words(language, {**expected, **said}, frozenset(expected.keys() - said.keys()))


def _phrases(data: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict | list):
        for name, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _phrases(value, f"{key}.{name}" if key else str(name))
    else:
        yield key, data


def _malformed(document: Document, phrases: Mapping[str, Any]) -> Iterator[Problem]:
    for key, phrase in phrases.items():
        if not isinstance(phrase, str):
            yield document.problem(_path(key), f"expected words, not {phrase!r}; put them in quotes")
        elif _gaps(phrase) is None:
            yield document.problem(_path(key), "a brace has no partner, or what is between two is no name of a gap")


def _differences(document: Document, here: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[Problem]:
    for key in sorted(expected.keys() - here.keys()):
        if not key.startswith(f"{TEAM}."):
            yield document.problem(_path(key), f"this phrase is missing; in {REFERENCE} it is {expected[key]!r}")
    for key in sorted(here.keys() - expected.keys()):
        yield document.problem(_path(key), unknown("phrase", key, expected))
    for key in sorted(here.keys() & expected.keys()):
        given, meant = _gaps(here[key]), _gaps(expected[key])
        if given is not None and meant is not None and given != meant:
            yield document.problem(_path(key), f"has the gaps {sorted(given)}; expected {sorted(meant)}")


def _gaps(phrase: Any) -> set[str] | None:
    """The names between braces; None where they cannot be filled."""
    try:
        parts = [(name, spec, how) for _, name, spec, how in Formatter().parse(str(phrase)) if name is not None]
    except ValueError:
        return None
    return {name for name, _, _ in parts} if all(n.isidentifier() and not s and not h for n, s, h in parts) else None


def _path(key: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in key.split(".")]
