"""How sure a mean or a median is: intervals of 95 %. Pure."""

from collections.abc import Sequence
from math import comb, sqrt
from statistics import NormalDist, mean, median, stdev

OUTSIDE = 0.025
"""The most that may lie beyond each limit."""


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean, and the limits of 1.96 standard errors around it; of one value alone the value itself."""
    middle = mean(values)
    reach = NormalDist().inv_cdf(1 - OUTSIDE) * stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
    return middle, middle - reach, middle + reach


def median_interval(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """The median, and as limits the two values of which at least 95 % of all samples have the true one between them.

    It supposes no distribution (order statistics: Campbell and Gardner, BMJ 1988;296:1454-6, without the normal
    approximation). With five values or fewer even the lowest and the highest are not far enough: the limits are None.
    """
    ordered, rank = sorted(values), _rank(len(values))
    if rank == 0:
        return median(ordered), None, None
    return median(ordered), ordered[rank - 1], ordered[-rank]


def _rank(n: int) -> int:
    """The largest rank from below, and from above, that leaves at most OUTSIDE beyond it; 0 if there is none."""
    beyond, rank = 1 / 2**n, 0
    while beyond <= OUTSIDE:
        rank += 1
        beyond += comb(n, rank) / 2**n
    return rank
