"""The words around the questions, in each language that has a file of them: `templates/patient/text.<lang>.yaml`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.instrument.check import unknown
from pro_collector.errors import BadInput, Problem
from pro_collector.resources import TEMPLATES

REFERENCE = "en"
"""The language whose keys the others must have, and that serves where no other is known."""

_FILE = re.compile(r"text\.(?P<language>[A-Za-z-]+)\.yaml")
_GAP = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its code, and its phrases by dotted key (`question.next`)."""

    language: str
    phrases: Mapping[str, str]

    def say(self, key: str, **filled: object) -> str:
        """The phrase with its gaps filled. A key that does not exist is a KeyError."""
        return self.phrases[key].format(**filled)

    def day(self, when: date) -> str:
        """A date as people of this language write it, with the name of the month."""
        return self.say("date", day=when.day, month=self.phrases[f"months.{when.month - 1}"], year=when.year)


@cache
def load_words(folder: Path = TEMPLATES / "patient") -> Mapping[str, Words]:
    """Every language, by its code. Raises BadInput where one has other keys than the reference, or other gaps."""
    found = {match["language"]: path for path in sorted(folder.iterdir()) if (match := _FILE.fullmatch(path.name))}
    documents = {language: parse_yaml(path.read_text("utf-8"), str(path)) for language, path in found.items()}
    phrases = {language: dict(_phrases(document.data)) for language, document in documents.items()}
    if mistakes := [
        problem
        for language, document in documents.items()
        for problem in _differences(document, phrases[language], phrases[REFERENCE])
    ]:
        raise BadInput(mistakes)
    return {language: Words(language, said) for language, said in phrases.items()}


def _phrases(data: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, dict | list):
        for name, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _phrases(value, f"{key}.{name}" if key else str(name))
    else:
        yield key, str(data)


def _differences(document: Document, here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[Problem]:
    for key in there.keys() - here.keys():
        yield document.problem(_path(key), f"this phrase is missing; in {REFERENCE} it is {there[key]!r}")
    for key in here.keys() - there.keys():
        yield document.problem(_path(key), unknown("phrase", key, there))
    for key in here.keys() & there.keys():
        expected, given = set(_GAP.findall(there[key])), set(_GAP.findall(here[key]))
        if expected != given:
            yield document.problem(_path(key), f"has the gaps {sorted(given)}; expected {sorted(expected)}")


def _path(key: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in key.split(".")]
