"""The words of an imported questionnaire put to an instrument that is already known, by item and by choice."""

from collections.abc import Mapping

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Code, Item
from pro_collector.domain.instrument.text import InstrumentText, ItemText, OptionText
from pro_collector.errors import BadInput, Problem


def adopt(known: Instrument, brought: Instrument, file: str, by_order: bool = False) -> tuple[InstrumentText, ...]:
    """The texts of `brought` as texts of `known`: same structure and scoring, their words.

    Items belong together when they have the same id or share a published code; with `by_order`, also when both have as
    many items, in their order. Choices belong together by code, by published code, or, with `by_order`, in their order.
    Raises BadInput when an item or choice of the words has no counterpart.
    """
    pairs = _pairs(known, brought, by_order)
    found: list[Problem] = []
    texts = []
    for text in brought.texts.values():
        items: dict[str, ItemText] = {}
        for name, words in text.items.items():
            target, source = pairs.get(name), brought.item(name)
            if target is None or source is None:
                found.append(
                    Problem(file, None, name, f"{known.id} has no item like this; its items are {_ids(known)}")
                )
                continue
            items[target.id] = _words(target, source, text, words, file, found, by_order)
        ordered = {item.id: items[item.id] for item in known.items if item.id in items}
        texts.append(text.model_copy(update={"instrument": known.id, "items": ordered, "option_sets": {}}))
    if found:
        if not pairs and len(known.items) == len(brought.items):
            message = f"as many items as {known.id}: when they stand in its order, --by-order takes them by position"
            found.append(Problem(file, None, "", message))
        raise BadInput(found)
    return tuple(texts)


def without_scores(known: Instrument, brought: Instrument) -> tuple[Instrument, tuple[str, ...]]:
    """`brought` without the items that stand for a score of `known` by its published code, and their ids.

    Forms often have a field for the total among the questions.
    """
    scored = {(code.system, code.code) for scale in known.scales for code in scale.codes}
    totals = {item.id for item in brought.items if any((code.system, code.code) in scored for code in item.codes)}
    if not totals or len(totals) == len(brought.items):
        return brought, ()
    kept = brought.with_items(item for item in brought.items if item.id not in totals)
    texts = [
        text.model_copy(update={"items": {name: words for name, words in text.items.items() if name not in totals}})
        for text in brought.texts.values()
    ]
    return kept.with_texts(*texts), tuple(item.id for item in brought.items if item.id in totals)


def _ids(known: Instrument) -> str:
    ids = [item.id for item in known.items]
    return " ".join(ids[:10]) + (" ..." if len(ids) > 10 else "")


def _pairs(known: Instrument, brought: Instrument, by_order: bool) -> dict[str, Item]:
    """The item of `known` for each item of `brought` that has one."""
    if by_order and len(known.items) == len(brought.items):
        return {source.id: target for source, target in zip(brought.items, known.items, strict=True)}
    coded = {(code.system, code.code): item for item in known.items for code in item.codes}
    pairs = {}
    for source in brought.items:
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
    found: list[Problem],
    by_order: bool,
) -> ItemText:
    said: Mapping[Code, OptionText] = {**text.option_sets.get(source.option_set or "", {}), **words.options}
    codes = _codes(target, source, by_order)
    options: dict[Code, OptionText] = {}
    for code, option in said.items():
        if source.options and code not in codes:
            message = f"the choice {code!r} is none of those of {target.id}: it takes {target.allowed}"
            found.append(Problem(file, None, source.id, message))
        else:
            options[codes.get(code, code)] = option
    return words.model_copy(update={"options": options})


def _codes(target: Item, source: Item, by_order: bool) -> dict[Code, Code]:
    """The code in `target` for each code of `source` that has one."""
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
