"""T scores from the pattern of answers by item response theory: the graded response model, expected a posteriori.

Samejima F, Psychometrika Monograph Supplement 17, 1969 (the model); Bock RD, Mislevy RJ, Appl Psychol Meas
1982;6:431-444 (the estimate). The choices are those of PROMIS: a logistic curve without a scaling constant, a standard
normal prior, points from -4 to 4 in steps of 0.1, and T = 50 + 10 * theta.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import exp, log, sqrt
from typing import NamedTuple

POINTS = tuple(step / 10 for step in range(-40, 41))
_LEAST = 1e-300  # of a chance, so that its logarithm is a number


class PatternScore(NamedTuple):
    """The expected T score, and its standard error (the spread of the posterior, in T points)."""

    t: float
    standard_error: float


def pattern_score(answers: Iterable[tuple[Sequence[float], int]]) -> PatternScore:
    """The score of a pattern: for each answered item its parameters, and the answer's place among the choices (from 0).

    Parameters are the slope and the thresholds in rising order, one less than choices. Without an answer the score is
    that of the prior: 50, with a standard error of almost 10.
    """
    logs = [-theta * theta / 2 for theta in POINTS]
    for parameters, place in answers:
        curve = _log_curves(tuple(parameters))[place]
        logs = [weight + chance for weight, chance in zip(logs, curve, strict=True)]
    top = max(logs)
    posterior = [exp(weight - top) for weight in logs]
    total = sum(posterior)
    theta = sum(point * weight for point, weight in zip(POINTS, posterior, strict=True)) / total
    spread = sum((point - theta) ** 2 * weight for point, weight in zip(POINTS, posterior, strict=True)) / total
    return PatternScore(50 + 10 * theta, 10 * sqrt(spread))


def answered_pattern(
    parameters: Mapping[str, Sequence[float]], items: Sequence[tuple[str, float]], values: Sequence[float | None]
) -> list[tuple[Sequence[float], int]] | None:
    """What `pattern_score` takes: `items` with their lowest values, and their `values` (None for a missing one).

    None if an answered item has no parameters, or no parameters for its answer.
    """
    pattern = []
    for (item, lowest), value in zip(items, values, strict=True):
        if value is None:
            continue
        known, place = parameters.get(item, ()), round(value - lowest)
        if not 0 <= place < len(known):
            return None
        pattern.append((known, place))
    return pattern


@lru_cache(maxsize=1024)
def _log_curves(parameters: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    """The logarithm of the chance of each choice of an item, at every point."""
    slope, *thresholds = parameters
    at_least = [
        (1.0,) * len(POINTS),
        *(tuple(1 / (1 + exp(-slope * (theta - step))) for theta in POINTS) for step in thresholds),
        (0.0,) * len(POINTS),
    ]
    return tuple(
        tuple(log(max(low - high, _LEAST)) for low, high in zip(this, following, strict=True))
        for this, following in pairwise(at_least)
    )
