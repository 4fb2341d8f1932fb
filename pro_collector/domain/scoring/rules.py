"""The steps of a score as functions, each built once from the declaration of a scale."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

from pro_collector.domain.instrument.answers import Absent
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item, coded_values
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.scoring.rounding import rounded
from pro_collector.domain.scoring.scale_score import ScaleScore

Values = tuple[float | None, ...]
Results = Mapping[str, ScaleScore]
Compute = Callable[[Values, Results], ScaleScore]
Combine = Callable[[Sequence[float]], float | None]
Impute = tuple[float, float]  # the first answer that triggers it, what the missing others then count
INVALID = float("inf")
_FEW_ITEMS = 5  # the answers to so few repeat from one response to the next: mostly the score is one made before
_REMEMBERED = 1024  # scores of one scale: each combination of five items with four answers


class Unbounded:
    """Reads any number as itself, where an item has no fixed set of answers to list."""

    def __init__(self, item: Item, reverse: bool) -> None:
        self._span = item.span or (float("-inf"), float("inf"))
        self._reverse = reverse

    def get(self, answer: object, invalid: float) -> float | None:
        """The answer as a number, None when absent, `invalid` when it is not allowed."""
        if answer is None or isinstance(answer, Absent):
            return None
        low, high = self._span
        if isinstance(answer, bool) or not isinstance(answer, int | float) or not low <= answer <= high:
            return invalid
        return low + high - answer if self._reverse else float(answer)


Reader = Mapping[object, float | None] | Unbounded


def reader(item: Item, reverse: bool) -> Reader:
    """How an answer to `item` is read, with None for every way of not answering."""
    values = coded_values(item, reverse)
    if values is None:
        return Unbounded(item, reverse)
    read: dict[object, float | None] = {None: None, **dict.fromkeys(Absent, None)}
    read.update(values.items())
    return read


def below(instrument: Instrument, scale: Scale) -> tuple[str, ...]:
    """The items a scale rests on, each once, in order: its own, or those of its scales."""
    if scale.items:
        return scale.items
    parts = [instrument.scale(part) for part in scale.scales]
    return tuple(dict.fromkeys(item for part in parts if part is not None for item in below(instrument, part)))


def needed(scale: Scale) -> int:
    """The smallest number of answered parts that gives a score; some methods have no use for fewer than all."""
    of = len(scale.parts)
    return of if scale.method in ("table", "digits", "linear") else scale.missing.needed(of)


def too_few(scale: Scale, least: int, of: int) -> list[ScaleScore]:
    """What stands in place of a score, by the number of items answered: made once, as most reasons are alike."""
    return [
        ScaleScore(None, count, of, f"{scale.id}: {count} of {of} answered, at least {least} needed")
        for count in range(of + 1)
    ]


def _picking(positions: Sequence[int]) -> Callable[[Values], Values]:
    if len(positions) == 1:
        return itemgetter(slice(positions[0], positions[0] + 1))
    return itemgetter(*positions)


def of_items(instrument: Instrument, scale: Scale, positions: Sequence[int], impute: Impute | None) -> Compute:
    """A scale of items; `positions` are where their values stand among the values read from a response."""
    of = len(positions)
    least = needed(scale)
    refused = too_few(scale, least, of)
    pick = _picking(positions)
    combine = combination(instrument, scale)
    finish = finishing(instrument, scale, of)

    def of_picked(picked: Values) -> ScaleScore:
        if None not in picked:  # mostly so, and quicker to see than to count
            return finish(combine(picked), of)  # type: ignore[arg-type]
        answered = [value for value in picked if value is not None]
        count = len(answered)
        if count < least:
            if impute is None or picked[0] != impute[0]:
                return refused[count]
            answered = [impute[1] if value is None else value for value in picked]
        return finish(combine(answered), count)

    found = lru_cache(_REMEMBERED)(of_picked) if of <= _FEW_ITEMS else of_picked
    return lambda values, _: found(pick(values))


def of_scales(instrument: Instrument, scale: Scale, positions: Sequence[int]) -> Compute:
    """A scale of scales; `positions` are those of all the items below it, for counting."""
    of = len(positions)
    least = 0 if scale.items_missing is None else scale.items_missing.needed(of)
    refused = too_few(scale, least, of)
    pick = _picking(positions)
    combine = combination(instrument, scale)
    finish = finishing(instrument, scale, of)
    turns = [(part, pivot(instrument, part) if part in scale.reverse else None) for part in scale.scales]
    enough = needed(scale)

    def compute(values: Values, results: Results) -> ScaleScore:
        count = of - pick(values).count(None)
        found = [(value, turn) for part, turn in turns if (value := results[part].value) is not None]
        if len(found) < enough:
            without = " ".join(part for part in scale.scales if results[part].value is None)
            return ScaleScore(None, count, of, f"{scale.id}: no score for {without}")
        if count < least:
            return refused[count]
        return finish(combine([value if turn is None else turn - value for value, turn in found]), count)

    return compute


def pivot(instrument: Instrument, part: str) -> float:
    """What a scale's value is taken from to turn it round: the two ends of its range together."""
    scale = instrument.scale(part)
    low, high = (scale.range if scale is not None else None) or (0, 0)
    return float(low + high)


def combination(instrument: Instrument, scale: Scale) -> Combine:
    """From the values of the parts to one number; None when a table has no row for them."""
    of = len(scale.parts)
    if scale.method == "mean":
        return lambda values: sum(values) / len(values)
    if scale.method == "sum":
        if scale.missing.prorate:
            return lambda values: sum(values) * of / len(values)
        return sum
    if scale.method == "linear":
        weights = [float(scale.coefficients[part]) for part in scale.parts]
        constant = float(scale.constant)
        return lambda values: constant + sum(w * v for w, v in zip(weights, values, strict=True))
    if scale.method == "digits":
        return lambda values: float("".join(str(int(value)) for value in values))
    rows = instrument.tables[scale.table or ""].entries(of)
    return lambda values: rows.get(tuple(values))  # type: ignore[arg-type]  # 1.0 finds the row of 1


def finishing(instrument: Instrument, scale: Scale, of: int) -> Callable[[float | None, int], ScaleScore]:
    """From the combined number to the score: convert, rescale, round, name the band."""
    steps = _steps(instrument, scale)
    minima = [band.minimum for band in scale.bands]
    names = [None, *(band.code for band in scale.bands)]
    lacking = _lacking(instrument, scale)

    def finish(value: float | None, answered: int) -> ScaleScore:
        for step in steps:
            value = None if value is None else step(value)
        if value is None:
            return ScaleScore(None, answered, of, lacking)
        return ScaleScore(value, answered, of, None, names[bisect_right(minima, value)] if minima else None)

    return finish


def _steps(instrument: Instrument, scale: Scale) -> list[Callable[[float], float | None]]:
    steps: list[Callable[[float], float | None]] = []
    if scale.convert is not None:
        rows = instrument.tables[scale.convert].entries(1)
        steps.append(lambda value: rows.get((value,)))  # type: ignore[arg-type]  # 7.0 finds the row of 7
    if scale.rescale is not None:
        (a, b), (c, d) = scale.rescale.source, scale.rescale.target
        rise, run = d - c, b - a
        steps.append(lambda value: c + (value - a) * rise / run)
    if (rule := scale.round) is not None:
        steps.append(lambda value: rounded(value, rule))
    return steps


def _lacking(instrument: Instrument, scale: Scale) -> str:
    name = scale.table or scale.convert or ""
    table = instrument.tables.get(name)
    if table is not None and table.imported and not table.rows:
        return f"{scale.id}: the table {name!r} has not been imported"
    return f"{scale.id}: the table {name!r} has no row for this"
