"""Rounding as published scoring rules define it: ties away from zero or to even, without binary fraction errors."""

from math import floor

from pro_collector.domain.instrument.scale import Rounding

# As a float, 2.675 is slightly smaller than 2.675; a published rule means the decimal number.
TIE = 1e-9


def rounded(value: float, rule: Rounding) -> float:
    """`value`, rounded to `rule.digits` decimals."""
    scale = 10.0**rule.digits
    size = abs(value) * scale
    low = floor(size)
    part = size - low
    tie = abs(part - 0.5) <= TIE
    up = (rule.ties == "away" or low % 2 == 1) if tie else part > 0.5
    result = (low + up) / scale
    return -result if value < 0 and result else result
