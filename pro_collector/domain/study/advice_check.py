"""Mistakes in the advice of a study file: missing languages, unknown items and scales, values that cannot occur."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from string import Formatter
from typing import Any, Protocol

from pro_collector.domain.document import Path
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.advice import GAPS

Mistake = tuple[Path, str]


class OptionFacts(Protocol):
    """One choice of an item."""

    @property
    def code(self) -> int | str: ...


class ItemFacts(Protocol):
    """The answers that an item allows."""

    @property
    def options(self) -> Sequence[OptionFacts]: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...


class ScaleFacts(Protocol):
    """The values that a score can have."""

    @property
    def range(self) -> tuple[float, float] | None: ...


class AdvisedInstrument(Protocol):
    """What a check of advice needs to know of an instrument."""

    def item(self, item_id: str) -> ItemFacts | None: ...
    def scale(self, scale_id: str) -> ScaleFacts | None: ...


def advice_mistakes(
    data: Mapping[str, Any], asked: Collection[str], instruments: Mapping[str, AdvisedInstrument] | None
) -> Iterator[Mistake]:
    """Each mistake in the section `advice` of a study file, whose assessments ask the instruments `asked`."""
    section = data.get("advice")
    languages = data.get("languages")
    for index, rule in enumerate(section if isinstance(section, list) else ()):
        if isinstance(rule, dict):
            path: Path = ("advice", index)
            yield from _words((*path, "text"), rule.get("text"), languages if isinstance(languages, list) else [])
            name = rule.get("instrument")
            if isinstance(name, str) and name not in asked:
                yield (*path, "instrument"), f"no assessment asks `{name}`{did_you_mean(name, asked)}"
            elif instruments is not None and isinstance(name, str) and name in instruments:
                yield from value_mistakes(path, rule, instruments[name])


def _words(path: Path, texts: object, languages: Sequence[object]) -> Iterator[Mistake]:
    if not isinstance(texts, dict):
        return
    for language in languages:
        if language not in texts:
            yield path, f"no text in `{language}`, which is a language of this study"
    for language, text in texts.items():
        if language not in languages:
            near = did_you_mean(str(language), [str(each) for each in languages])
            yield (*path, language), f"unknown language `{language}`{near}"
        if isinstance(text, str) and (wrong := wrong_gaps(text)):
            yield (*path, language), wrong


def wrong_gaps(text: str) -> str:
    """What is wrong with the gaps of a text for patients; empty if nothing is."""
    if not text.strip():
        return "there are no words here"
    try:
        found = [(name, spec, how) for _, name, spec, how in Formatter().parse(text) if name is not None]
    except ValueError:
        found = [("", "", "")]
    if all(name in GAPS and not spec and not how for name, spec, how in found):
        return ""
    return f"the gaps of a text are {', '.join('{' + gap + '}' for gap in GAPS)}"


def value_mistakes(path: Path, rule: Mapping[str, Any], facts: AdvisedInstrument) -> Iterator[Mistake]:
    """Items, scales and values of a rule that the instrument does not have."""
    for kind, known in (("item", facts.item), ("scale", facts.scale)):
        name = rule.get(kind)
        if isinstance(name, str) and known(name) is None:
            yield (*path, kind), f"`{rule.get('instrument')}` has no {kind} `{name}`"
    item, scale = facts.item(str(rule.get("item"))), facts.scale(str(rule.get("scale")))
    bounds = scale.range if scale else _bounds(item) if item else None
    for key in ("at_least", "at_most"):
        value = rule.get(key)
        if bounds and isinstance(value, int | float) and not bounds[0] <= value <= bounds[1]:
            yield (*path, key), f"{value:g} is outside of what it can be: {bounds[0]:g} to {bounds[1]:g}"
        elif item and bounds is None and value is not None:
            yield (*path, key), f"the answers to `{rule.get('item')}` are no numbers: use `codes`"
    for key in ("rises_by", "falls_by"):
        value = rule.get(key)
        if bounds and isinstance(value, int | float) and value > bounds[1] - bounds[0]:
            yield (*path, key), f"no value changes by {value:g}: it can be {bounds[0]:g} to {bounds[1]:g}"
    codes = rule.get("codes")
    for index, code in enumerate(codes if isinstance(codes, list) else ()):
        if item and not _allows(item, code):
            yield (*path, "codes", index), f"`{code}` is no answer to `{rule.get('item')}`"


def _bounds(item: ItemFacts) -> tuple[float, float] | None:
    numbers = [option.code for option in item.options if isinstance(option.code, int)]
    if numbers:
        return min(numbers), max(numbers)
    if item.minimum is None or item.maximum is None:
        return None
    return item.minimum, item.maximum


def _allows(item: ItemFacts, code: object) -> bool:
    if item.options:
        return any(type(option.code) is type(code) and option.code == code for option in item.options)
    bounds = _bounds(item)
    return bounds is not None and isinstance(code, int) and bounds[0] <= code <= bounds[1]
