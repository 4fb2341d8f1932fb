"""Scores of one response: applies the declared rules of an instrument to the answers."""

from bisect import bisect_right
from collections.abc import Mapping

from pro_collector.domain.instrument.answers import Answers
from pro_collector.domain.instrument.definition import Imputation, Instrument
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.near import unknown
from pro_collector.domain.scoring.rules import by_pattern, combined, finished, in_case, part_values, read
from pro_collector.domain.scoring.scale_score import ScaleScore
from pro_collector.errors import NotFound

__all__ = ["NO_IMPUTATION", "ScaleScore", "policy", "policy_of", "score", "scoring_version"]

NO_IMPUTATION = "none"
Values = Mapping[str, float | None]


def score(instrument: Instrument, answers: Answers, imputation: str = NO_IMPUTATION) -> dict[str, ScaleScore]:
    """Every scale of `instrument` from `answers` (item -> code, number, Absent or None), in the instrument's order.

    `imputation` names one of the instrument's policies for skipped items, or `none`. Items not in `answers` are
    missing; unknown keys are ignored (`check_answers` reports them). Raises ValueError for an answer that is not
    allowed, and NotFound for an unknown policy.
    """
    rule = policy(instrument, imputation)
    values = item_values(instrument, answers)
    results: dict[str, ScaleScore] = {}
    for declared in instrument.scales:
        scale = in_case(declared, answers) if declared.cases else declared
        parts = part_values(instrument, scale, values, results)
        if scale.items:
            found = _of_items(instrument, scale, parts, rule)
            results[scale.id] = found if scale is declared else _counted(found, declared, values)
        else:
            results[scale.id] = _of_scales(instrument, scale, parts, values)
    return results


def item_values(instrument: Instrument, answers: Answers) -> dict[str, float | None]:
    """The value of the answer to each scored item. Raises ValueError for an answer that is not allowed."""
    try:
        return {name: read(item, answers.get(name)) for name, item in instrument.scored_items.items()}
    except ValueError as error:
        raise ValueError(f"{instrument.id}: {error}") from None


def scoring_version(instrument: Instrument, imputation: str = NO_IMPUTATION) -> str:
    """The version that is stored with a score: the definition's hash, and the policy for skipped items if any."""
    return instrument.hash if imputation == NO_IMPUTATION else f"{instrument.hash}+{imputation}"


def policy_of(version: str) -> str:
    """The name of the policy for skipped items in a `scoring_version`; `none` without one."""
    return version.partition("+")[2] or NO_IMPUTATION


def policy(instrument: Instrument, imputation: str) -> Imputation | None:
    """The instrument's policy for skipped items with this name; None for `none`. Raises NotFound for an unknown one."""
    if imputation != NO_IMPUTATION and imputation not in instrument.imputations:
        raise NotFound(unknown("imputation policy", imputation, [NO_IMPUTATION, *instrument.imputations]))
    return instrument.imputations.get(imputation)


def _of_items(instrument: Instrument, scale: Scale, parts: list[float | None], rule: Imputation | None) -> ScaleScore:
    """The score of a scale of items, from their values."""
    answered = [value for value in parts if value is not None]
    count = len(answered)
    if count < scale.needed:
        if rule is None or scale.method != "table" or parts[0] != rule.when_first:
            return _too_few(scale, count, len(parts), scale.needed)
        answered = [float(rule.rest) if value is None else value for value in parts]
    if scale.method == "pattern":
        found = by_pattern(instrument, scale, parts)
        return _finished(instrument, scale, found and found.t, count, len(parts))
    return _finished(instrument, scale, combined(instrument, scale, answered), count, len(parts))


def _counted(found: ScaleScore, declared: Scale, values: Values) -> ScaleScore:
    """The score by a case of a scale, with all items of the scale counted, as in its other scores."""
    answered = sum(values[item] is not None for item in declared.items)
    return found._replace(answered=answered, of=len(declared.items))


def _of_scales(instrument: Instrument, scale: Scale, parts: list[float | None], values: Values) -> ScaleScore:
    """The score of a scale of scales, from their scores; `values` of the items are only used to count answers."""
    items = instrument.items_below[scale.id]
    count = len(items) - [values[item] for item in items].count(None)
    scored = [value for value in parts if value is not None]
    if len(scored) < scale.needed:
        without = " ".join(part for part, value in zip(scale.scales, parts, strict=True) if value is None)
        return ScaleScore(None, count, len(items), f"{scale.id}: no score for {without}")
    least = 0 if scale.items_missing is None else scale.items_missing.needed(len(items))
    if count < least:
        return _too_few(scale, count, len(items), least)
    return _finished(instrument, scale, combined(instrument, scale, scored), count, len(items))


def _too_few(scale: Scale, count: int, of: int, least: int) -> ScaleScore:
    return ScaleScore(None, count, of, f"{scale.id}: {count} of {of} answered, at least {least} needed")


def _finished(instrument: Instrument, scale: Scale, number: float | None, count: int, of: int) -> ScaleScore:
    value = None if number is None else finished(instrument, scale, number)
    if value is None:
        return ScaleScore(None, count, of, _no_row(instrument, scale))
    return ScaleScore(value, count, of, None, _band(scale, value) if scale.bands else None)


def _band(scale: Scale, value: float) -> str | None:
    """The code of the named range that has this value; None below the first range."""
    place = bisect_right(scale.bands, value, key=lambda band: band.minimum)
    return scale.bands[place - 1].code if place else None


def _no_row(instrument: Instrument, scale: Scale) -> str:
    name = scale.table or scale.convert or ""
    table = instrument.tables.get(name)
    if table is not None and table.imported and not table.rows and not table.parameters:
        return f"{scale.id}: the table {name!r} has not been imported"
    return f"{scale.id}: the table {name!r} has no row for this"
