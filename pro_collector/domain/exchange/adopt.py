"""Uses the texts of an imported questionnaire for a known instrument, matched by item and by choice."""

from collections.abc import Mapping

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Code, Item
from pro_collector.domain.instrument.text import InstrumentText, ItemText, OptionText
from pro_collector.errors import BadInput, Problem


def adopt(known: Instrument, imported: Instrument, file: str, by_order: bool = False) -> tuple[InstrumentText, ...]:
    """The texts of `imported` as texts of `known`; structure and scoring stay those of `known`.

    Items match by id or by a shared published code; with `by_order`, by position, if both have the same number of
    items. Choices match by code, by published code, or, with `by_order`, by position. Raises BadInput if an item or a
    choice of the texts has no match.
    """
    pairs = _pairs(known, imported, by_order)
    problems: list[Problem] = []
    texts = []
    for text in imported.texts.values():
        items: dict[str, ItemText] = {}
        for name, words in text.items.items():
            target, source = pairs.get(name), imported.item(name)
            if target is None or source is None:
                problems.append(
                    Problem(file, None, name, f"{known.id} has no item like this; its items are {_ids(known)}")
                )
                continue
            items[target.id] = _words(target, source, text, words, file, problems, by_order)
        ordered = {item.id: items[item.id] for item in known.items if item.id in items}
        texts.append(text.model_copy(update={"instrument": known.id, "items": ordered, "option_sets": {}}))
    if problems:
        if not pairs and len(known.items) == len(imported.items):
            message = f"as many items as {known.id}: when they stand in its order, --by-order takes them by position"
            problems.append(Problem(file, None, "", message))
        raise BadInput(problems)
    return tuple(texts)


def without_scores(known: Instrument, imported: Instrument) -> tuple[Instrument, tuple[str, ...]]:
    """`imported` without the items whose published code is that of a score of `known`, and the ids of those items.

    Forms often have a field for the total score among the questions.
    """
    scored = {(code.system, code.code) for scale in known.scales for code in scale.codes}
    totals = {item.id for item in imported.items if any((code.system, code.code) in scored for code in item.codes)}
    if not totals or len(totals) == len(imported.items):
        return imported, ()
    kept = imported.with_items(item for item in imported.items if item.id not in totals)
    texts = [
        text.model_copy(update={"items": {name: words for name, words in text.items.items() if name not in totals}})
        for text in imported.texts.values()
    ]
    return kept.with_texts(*texts), tuple(item.id for item in imported.items if item.id in totals)


def _ids(known: Instrument) -> str:
    ids = [item.id for item in known.items]
    return " ".join(ids[:10]) + (" ..." if len(ids) > 10 else "")


def _pairs(known: Instrument, imported: Instrument, by_order: bool) -> dict[str, Item]:
    """The matching item of `known` for each item of `imported` that has one, by the id of the latter."""
    if by_order and len(known.items) == len(imported.items):
        return {source.id: target for source, target in zip(imported.items, known.items, strict=True)}
    coded = {(code.system, code.code): item for item in known.items for code in item.codes}
    pairs = {}
    for source in imported.items:
        shared = [coded[code.system, code.code] for code in source.codes if (code.system, code.code) in coded]
        target = known.item(source.id) or next(iter(shared), None)
        if target is not None:
            pairs[source.id] = target
    return pairs


def _words(
    target: Item,
    source: Item,
    text: InstrumentText,
    words: ItemText,
    file: str,
    problems: list[Problem],
    by_order: bool,
) -> ItemText:
    given: Mapping[Code, OptionText] = {**text.option_sets.get(source.option_set or "", {}), **words.options}
    codes = _codes(target, source, by_order)
    options: dict[Code, OptionText] = {}
    for code, option in given.items():
        if source.options and code not in codes:
            message = f"the choice {code!r} is none of those of {target.id}: it takes {target.allowed}"
            problems.append(Problem(file, None, source.id, message))
        else:
            options[codes.get(code, code)] = option
    return words.model_copy(update={"options": options})


def _codes(target: Item, source: Item, by_order: bool) -> dict[Code, Code]:
    """The matching code of `target` for each code of `source` that has one."""
    if by_order and len(target.options) == len(source.options):
        return {given.code: own.code for given, own in zip(source.options, target.options, strict=True)}
    coded = {(code.system, code.code): option.code for option in target.options for code in option.codes}
    codes: dict[Code, Code] = {}
    for option in source.options:
        shared = [coded[code.system, code.code] for code in option.codes if (code.system, code.code) in coded]
        own = target.option(option.code)
        if shared or own is not None:
            codes[option.code] = shared[0] if shared else option.code
    return codes
