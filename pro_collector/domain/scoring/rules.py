"""The steps that compute a score, as an instrument declares them: read, reverse, combine, convert, rescale, round."""

from collections.abc import Mapping, Sequence

from pro_collector.domain.instrument.answers import Absent, Answer, Answers
from pro_collector.domain.instrument.branching import holds
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.scoring.graded_response import PatternScore, answered_pattern, pattern_score
from pro_collector.domain.scoring.rounding import rounded
from pro_collector.domain.scoring.scale_score import ScaleScore

_NOT_ALLOWED = float("inf")


def read(item: Item, answer: Answer) -> float | None:
    """The number that an answer to `item` counts as. None for a missing answer, and for an option without a value.

    Raises ValueError for an answer that is not allowed.
    """
    if answer is None or isinstance(answer, Absent):
        return None
    listed = item.kind != "decimal"
    value = item.counts.get(answer, _NOT_ALLOWED) if listed else _number(item, answer)  # type: ignore[arg-type]
    if value == _NOT_ALLOWED:
        raise ValueError(f"{answer!r} is not an allowed answer to {item.id}")
    return value


def _number(item: Item, answer: Answer) -> float:
    low, high = item.span or (-_NOT_ALLOWED, _NOT_ALLOWED)
    if isinstance(answer, bool) or not isinstance(answer, int | float) or not low <= answer <= high:
        return _NOT_ALLOWED
    return float(answer)


def in_case(scale: Scale, answers: Answers) -> Scale:
    """The scale as the first of its cases that applies to `answers` narrows it; the scale itself if none does."""
    for case, narrowed in zip(scale.cases, scale.narrowed, strict=True):
        if all(holds(condition, answers.get(condition.item)) for condition in case.when):
            return narrowed
    return scale


def part_values(
    instrument: Instrument, scale: Scale, values: Mapping[str, float | None], results: Mapping[str, ScaleScore]
) -> list[float | None]:
    """The values of the parts of a scale, in order, with reversed parts reversed; None for a part without a value.

    `values` are the values of the items; `results` are the scores of the scales before this one.
    """
    parts = [values[part] for part in scale.items] if scale.items else [results[part].value for part in scale.scales]
    if not scale.reverse:
        return parts
    return [
        _reversed(span(instrument, scale, part), value) if part in scale.reverse else value
        for part, value in zip(scale.parts, parts, strict=True)
    ]


def span(instrument: Instrument, scale: Scale, part: str) -> tuple[float, float]:
    """The lowest and highest value of a part of a scale (an item or another scale); reversing swaps them."""
    item, part_scale = (instrument.item(part), None) if scale.items else (None, instrument.scale(part))
    ends = (item and item.span) or (part_scale and part_scale.range)
    return ends or (0.0, 0.0)


def _reversed(ends: tuple[float, float] | None, value: float | None) -> float | None:
    low, high = ends or (0.0, 0.0)
    return None if value is None else float(low + high) - value


def combined(instrument: Instrument, scale: Scale, values: Sequence[float]) -> float | None:
    """One number from the values of the parts, without missing ones; None if a table has no row for them."""
    if scale.method == "mean":
        return sum(values) / len(values)
    if scale.method == "sum":
        return sum(values) * len(scale.parts) / len(values) if scale.missing.prorate else sum(values)
    if scale.method == "linear":
        weights = [float(scale.coefficients[part]) for part in scale.parts]
        weighted = sum(weight * value for weight, value in zip(weights, values, strict=True))
        return float(scale.constant) + weighted
    if scale.method == "digits":
        return float("".join(str(int(value)) for value in values))
    return instrument.tables[scale.table or ""].value(values)


def by_pattern(instrument: Instrument, scale: Scale, parts: Sequence[float | None]) -> PatternScore | None:
    """The score of a pattern of answers (None for a missing one); None if an answered item has no parameters."""
    items = [(part, span(instrument, scale, part)[0]) for part in scale.items]
    pattern = answered_pattern(instrument.tables[scale.table or ""].parameters, items, parts)
    return pattern_score(pattern) if pattern else None


def finished(instrument: Instrument, scale: Scale, value: float) -> float | None:
    """The value of a score from the combined number: convert, rescale, round; None if a table has no row."""
    if scale.convert is not None:
        converted = instrument.tables[scale.convert].value([value])
        if converted is None:
            return None
        value = converted
    if scale.rescale is not None:
        (a, b), (c, d) = scale.rescale.source, scale.rescale.target
        value = c + (value - a) * (d - c) / (b - a)
    return value if scale.round is None else rounded(value, scale.round)
