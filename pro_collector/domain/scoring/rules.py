"""The steps of a score, as an instrument declares them: read, turn round, combine, convert, rescale, round."""

from collections.abc import Mapping, Sequence

from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.scoring.rounding import rounded
from pro_collector.domain.scoring.scale_score import ScaleScore

_NOT_ALLOWED = float("inf")


def read(item: Item, answer: Answer) -> float | None:
    """What an answer to `item` counts: None for every way of not answering, and for an option that counts nothing.

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


def part_values(
    instrument: Instrument, scale: Scale, values: Mapping[str, float | None], results: Mapping[str, ScaleScore]
) -> list[float | None]:
    """What the parts of a scale count, in their order, the reversed ones turned round; None for what has no value.

    `values` are those of the items, `results` the scores of the scales before this one.
    """
    parts = [values[part] for part in scale.items] if scale.items else [results[part].value for part in scale.scales]
    if not scale.reverse:
        return parts
    return [
        _turned(span(instrument, scale, part), value) if part in scale.reverse else value
        for part, value in zip(scale.parts, parts, strict=True)
    ]


def span(instrument: Instrument, scale: Scale, part: str) -> tuple[float, float]:
    """The two ends that a part of a scale is turned round between: those of the item, or of the scale that it is."""
    item, other = (instrument.item(part), None) if scale.items else (None, instrument.scale(part))
    ends = (item and item.span) or (other and other.range)
    return ends or (0.0, 0.0)


def _turned(ends: tuple[float, float] | None, value: float | None) -> float | None:
    low, high = ends or (0.0, 0.0)
    return None if value is None else float(low + high) - value


def combined(instrument: Instrument, scale: Scale, values: Sequence[float]) -> float | None:
    """From the values of the parts that have one to one number; None when a table has no row for them."""
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


def finished(instrument: Instrument, scale: Scale, value: float) -> float | None:
    """From the combined number to the value of the score: convert, rescale, round; None when a table has no row."""
    if scale.convert is not None:
        converted = instrument.tables[scale.convert].value([value])
        if converted is None:
            return None
        value = converted
    if scale.rescale is not None:
        (a, b), (c, d) = scale.rescale.source, scale.rescale.target
        value = c + (value - a) * (d - c) / (b - a)
    return value if scale.round is None else rounded(value, scale.round)
