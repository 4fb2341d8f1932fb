"""Scores of a whole data set: the same declared rules over NumPy columns, one row a response."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item, coded_values
from pro_collector.domain.instrument.scale import Rounding, Scale
from pro_collector.domain.near import unknown
from pro_collector.domain.scoring.rounding import TIE
from pro_collector.domain.scoring.rules import below, needed, pivot
from pro_collector.domain.scoring.score import NO_IMPUTATION
from pro_collector.errors import BadInput, NotFound, Problem

Column = NDArray[np.float64]
Rows = Mapping[tuple[int, ...], float]


@dataclass(frozen=True, slots=True)
class ScaleColumn:
    """One scale over all rows: `value` (NaN where there is no score), `answered` items of `of`, and the bands' index.

    `band` counts the scale's bands from 0; -1 where there is no score or the value lies below the first band.
    """

    value: Column
    answered: NDArray[np.int16]
    of: int
    band: NDArray[np.int8]


def score_columns(
    instrument: Instrument, columns: Mapping[str, ArrayLike | Sequence[object]], imputation: str = NO_IMPUTATION
) -> dict[str, ScaleColumn]:
    """Every scale from one array of answers per item: codes, with NaN or None where there is no answer.

    All arrays have one dimension and the same length; an item without an array is missing throughout. Values are those
    of `scoring.score` row by row, within floating-point noise. Raises BadInput for an unknown item, an answer that is
    not allowed (the first row of each item) or arrays of unequal length, NotFound for an unknown policy.
    """
    if imputation != NO_IMPUTATION and imputation not in instrument.imputations:
        raise NotFound(unknown("imputation policy", imputation, [NO_IMPUTATION, *instrument.imputations]))
    given = {name: np.asarray(column) for name, column in columns.items()}
    empty = np.full(_length(instrument, given), np.nan)
    values: dict[tuple[str, bool], Column] = {}
    results: dict[str, ScaleColumn] = {}
    for scale in instrument.scales:
        for part in scale.items:
            reverse = part in scale.reverse
            item = instrument.item(part)
            if (part, reverse) not in values and item is not None:
                values[part, reverse] = _read(item, given.get(part, empty), reverse)
        results[scale.id] = _scale(instrument, scale, values, results, imputation)
    return results


def _length(instrument: Instrument, given: Mapping[str, NDArray[np.generic]]) -> int:
    known = [item.id for item in instrument.items]
    found = [Problem("data", None, name, unknown("item", name, known)) for name in given if name not in known]
    shapes = {column.shape for column in given.values()}
    if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
        found.append(Problem("data", None, "", f"expected columns of one length, not of the shapes {sorted(shapes)}"))
    if found:
        raise BadInput(found)
    return next(iter(shapes))[0] if shapes else 0


def _read(item: Item, column: NDArray[np.generic], reverse: bool) -> Column:
    """What each answer counts, NaN where there is none."""
    counts = coded_values(item, reverse)
    if counts is not None and any(isinstance(code, str) for code in counts):
        codes = column.tolist()
        missing = np.array([code is None or code != code for code in codes], dtype=bool)
        found = [np.nan if gone else counts.get(code, np.inf) for code, gone in zip(codes, missing, strict=True)]
        read = np.array(found, dtype=np.float64)
    else:
        numbers = _numbers(item, column)
        missing = np.isnan(numbers)
        read = _within(item, numbers, reverse) if counts is None else _looked_up(_by_code(counts), [numbers], np.inf)
    wrong = np.isinf(read) & ~missing
    if wrong.any():
        row = int(np.argmax(wrong))
        message = f"{column[row]} is not allowed; {item.id} takes {item.allowed}"
        raise BadInput([Problem("data", row + 1, f"row {row + 1}, item {item.id}", message)])
    read[missing] = np.nan
    return read


def _numbers(item: Item, column: NDArray[np.generic]) -> Column:
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput([Problem("data", None, item.id, f"expected numbers, or NaN: {error}")]) from error


def _within(item: Item, numbers: Column, reverse: bool) -> Column:
    low, high = item.span or (-np.inf, np.inf)
    return np.where((numbers >= low) & (numbers <= high), low + high - numbers if reverse else numbers, np.inf)


def _by_code(counts: Mapping[int | str, float | None]) -> dict[tuple[int, ...], float]:
    return {(int(code),): np.nan if count is None else count for code, count in counts.items()}


def _looked_up(rows: Rows, keys: Sequence[Column], otherwise: float = np.nan) -> Column:
    """The value of each row of `keys` in a table, `otherwise` where it has none; by way of a dense array."""
    ends = [(min(part), max(part)) for part in zip(*rows, strict=True)] or [(0, 0)] * len(keys)
    dense = np.full([high - low + 1 for low, high in ends], otherwise)
    for key, value in rows.items():
        dense[tuple(part - low for part, (low, _) in zip(key, ends, strict=True))] = value
    known = np.ones(len(keys[0]), dtype=bool)
    place = np.zeros(len(keys[0]), dtype=np.intp)
    for part, (low, high) in zip(keys, ends, strict=True):
        fits = (part >= low) & (part <= high) & (part == np.floor(part))
        place = place * (high - low + 1) + np.where(fits, part - low, 0).astype(np.intp)
        known &= fits
    return np.where(known, dense.ravel()[place], otherwise)


def _scale(
    instrument: Instrument,
    scale: Scale,
    values: Mapping[tuple[str, bool], Column],
    results: Mapping[str, ScaleColumn],
    imputation: str,
) -> ScaleColumn:
    under = [values.get((item, False), values.get((item, True))) for item in below(instrument, scale)]
    answered = _counted([column for column in under if column is not None])
    parts = [values[part, part in scale.reverse] for part in scale.items]
    for part in scale.scales:
        value = results[part].value
        parts.append(pivot(instrument, part) - value if part in scale.reverse else value)
    if scale.method == "table" and imputation in instrument.imputations:
        policy = instrument.imputations[imputation]
        trigger = parts[0] == policy.when_first
        parts = [np.where(trigger & np.isnan(part), policy.rest, part) for part in parts]
    present = _counted(parts)
    enough = present >= needed(scale)
    if scale.items_missing is not None:
        enough &= answered >= scale.items_missing.needed(len(under))
    value = _finished(instrument, scale, np.where(enough, _combined(instrument, scale, parts, present), np.nan))
    minima = np.array([band.minimum for band in scale.bands], dtype=np.float64)
    band = np.where(np.isnan(value), -1, np.searchsorted(minima, value, side="right") - 1).astype(np.int8)
    return ScaleColumn(value, answered, len(under), band)


def _counted(columns: Sequence[Column]) -> NDArray[np.int16]:
    count = np.zeros(len(columns[0]), dtype=np.int16)
    for column in columns:
        count += ~np.isnan(column)
    return count


def _combined(instrument: Instrument, scale: Scale, parts: Sequence[Column], present: NDArray[np.int16]) -> Column:
    if scale.method == "table":
        return _looked_up(instrument.tables[scale.table or ""].entries(len(parts)), parts)
    if scale.method == "digits":
        weights = [10.0 ** (len(parts) - 1 - place) for place in range(len(parts))]
    elif scale.method == "linear":
        weights = [float(scale.coefficients[part]) for part in scale.parts]
    else:
        weights = [1.0] * len(parts)
    total = np.zeros(len(present))
    for weight, part in zip(weights, parts, strict=True):
        total += np.nan_to_num(part) * weight
    total += float(scale.constant) if scale.method == "linear" else 0.0
    shares = np.maximum(present, 1)
    if scale.method == "mean":
        return total / shares
    return total * len(parts) / shares if scale.method == "sum" and scale.missing.prorate else total


def _finished(instrument: Instrument, scale: Scale, value: Column) -> Column:
    if scale.convert is not None:
        value = _looked_up(instrument.tables[scale.convert].entries(1), [value])
    if scale.rescale is not None:
        (a, b), (c, d) = scale.rescale.source, scale.rescale.target
        value = c + (value - a) * (d - c) / (b - a)
    return value if scale.round is None else _rounded(value, scale.round)


def _rounded(value: Column, rule: Rounding) -> Column:
    """`rounding.rounded` for a column."""
    size = np.abs(value) * 10.0**rule.digits
    low = np.floor(size)
    part = size - low
    tie_up = np.ones(len(value), dtype=bool) if rule.ties == "away" else low % 2 == 1
    up = np.where(np.abs(part - 0.5) <= TIE, tie_up, part > 0.5)
    result: Column = np.copysign((low + up) / 10.0**rule.digits, value)
    return result
