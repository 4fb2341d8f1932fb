"""How long to wait before something that failed is tried again."""

import random
from collections.abc import Callable


def pause(failures: int, *, least: float, most: float, dice: Callable[[], float] = random.random) -> float:
    """Seconds to wait after so many failures in a row: about `least` at first, doubled each time, at most `most`.

    Between half of that and all of it, as the dice fall (0 to 1): two processes that failed together try apart.
    """
    whole = min(most, least * 2.0 ** min(failures - 1, 30))
    return whole * (1 + dice()) / 2
