"""The result of scoring one scale: the value, how many items were answered, or why there is no value."""

from typing import NamedTuple


class ScaleScore(NamedTuple):
    """One score.

    `value` is None if the rule gives no score; `reason` then says why. `answered` of `of` items were answered; for a
    scale of scales, these are the items of its scales. `band` is the code of the named range that has the value.
    """

    value: float | None
    answered: int
    of: int
    reason: str | None = None
    band: str | None = None
