"""Scores of one response: the declared rules of an instrument, compiled once and applied to plain answers."""

from functools import lru_cache

from pro_collector.domain.instrument.answers import Answers
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.near import unknown
from pro_collector.domain.scoring import rules as scoring_rules
from pro_collector.domain.scoring.rules import INVALID, Compute, Reader
from pro_collector.domain.scoring.scale_score import ScaleScore
from pro_collector.errors import NotFound

__all__ = ["NO_IMPUTATION", "ScaleScore", "policy_of", "score", "scoring_version"]

NO_IMPUTATION = "none"


def score(instrument: Instrument, answers: Answers, imputation: str = NO_IMPUTATION) -> dict[str, ScaleScore]:
    """Every scale of `instrument` from `answers` (item -> code, number, Absent or None), in the instrument's order.

    `imputation` names one of the instrument's policies for skipped items, or `none`. Items not in `answers` are
    missing; keys that are no item are ignored (`check_answers` names them). Raises ValueError for an answer that is
    not allowed, NotFound for an unknown policy.
    """
    readers, computes = compiled(instrument, imputation)
    get = answers.get
    values = tuple([reader.get(get(name), INVALID) for name, reader in readers])
    if INVALID in values:
        name = readers[values.index(INVALID)][0]
        raise ValueError(f"{instrument.id}: {answers[name]!r} is not an allowed answer to {name}")
    results: dict[str, ScaleScore] = {}
    for name, compute in computes:
        results[name] = compute(values, results)
    return results


def scoring_version(instrument: Instrument, imputation: str = NO_IMPUTATION) -> str:
    """What a stored score was made by: the definition's hash, and the policy for skipped items if there was one."""
    return instrument.hash if imputation == NO_IMPUTATION else f"{instrument.hash}+{imputation}"


def policy_of(version: str) -> str:
    """The policy for skipped items in a `scoring_version`."""
    return version.partition("+")[2] or NO_IMPUTATION


@lru_cache(maxsize=256)
def compiled(instrument: Instrument, imputation: str) -> tuple[list[tuple[str, Reader]], list[tuple[str, Compute]]]:
    """How to read each scored item (a reversed use is an entry of its own) and how to compute each scale."""
    if imputation != NO_IMPUTATION and imputation not in instrument.imputations:
        raise NotFound(unknown("imputation policy", imputation, [NO_IMPUTATION, *instrument.imputations]))
    uses = {(part, part in scale.reverse): None for scale in instrument.scales if scale.items for part in scale.items}
    index = {use: position for position, use in enumerate(uses)}
    items = {item.id: item for item in instrument.items}
    readers = [(name, scoring_rules.reader(items[name], reverse)) for name, reverse in uses]
    return readers, [(scale.id, _compute(instrument, scale, index, imputation)) for scale in instrument.scales]


def _compute(instrument: Instrument, scale: Scale, index: dict[tuple[str, bool], int], imputation: str) -> Compute:
    if scale.items:
        positions = [index[part, part in scale.reverse] for part in scale.items]
        policy = instrument.imputations.get(imputation) if scale.method == "table" else None
        impute = None if policy is None else (float(policy.when_first), float(policy.rest))
        return scoring_rules.of_items(instrument, scale, positions, impute)
    positions = [
        index.get((item, False), index.get((item, True), 0)) for item in scoring_rules.below(instrument, scale)
    ]
    return scoring_rules.of_scales(instrument, scale, positions)
