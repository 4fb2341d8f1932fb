"""A questionnaire as a patient meets it, line by line, and its scoring as a study team reads it."""

from collections.abc import Iterator

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Condition, Item
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.instrument.sms_text import segments, sms_question
from pro_collector.domain.instrument.text import ItemWording, Reporter
from pro_collector.domain.scoring.rules import below, needed


def show(
    instrument: Instrument, language: str | None = None, reporter: Reporter = "self", sms: bool = False
) -> Iterator[str]:
    """The questions in order with their choices (`sms`: as text messages), then the scales.

    Without a text in `language` the items are shown by their ids: structure and codes only.
    """
    text = instrument.texts.get(language or next(iter(instrument.texts), ""))
    yield f"{instrument.title} ({instrument.id} {instrument.version})"
    yield f"{len(instrument.items)} items, {_recall(instrument)}"
    yield f"{instrument.licence.holder}: {instrument.licence.terms}"
    if text is None or reporter not in text.reporters:
        yield f"no words here for this language and reporter; ask for them at {instrument.licence.contact}"
    elif text.introduction is not None and reporter in text.introduction:
        yield from ("", text.introduction[reporter])
    for number, item in enumerate(instrument.items, 1):
        wording = None if text is None else text.wording(item, reporter)
        yield ""
        yield from _question(number, item, wording, sms)
    yield ""
    yield "Scores"
    if instrument.scales:
        yield f"  as published by {instrument.source}"
    for scale in instrument.scales:
        yield f"  {scale.id}: {scale.title}: {rule(instrument, scale)}"
        yield from (f"      {line}" for line in meaning(scale))


def _recall(instrument: Instrument) -> str:
    recall = instrument.recall
    return {None: "no recall period", "now": "about now", "today": "about today"}.get(recall, f"recall {recall}")


def _question(number: int, item: Item, wording: ItemWording | None, sms: bool) -> Iterator[str]:
    asked = f"  [only if {_conditions(item)}]" if item.enable_when else ""
    if wording is None:
        yield f"{number}. {item.id}{asked}"
        yield f"   {item.allowed}"
        return
    if sms:
        message = sms_question(wording)
        size = segments(message)
        yield f"{number}. {item.id}{asked} ({size.units} {size.encoding} units, {size.count} SMS)"
        yield from (f"   | {line}" for line in message.split("\n"))
        return
    yield f"{number}. {wording.prompt}{asked}"
    if item.options:
        yield from (f"   {option.code}  {option.label}" for option in wording.options)
    elif item.span is not None:
        ends = [
            f"{value} {label}"
            for value, label in ((item.minimum, wording.minimum), (item.maximum, wording.maximum))
            if label
        ]
        yield f"   {item.minimum} to {item.maximum}" + (f" ({', '.join(ends)})" if ends else "")
    yield from (f"   -  {option.label}" for option in wording.opt_outs)


def _conditions(item: Item) -> str:
    joint = " and " if item.enable_behavior == "all" else " or "
    return joint.join(_condition(condition) for condition in item.enable_when)


def _condition(condition: Condition) -> str:
    if condition.operator == "exists":
        return f"{condition.item} has {'an' if condition.answer else 'no'} answer"
    return f"{condition.item} {condition.operator} {condition.answer}"


def rule(instrument: Instrument, scale: Scale) -> str:
    """How a score is made of its parts, in one line."""
    parts = " ".join(f"{part}*" if part in scale.reverse else part for part in scale.parts)
    told = [f"{scale.method} of {parts}"]
    if scale.reverse:
        told.append("* turned round")
    if scale.convert or scale.table:
        told.append(f"table {scale.convert or scale.table}")
    if scale.rescale is not None:
        (a, b), (c, d) = scale.rescale.source, scale.rescale.target
        told.append(f"{a}..{b} becomes {c}..{d}")
    if scale.round is not None:
        told.append(f"rounded to {scale.round.digits} decimals")
    least = f"at least {needed(scale)} of {len(scale.parts)}"
    if scale.items_missing is not None:
        of = len(below(instrument, scale))
        least += f" scores, and {scale.items_missing.needed(of)} of {of} items"
    told.append(least + (", prorated to all" if scale.missing.prorate else ""))
    return "; ".join([*told, scale.direction.replace("-", " ")] if scale.direction != "none" else told)


def meaning(scale: Scale) -> Iterator[str]:
    """What values are called, and how large a change matters."""
    if scale.bands:
        yield ", ".join(f"{band.code} from {band.minimum}" for band in scale.bands)
    for change in scale.changes:
        yield f"{change.points} points: {change.meaning} ({change.source})"
