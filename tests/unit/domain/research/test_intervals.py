"""Intervals of a mean and a median, against published ranks and against a count over all samples."""

from itertools import product
from statistics import NormalDist, median

import pytest

from pro_collector.domain.research.intervals import mean_interval, median_interval

RANKS = {
    6: (1, 6),
    9: (2, 8),
    10: (2, 9),
    15: (4, 12),
    20: (6, 15),
    25: (8, 18),
    30: (10, 21),
    40: (14, 27),
    50: (18, 33),
}
"""Ranks of the limits of 95 % for a median, from tables of the binomial distribution."""


@pytest.mark.parametrize(("n", "ranks"), RANKS.items())
def test_the_limits_of_a_median_are_those_of_the_tables(n: int, ranks: tuple[int, int]) -> None:
    values = [float(value) for value in range(n, 0, -1)]
    assert median_interval(values) == (median(values), *ranks)


def test_of_five_values_no_interval_of_a_median_is_honest() -> None:
    assert median_interval([3, 1, 2, 5, 4]) == (3, None, None)


@pytest.mark.parametrize("n", range(6, 13))
def test_the_limits_of_a_median_have_it_between_them_often_enough(n: int) -> None:
    """Each value is above or below the true median with the same chance: all patterns are counted."""
    _, lower, upper = median_interval(list(range(1, n + 1)))
    assert lower is not None
    assert upper is not None
    hit = sum(sum(signs) >= lower and n - sum(signs) >= n + 1 - upper for signs in product((0, 1), repeat=n))
    nearer = sum(sum(signs) >= lower + 1 and n - sum(signs) >= n + 2 - upper for signs in product((0, 1), repeat=n))
    assert hit / 2**n >= 0.95 > nearer / 2**n


def test_the_interval_of_a_mean() -> None:
    reach = NormalDist().inv_cdf(0.975) / 3**0.5
    assert mean_interval([1, 2, 3]) == pytest.approx((2, 2 - reach, 2 + reach))
    assert mean_interval([5]) == (5, 5, 5)
