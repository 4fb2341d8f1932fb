"""How long to wait: before a retry (exponential backoff), and after a batch."""

import asyncio
import random
import time
from collections.abc import Callable


def wait_seconds(failures: int, *, least: float, most: float, dice: Callable[[], float] = random.random) -> float:
    """Seconds to wait after so many consecutive failures: about `least` at first, doubled each time, at most `most`.

    Jitter: `dice` (0 to 1) chooses between half of that time and all of it, so that two processes that failed together
    retry at different times.
    """
    whole = min(most, least * 2.0 ** min(failures - 1, 30))
    return whole * (1 + dice()) / 2


LONGEST_REST = 0.01
"""Seconds of the longest rest after a batch. A longer one delays what passes through several consumers."""


async def rest(began: float) -> None:
    """Wait for as long as a batch took that began at this instant of the steady clock, at most LONGEST_REST.

    A single event is handled at once. While there are many, each batch has more of them: a batch of ten costs hardly
    more than a batch of one, and whoever else has work on this machine gets the time.
    """
    await asyncio.sleep(min(time.monotonic() - began, LONGEST_REST))
