"""A questionnaire line by line as a patient sees it, and its scoring for the study team."""

from collections.abc import Iterator

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Condition, Item
from pro_collector.domain.instrument.scale import Scale, ScoringCase
from pro_collector.domain.instrument.sms_text import segments, sms_question
from pro_collector.domain.instrument.text import ItemWording, Reporter
from pro_collector.words import team


def show(
    instrument: Instrument, language: str | None = None, reporter: Reporter = "self", sms: bool = False
) -> Iterator[str]:
    """The questions in order with their choices (`sms`: as text messages), then the scales.

    Without a text in `language`, only ids and codes of the items are shown.
    """
    text = instrument.texts.get(language or next(iter(instrument.texts), ""))
    yield f"{instrument.title} ({instrument.id} {instrument.version})"
    yield _say("items", count=len(instrument.items), recall=_recall(instrument))
    yield f"{instrument.licence.holder}: {instrument.licence.terms}"
    if text is None or reporter not in text.reporters:
        yield _say("no_words", contact=instrument.licence.contact)
    elif text.introduction is not None and reporter in text.introduction:
        yield from ("", text.introduction[reporter])
    for number, item in enumerate(instrument.items, 1):
        wording = None if text is None else text.wording(item, reporter)
        yield ""
        yield from _question(number, item, wording, sms)
    yield ""
    yield _say("scores")
    if instrument.scales:
        yield f"  {_say('published', source=instrument.source)}"
    for scale in instrument.scales:
        yield f"  {scale.id}: {scale.title}: {rule(instrument, scale)}"
        yield from (f"      {line}" for line in meaning(scale))


def _recall(instrument: Instrument) -> str:
    recall = instrument.recall
    kind = "none" if recall is None else recall if recall in ("now", "today") else "other"
    return _say(f"recall.{kind}", recall=recall)


def _question(number: int, item: Item, wording: ItemWording | None, sms: bool) -> Iterator[str]:
    asked = f"  [{_say('only_if', conditions=conditions(item))}]" if item.enable_when else ""
    if wording is None:
        yield f"{number}. {item.id}{asked}"
        yield f"   {item.allowed}"
        return
    if sms:
        message = sms_question(wording)
        size = segments(message)
        shown = _say("size", units=size.units, encoding=size.encoding, count=size.count)
        yield f"{number}. {item.id}{asked} ({shown})"
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
        span = _say("range", minimum=item.minimum, maximum=item.maximum)
        yield f"   {span}" + (f" ({', '.join(ends)})" if ends else "")
    yield from (f"   -  {option.label}" for option in wording.opt_outs)


def conditions(item: Item) -> str:
    """When an item is asked, in one line."""
    clauses = [f" {_say('or')} ".join(_condition(condition) for condition in clause) for clause in item.clauses]
    several = [f"({said})" if len(clause) > 1 else said for said, clause in zip(clauses, item.clauses, strict=True)]
    return f" {_say('and')} ".join(several if len(clauses) > 1 else clauses)


def _condition(condition: Condition) -> str:
    if condition.operator == "exists":
        return _say("has_answer" if condition.answer else "has_no_answer", item=condition.item)
    return f"{condition.item} {condition.operator} {condition.answer}"


def rule(instrument: Instrument, scale: Scale) -> str:
    """How a score is computed from its parts, in one line."""
    parts = " ".join(f"{part}*" if part in scale.reverse else part for part in scale.parts)
    clauses = [_say("rule", method=scale.method, parts=parts)]
    if scale.reverse:
        clauses.append(_say("turned"))
    if scale.convert or scale.table:
        clauses.append(_say("table", name=scale.convert or scale.table))
    if scale.rescale is not None:
        (a, b), (c, d) = scale.rescale.source, scale.rescale.target
        clauses.append(_say("rescaled", source=f"{a}..{b}", target=f"{c}..{d}"))
    if scale.round is not None:
        clauses.append(_say("rounded", digits=scale.round.digits))
    clauses.append(_least(instrument, scale))
    clauses += [_case(case) for case in scale.cases]
    return "; ".join([*clauses, _say(f"direction.{scale.direction}")] if scale.direction != "none" else clauses)


def _case(case: ScoringCase) -> str:
    """When a score is made of fewer items, and of which."""
    conditions = f" {_say('and')} ".join(_condition(condition) for condition in case.when)
    return _say("case", conditions=conditions, parts=" ".join(case.items))


def _least(instrument: Instrument, scale: Scale) -> str:
    """How many items or scores must be answered for a score."""
    least = _say("least", least=scale.needed, of=len(scale.parts))
    if scale.items_missing is not None:
        of = len(instrument.items_below[scale.id])
        least = _say("and_items", least=least, items=scale.items_missing.needed(of), of=of)
    return _say("prorated", least=least) if scale.missing.prorate else least


def meaning(scale: Scale) -> Iterator[str]:
    """The names of ranges of values, and how large a change is meaningful."""
    if scale.bands:
        yield ", ".join(_say("band", code=band.code, minimum=band.minimum) for band in scale.bands)
    for change in scale.changes:
        yield _say("change", points=change.points, meaning=change.meaning, source=change.source)


def _say(key: str, /, **filled: object) -> str:
    return team("instrument").say(key, **filled)
