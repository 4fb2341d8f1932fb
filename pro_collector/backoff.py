"""Exponential backoff: how long to wait before a retry."""

import random
from collections.abc import Callable


def wait_seconds(failures: int, *, least: float, most: float, dice: Callable[[], float] = random.random) -> float:
    """Seconds to wait after so many consecutive failures: about `least` at first, doubled each time, at most `most`.

    Jitter: `dice` (0 to 1) chooses between half of that time and all of it, so that two processes that failed together
    retry at different times.
    """
    whole = min(most, least * 2.0 ** min(failures - 1, 30))
    return whole * (1 + dice()) / 2
