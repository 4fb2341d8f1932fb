"""The result of scoring: one value, how much of it was answered, and why there is none."""

from typing import NamedTuple


class ScaleScore(NamedTuple):
    """One score.

    `value` is None when the rule gives no score, and `reason` then says why; `answered` of `of` counts items, also
    below a scale of scales; `band` is the code of the named range the value lies in.
    """

    value: float | None
    answered: int
    of: int
    reason: str | None = None
    band: str | None = None
