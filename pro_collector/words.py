"""The texts that people read, from one file for each language: `templates/words/<lang>.yaml`; and a day in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, Problem
from pro_collector.resources import TEMPLATES

REFERENCE = "en"
"""The reference language: the others must have its keys and placeholders."""
TEAM = "team"
"""The section for the study team: a phrase that a language lacks here is taken from the reference."""


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language by dotted key (`sms.help`).

    `in_reference`: the keys of phrases that have no translation and are in the reference language.
    """

    language: str
    phrases: Mapping[str, str]
    in_reference: frozenset[str] = frozenset()

    def say(self, key: str, /, **filled: object) -> str:
        """The phrase with its placeholders filled. Raises KeyError for an unknown key."""
        return self.phrases[key].format(**filled)

    def section(self, name: str) -> "Words":
        """The phrases of one section, by their keys in it: `help` for `sms.help`."""
        start = f"{name}."
        return Words(
            self.language,
            {key.removeprefix(start): phrase for key, phrase in self.phrases.items() if key.startswith(start)},
        )


@cache
def team(section: str, language: str = REFERENCE) -> Words:
    """One section of the study team's texts (`task`, `history`), in English by default."""
    return load()[language].section(f"{TEAM}.{section}")


@cache
def load(folder: Path = TEMPLATES / "words") -> Mapping[str, Words]:
    """All languages by code, sorted.

    Raises BadInput with every phrase that is missing, unknown or has other placeholders than in the reference.
    """
    documents = {path.stem: parse_yaml(path.read_text("utf-8"), str(path)) for path in sorted(folder.glob("*.yaml"))}
    phrases = {language: dict(_phrases(document.data)) for language, document in documents.items()}
    expected = phrases[REFERENCE]
    if mistakes := [
        problem
        for language, document in documents.items()
        for problem in (*_malformed(document, phrases[language]), *_differences(document, phrases[language], expected))
    ]:
        raise BadInput(mistakes)
    return {language: _complete(language, translated, expected) for language, translated in phrases.items()}


def own_name(language: str) -> str:
    """What a language calls itself: "Español" of "es" and "es-MX". Without words in it: its code."""
    words = load().get(language) or load().get(language.split("-")[0])
    return words.say("form.name") if words else language


def left_to_right(number: str, *, rtl: bool) -> str:
    """A telephone number that is also shown right in a text that runs from right to left, where + would follow it."""
    return f"\u2066{number}\u2069" if rtl and number else number


def weekday_name(words: Words, when: date) -> str:
    """The name of the day of the week. `words`: the section `form`."""
    return words.say(f"weekdays.{when.weekday()}")


def date_in_words(words: Words, when: date) -> str:
    """A date in the format of this language, with the name of the month. `words`: the section `form`."""
    return words.say("date", day=when.day, month=words.say(f"months.{when.month - 1}"), year=when.year)


def day_as_said(words: Words, when: date, today: date) -> str:
    """A coming day as people say it: with its weekday, and with its year only if that is not this one.

    `words`: the section `form`.
    """
    weekday, month = weekday_name(words, when), words.say(f"months.{when.month - 1}")
    if when.year == today.year:
        return words.say("day", weekday=weekday, day=when.day, month=month)
    return words.say("day_next_year", weekday=weekday, day=when.day, month=month, year=when.year)


def _complete(language: str, translated: Mapping[str, str], expected: Mapping[str, str]) -> Words:
    return Words(language, {**expected, **translated}, frozenset(expected.keys() - translated.keys()))


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
        elif _placeholders(phrase) is None:
            yield document.problem(
                _path(key), "a brace is not matched, or there is no placeholder name between two braces"
            )


def _differences(document: Document, phrases: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[Problem]:
    for key in sorted(expected.keys() - phrases.keys()):
        if not key.startswith(f"{TEAM}."):
            yield document.problem(_path(key), f"this phrase is missing; in {REFERENCE} it is {expected[key]!r}")
    for key in sorted(phrases.keys() - expected.keys()):
        yield document.problem(_path(key), unknown("phrase", key, expected))
    for key in sorted(phrases.keys() & expected.keys()):
        actual, wanted = _placeholders(phrases[key]), _placeholders(expected[key])
        if actual is not None and wanted is not None and actual != wanted:
            yield document.problem(_path(key), f"has the placeholders {sorted(actual)}; expected {sorted(wanted)}")


def _placeholders(phrase: Any) -> set[str] | None:
    """The names of the placeholders in a phrase; None if they cannot be filled."""
    try:
        parts = [(name, spec, how) for _, name, spec, how in Formatter().parse(str(phrase)) if name is not None]
    except ValueError:
        return None
    return {name for name, _, _ in parts} if all(n.isidentifier() and not s and not h for n, s, h in parts) else None


def _path(key: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in key.split(".")]
