"""Explains a score: its items (used, reversed or missing), its rule, and every step of the arithmetic."""

from collections.abc import Iterator, Sequence

from pro_collector.domain.instrument.answers import Absent, Answer, Answers
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.near import unknown
from pro_collector.domain.scoring.rounding import rounded
from pro_collector.domain.scoring.rules import by_pattern, combined, in_case, part_values, read, span
from pro_collector.domain.scoring.scale_score import ScaleScore
from pro_collector.domain.scoring.score import NO_IMPUTATION, item_values, score
from pro_collector.errors import NotFound
from pro_collector.words import team


def explain(
    instrument: Instrument, answers: Answers, scale_id: str, imputation: str = NO_IMPUTATION
) -> tuple[str, ...]:
    """How the score of one scale follows from `answers`, as lines of text; the scales that it uses come first.

    Raises NotFound for an unknown scale or policy, ValueError for an answer that is not allowed.
    """
    declared = instrument.scale(scale_id)
    if declared is None:
        raise NotFound(unknown("scale", scale_id, [known.id for known in instrument.scales]))
    scale = in_case(declared, answers)
    results = score(instrument, answers, imputation)
    lines: list[str] = []
    for part in scale.scales:
        lines += [*explain(instrument, answers, part, imputation), ""]
    heading = _say("heading", scale=scale.id, title=scale.title, instrument=instrument.id, version=instrument.version)
    body = [*_parts(instrument, scale, answers, results), *_rule(instrument, scale, answers, results)]
    body += _arithmetic(instrument, scale, answers, results, imputation)
    return (*lines, heading, *(f"  {line}" for line in body))


def _parts(instrument: Instrument, scale: Scale, answers: Answers, results: dict[str, ScaleScore]) -> Iterator[str]:
    width = max(len(part) for part in scale.parts)
    for part in scale.parts:
        item = instrument.item(part) if scale.items else None
        if item is not None:
            yield f"{part:{width}}  {_answer(item, answers.get(part), part in scale.reverse)}"
        else:
            value, turn = results[part].value, sum(span(instrument, scale, part))
            shown = _say("no_score") if value is None else number(value)
            if value is not None and part in scale.reverse:
                shown = _say("turned", value=shown, sum=f"{number(turn)} - {shown}", turned=number(turn - value))
            yield f"{part:{width}}  {shown}"


def _answer(item: Item, answer: Answer, reverse: bool) -> str:
    if answer is None or isinstance(answer, Absent):
        return _say("missing") if answer is None else _say("missing_because", reason=answer)
    plain = read(item, answer)
    if plain is None:
        return _say("no_value", answer=answer)
    shown = str(answer)
    if plain != answer:
        shown = _say("recoded", answer=shown, value=number(plain))
    if reverse:
        low, high = item.span or (0, 0)
        terms = f"{number(low)} + {number(high)} - {number(plain)}"
        shown = _say("turned", value=shown, sum=terms, turned=number(low + high - plain))
    return shown


def _rule(instrument: Instrument, scale: Scale, answers: Answers, results: dict[str, ScaleScore]) -> Iterator[str]:
    result, least = results[scale.id], scale.needed
    if scale.items:
        values = item_values(instrument, answers)
        answered = sum(values[item] is not None for item in scale.items)
        yield _say("answered", answered=answered, of=len(scale.items), least=least)
        return
    scored = sum(results[part].value is not None for part in scale.scales)
    yield _say("scores", scored=scored, of=len(scale.scales), least=least)
    if scale.items_missing is not None:
        least = scale.items_missing.needed(len(instrument.items_below[scale.id]))
        yield _say("answered_items", answered=result.answered, of=result.of, least=least)


def _arithmetic(
    instrument: Instrument, scale: Scale, answers: Answers, results: dict[str, ScaleScore], imputation: str
) -> Iterator[str]:
    result = results[scale.id]
    known = part_values(instrument, scale, item_values(instrument, answers), results)
    values = [value for value in known if value is not None]
    policy = instrument.imputations.get(imputation)
    if scale.method == "table" and policy is not None and len(values) < len(known) and known[0] == policy.when_first:
        yield _say("policy", policy=imputation, first=policy.when_first, rest=policy.rest)
        values = [float(policy.rest) if value is None else value for value in known]
    looked_up = scale.method == "table" or scale.convert is not None
    if scale.method == "pattern":
        yield from _pattern(instrument, scale, known)
    elif result.value is not None or (looked_up and len(values) >= scale.needed):
        yield from _combined(scale, values)
        yield from _finished(instrument, scale, values)
    if result.value is None:
        yield _say("because", reason=result.reason)
    else:
        yield _say("score_band" if result.band else "score", value=number(result.value), band=result.band)


def _pattern(instrument: Instrument, scale: Scale, known: Sequence[float | None]) -> Iterator[str]:
    """The expected T score with its standard error, which a stored score does not have."""
    found = by_pattern(instrument, scale, known)
    if found is not None and sum(value is not None for value in known) >= scale.needed:
        source = instrument.tables[scale.table or ""].source
        yield _say("pattern", source=source, value=number(found.t), error=number(found.standard_error))


def _combined(scale: Scale, values: Sequence[float]) -> Iterator[str]:
    shown = [number(value) for value in values]
    total = number(sum(values))
    if scale.method == "mean":
        yield _say("mean", sum=f"({' + '.join(shown)}) / {len(values)} = {number(sum(values) / len(values))}")
    elif scale.method == "sum" and scale.missing.prorate and len(values) < len(scale.parts):
        of = len(scale.parts)
        yield _say("sum", sum=f"{' + '.join(shown)} = {total}")
        yield _say("prorated", sum=f"{total} * {of} / {len(values)} = {number(sum(values) * of / len(values))}")
    elif scale.method == "sum":
        yield _say("sum", sum=f"{' + '.join(shown)} = {total}")
    elif scale.method == "linear":
        terms = [
            f"{number(scale.coefficients[part])} * {value}" for part, value in zip(scale.parts, shown, strict=True)
        ]
        yield _say("weighted", sum=" + ".join([number(scale.constant), *terms]))
    else:
        yield _say("together", values=", ".join(shown))


def _finished(instrument: Instrument, scale: Scale, values: Sequence[float]) -> Iterator[str]:
    value = combined(instrument, scale, values)
    for name in (scale.table, scale.convert):
        if name is not None and value is not None:
            table = instrument.tables[name]
            if name == scale.convert:
                value = table.value([value])
            row = _say("no_row") if value is None else number(value)
            yield _say("table", name=repr(name), source=table.source, value=row)
    if scale.rescale is not None and value is not None:
        (a, b), (c, d) = scale.rescale.source, scale.rescale.target
        formula = (
            f"{number(c)} + ({number(value)} - {number(a)}) * ({number(d)} - {number(c)}) / ({number(b)} - {number(a)})"
        )
        value = c + (value - a) * (d - c) / (b - a)
        yield _say("rescaled", sum=f"{formula} = {number(value)}")
    if scale.round is not None and value is not None:
        ties, shown = _say(f"ties.{scale.round.ties}"), number(rounded(value, scale.round))
        yield _say("rounded", digits=scale.round.digits, ties=ties, value=shown)


def number(value: float) -> str:
    """A number as text for people: as short as possible, with up to six decimals."""
    shown = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def _say(key: str, /, **filled: object) -> str:
    return team("score").say(key, **filled)
