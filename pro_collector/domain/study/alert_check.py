"""Mistakes in the alert rules of a study file: names that are not there, values that cannot occur, missing words."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pro_collector.domain.document import Path
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.advice_check import AdvisedInstrument, value_mistakes, wrong_gaps
from scheduler.anchors import ENROLMENT

Mistake = tuple[Path, str]


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names that a condition may use; `instruments` None if they are not known."""

    asked: Collection[str]
    assessments: Collection[str]
    events: Collection[str]
    instruments: Mapping[str, AdvisedInstrument] | None


def alert_mistakes(
    data: Mapping[str, Any], asked: Collection[str], instruments: Mapping[str, AdvisedInstrument] | None
) -> Iterator[Mistake]:
    """Each mistake in the section `alerts` of a study file, whose assessments ask the instruments `asked`."""
    section = data.get("alerts")
    if not isinstance(section, dict):
        return
    languages = data.get("languages")
    wanted = [each for each in languages if isinstance(each, str)] if isinstance(languages, list) else []
    known = KnownNames(asked, _keys(data, "assessments"), {ENROLMENT, *_keys(data, "timeline")}, instruments)
    yield from _words(("alerts", "told"), section.get("told"), wanted)
    rules = section.get("rules")
    for name, rule in rules.items() if isinstance(rules, dict) else ():
        if isinstance(rule, dict):
            path: Path = ("alerts", "rules", name)
            yield from _words((*path, "label"), rule.get("label"), wanted)
            yield from _advice((*path, "advice"), rule.get("advice"), wanted)
            yield from condition_mistakes((*path, "when"), rule.get("when"), known)
            yield from _only((*path, "only"), rule.get("only"), data)


def condition_mistakes(path: Path, when: object, known: KnownNames) -> Iterator[Mistake]:
    """Each mistake in a condition, as YAML has it, and in the conditions inside it."""
    if not isinstance(when, dict):
        return
    for key in ("all_of", "any_of"):
        inside = when.get(key)
        for index, part in enumerate(inside if isinstance(inside, list) else ()):
            yield from condition_mistakes((*path, key, index), part, known)
    yield from condition_mistakes((*path, "not"), when.get("not"), known)
    yield from _unknown((*path, "missed"), "assessment", when.get("missed"), known.assessments)
    yield from _unknown((*path, "event"), "event", when.get("event"), known.events)
    since = when.get("since")
    if isinstance(since, dict):
        yield from _unknown((*path, "since", "until"), "event", since.get("until"), known.events)
    for key in ("instrument", "answered"):
        yield from _instrument((*path, key), when, when.get(key), known)


def _instrument(path: Path, when: Mapping[str, Any], name: object, known: KnownNames) -> Iterator[Mistake]:
    if not isinstance(name, str):
        return
    if name not in known.asked:
        yield path, f"no assessment asks `{name}`{did_you_mean(name, known.asked)}"
    elif path[-1] == "instrument" and known.instruments is not None and name in known.instruments:
        yield from value_mistakes(path[:-1], when, known.instruments[name])


def _words(path: Path, texts: object, languages: Collection[str]) -> Iterator[Mistake]:
    if isinstance(texts, dict):
        for language in languages:
            if language not in texts:
                yield path, f"no text in `{language}`, which is a language of this study"
        for language, text in texts.items():
            yield from _unknown((*path, language), "language", language, languages)
            if isinstance(text, str) and not text.strip():
                yield (*path, language), "there are no words here"


def _advice(path: Path, texts: object, languages: Collection[str]) -> Iterator[Mistake]:
    yield from _words(path, texts, languages)
    for language, text in texts.items() if isinstance(texts, dict) else ():
        if isinstance(text, str) and text.strip() and (wrong := wrong_gaps(text)):
            yield (*path, language), wrong


def _only(path: Path, only: object, data: Mapping[str, Any]) -> Iterator[Mistake]:
    if isinstance(only, dict):
        for key in ("arms", "sites"):
            named = only.get(key)
            for index, name in enumerate(named if isinstance(named, list) else ()):
                yield from _unknown((*path, key, index), key[:-1], name, _keys(data, key))


def _unknown(path: Path, what: str, name: object, known: Collection[str]) -> Iterator[Mistake]:
    if isinstance(name, str) and name not in known:
        yield path, f"unknown {what} `{name}`{did_you_mean(name, known)}"


def _keys(data: Mapping[str, Any], section: str) -> set[str]:
    found = data.get(section)
    return {str(key) for key in found} if isinstance(found, dict) else set()
