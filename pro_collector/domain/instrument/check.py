"""Mistakes in an instrument that show only when its parts are compared: names, order, tables, texts."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from pro_collector.domain.document import Path
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import AnyCondition, Condition, Item
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.instrument.text import InstrumentText, OptionText
from pro_collector.domain.near import unknown

Mistake = tuple[Path, str]


def mistakes(instrument: Instrument) -> Iterator[Mistake]:
    """Every mistake in `instrument`, with its path in the file."""
    yield from _twice("items", [item.id for item in instrument.items])
    yield from _twice("scales", [scale.id for scale in instrument.scales])
    yield from _conditions(instrument)
    earlier: dict[str, Scale] = {}
    for index, scale in enumerate(instrument.scales):
        yield from (((("scales", index, *path), message)) for path, message in _scale(instrument, scale, earlier))
        earlier[scale.id] = scale
    for index, flag in enumerate(instrument.flags):
        if instrument.item(flag.item) is None:
            yield ("flags", index, "item"), unknown("item", flag.item, [item.id for item in instrument.items])


def _twice(section: str, ids: list[str]) -> Iterator[Mistake]:
    for index, name in enumerate(ids):
        if name in ids[:index]:
            yield (section, index, "id"), f"the id {name!r} is used twice"


def _conditions(instrument: Instrument) -> Iterator[Mistake]:
    earlier: dict[str, Item] = {}
    for index, item in enumerate(instrument.items):
        for path, condition in _each_condition(item):
            where: Path = ("items", index, "enable_when", *path)
            asked = earlier.get(condition.item)
            if asked is None:
                yield (*where, "item"), f"{unknown('earlier item', condition.item, earlier)} (only earlier items count)"
            elif condition.operator in ("=", "!=") and asked.options and asked.option(condition.answer) is None:
                yield (*where, "answer"), f"item {asked.id} takes {asked.allowed}"
        earlier[item.id] = item


def _each_condition(item: Item) -> Iterator[tuple[Path, Condition]]:
    for position, part in enumerate(item.enable_when):
        if isinstance(part, AnyCondition):
            yield from (((position, "any_of", place), condition) for place, condition in enumerate(part.any_of))
        else:
            yield (position,), part


def _scale(instrument: Instrument, scale: Scale, earlier: Mapping[str, Scale]) -> Iterator[Mistake]:
    yield from _parts(instrument, scale, earlier)
    for position, part in enumerate(scale.reverse):
        if part not in scale.parts:
            yield ("reverse", position), unknown(f"part of {scale.id}", part, scale.parts)
        elif scale.scales and part in earlier and earlier[part].range is None:
            yield ("reverse", position), f"scale {part} has no `range` to reverse within"
    for part in set(scale.coefficients) ^ set(scale.parts) if scale.coefficients else ():
        yield ("coefficients",), f"every part has one coefficient, and nothing else has: look at {part!r}"
    yield from _cases(instrument, scale)
    for key, name in (("table", scale.table), ("convert", scale.convert)):
        if name is not None and name not in instrument.tables:
            yield (key,), unknown("table", name, instrument.tables)
    if scale.table in instrument.tables and scale.method == "pattern":
        yield from (((key,), message) for key, message in parameter_mistakes(instrument, scale))
    elif scale.table in instrument.tables and not instrument.tables[scale.table].imported:
        yield from _incomplete_table(instrument, scale)


def _parts(instrument: Instrument, scale: Scale, earlier: Mapping[str, Scale]) -> Iterator[Mistake]:
    items = {item.id: item for item in instrument.items}
    known: Mapping[str, Any] = items if scale.items else earlier
    section, what = ("items", "item") if scale.items else ("scales", "earlier scale")
    for position, part in enumerate(scale.parts):
        if part not in known:
            yield (section, position), unknown(what, part, known)
        elif scale.items and items[part].span is None and (items[part].kind != "decimal" or part in scale.reverse):
            yield (section, position), f"item {part} has no numbers to score"
        elif scale.method == "digits" and not (scale.items and _is_one_digit(items[part])):
            yield (section, position), f"{part} does not have one digit for each answer, which a profile is made of"
    if (scale.missing.minimum or 0) > len(scale.parts):
        yield ("missing", "minimum"), f"{scale.id} has only {len(scale.parts)} parts"
    if scale.items_missing is not None and scale.items:
        yield ("items_missing",), "this is for a scale of scales; use `missing`"


def _cases(instrument: Instrument, scale: Scale) -> Iterator[Mistake]:
    items = [item.id for item in instrument.items]
    for index, case in enumerate(scale.cases):
        for position, part in enumerate(case.items):
            if part not in scale.items:
                yield ("cases", index, "items", position), unknown(f"item of {scale.id}", part, scale.items)
        for position, condition in enumerate(case.when):
            if condition.item not in items:
                yield ("cases", index, "when", position, "item"), unknown("item", condition.item, items)


def _is_one_digit(item: Item) -> bool:
    return bool(item.options) and all(option.value in range(10) for option in item.options)


def parameter_mistakes(instrument: Instrument, scale: Scale) -> Iterator[tuple[str, str]]:
    """What keeps the parameters of a scale from its items: an item without, or with another number of choices.

    A table that is still to be imported has no parameters, and no mistakes.
    """
    table = instrument.tables[scale.table or ""]
    for name in scale.items:
        item, known = instrument.item(name), table.parameters.get(name)
        low, high = (item and item.span) or (0, 0)
        if item is None or set(item.counts.values()) - {None} != set(range(int(low), int(high) + 1)):
            yield "items", f"item {name} does not have whole numbers in a row, which `method: pattern` counts"
        elif known is None and table.parameters:
            yield "table", f"table {scale.table!r} has no parameters for item {name}"
        elif known is not None and len(known) != high - low + 1:
            yield "table", f"item {name} needs a slope and {int(high - low)} thresholds in table {scale.table!r}"


def _incomplete_table(instrument: Instrument, scale: Scale) -> Iterator[Mistake]:
    """The first missing row: a table that is part of the file needs a row for every combination of answers."""
    items = [instrument.item(part) for part in scale.items]
    codes = [[int(option.value or 0) for option in item.options] for item in items if item is not None]
    rows = instrument.tables[scale.table or ""].entries(len(codes))
    for combination in product(*codes):
        if combination not in rows:
            yield ("table",), f"table {scale.table!r} has no entry for {combination}"
            return


def text_mistakes(instrument: Instrument, text: InstrumentText) -> Iterator[Mistake]:
    """Texts for an instrument, item, option or reporter that does not exist."""
    if text.instrument != instrument.id:
        yield ("instrument",), f"this text is for {text.instrument!r}, not for {instrument.id!r}"
    for position, reporter in enumerate(text.reporters):
        if reporter not in instrument.reporters:
            yield ("reporters", position), f"{instrument.id} is not for the reporter {reporter!r}"
    for name, words in text.items.items():
        item = instrument.item(name)
        if item is None:
            yield ("items", name), unknown("item", name, [item.id for item in instrument.items])
        else:
            yield from _option_mistakes(item, words.options, ("items", name, "options"))
    sets = {item.option_set: item for item in instrument.items if item.option_set}
    for name, options in text.option_sets.items():
        if name in sets:
            yield from _option_mistakes(sets[name], options, ("option_sets", name))
        else:
            yield ("option_sets", name), unknown("option set", name, [str(known) for known in sets])


def _option_mistakes(item: Item, options: Mapping[Any, OptionText], path: Path) -> Iterator[Mistake]:
    for code in options:
        known = _within(item, code) if item.kind == "integer" else item.option(code) is not None
        if not known:
            yield (*path, code), f"item {item.id} takes {item.allowed}"


def _within(item: Item, code: object) -> bool:
    span = item.span
    return isinstance(code, int) and span is not None and span[0] <= code <= span[1]
