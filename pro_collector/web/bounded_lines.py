"""Limits what requests can write to the log: anybody may send any number, and a full disk stops the product."""

import time
from collections.abc import Callable
from typing import Any

MOST = 20
"""Lines of one event that are written in each window."""
WINDOW = 10.0
"""Seconds of a window."""


class BoundedLines:
    """Writes at most `MOST` lines of each event in `WINDOW` seconds; the next line then says how many were `left_out`.

    `now`: seconds of a steady clock.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._windows: dict[str, tuple[float, int]] = {}

    def write(self, tell: Callable[..., Any], event: str, **facts: Any) -> None:
        """Write the line with `tell`, a method of a logger, or count it."""
        now = self._now()
        began, lines = self._windows.get(event, (now, 0))
        if now - began >= WINDOW:
            if lines > MOST:
                facts["left_out"] = lines - MOST
            began, lines = now, 0
        self._windows[event] = began, lines + 1
        if lines < MOST:
            tell(event, **facts)
