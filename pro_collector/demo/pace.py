"""The speed of the demonstration's clock: as chosen on the page, but slow while its reader is in a conversation."""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pro_collector.clock import AcceleratedClock
from pro_collector.demo.idleness import Idleness

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
SPEEDS: Mapping[str, float] = {
    "Pause": 0.0,
    "Real time": 1.0,
    "1 min/s": MINUTE,
    "1 h/s": HOUR,
    "2 h/s": 2 * HOUR,
    "6 h/s": 6 * HOUR,
    "1 day/s": DAY,
}
"""The buttons: seconds of the study for each real second."""
DEFAULT = 2 * HOUR
SLOW = MINUTE
WARMING = 10 * MINUTE
"""The rate until the first score exists: people answer question by question, and your text waits."""
TALKING = 60.0
"""Real seconds after your last text in which time is slow."""
WARM_AT_LAST = 25.0
"""Real seconds after the page was opened in which time is slow because the first score does not exist yet."""
IDLE_POLL = 0.02
STUCK = 3.0
"""Real seconds of uninterrupted work after which time continues slowly in spite of it."""
SHOWN_OVER = 1.0
"""Real seconds over which the displayed speed is measured."""
_LONG_AGO = float("-inf")


class DemoPace:
    """Sets the rate of `clock`: slow before the page has a score, and while its reader is in a conversation.

    The clock stops while any work is running. So nobody is late only because the machine is slow.
    """

    def __init__(self, clock: AcceleratedClock, idleness: Idleness, chosen: float = DEFAULT) -> None:
        self._clock, self._idleness, self._chosen = clock, idleness, chosen
        self._busy_since: float | None = None
        self._marks: deque[tuple[float, datetime]] = deque()
        self._warm = False
        self._opened: float | None = None
        self._talked = _LONG_AGO

    def open(self) -> None:
        """Record that the page was opened."""
        if self._opened is None:
            self._opened = _now()

    def warm(self) -> None:
        """Record that the first score exists."""
        self._warm = True

    def choose(self, rate: float) -> None:
        """Run at `rate` from now on, also if a conversation would make time slow."""
        self._chosen, self._warm, self._talked = rate, True, _LONG_AGO
        self._apply()

    def talk(self) -> None:
        """Record that the reader has replied, or is about to."""
        self._talked = _now()
        self._apply()

    @property
    def why(self) -> str:
        """Why time is slower than chosen: `talking`, `warming`, or empty."""
        if self._chosen > SLOW and _now() - self._talked < TALKING:
            return "talking"
        warmed = self._opened is not None and (self._warm or _now() - self._opened > WARM_AT_LAST)
        return "warming" if self._chosen > WARMING and not warmed else ""

    def shown(self) -> dict[str, Any]:
        """The state of the clock for the page; `rate` is the measured speed."""
        return {
            "now": self._clock.now().isoformat(),
            "rate": self._measured(),
            "aim": self._aim,
            "chosen": self._chosen,
            "why": self.why,
        }

    async def run(self) -> None:
        """Let time pass while everything is idle; runs until cancelled."""
        while True:
            idle = await self._idleness.next_due() is not None
            if idle:
                self._busy_since = None
            elif self._busy_since is None:
                self._busy_since = _now()
            self._apply()
            self._mark()
            await asyncio.sleep(IDLE_POLL)

    @property
    def _aim(self) -> float:
        return {"talking": SLOW, "warming": WARMING}.get(self.why, self._chosen)

    def _apply(self) -> None:
        rate = self._aim
        if self._busy_since is not None:
            rate = 0.0 if _now() - self._busy_since < STUCK else min(rate, SLOW)
        if rate != self._clock.rate:
            self._clock.set_rate(rate)

    def _mark(self) -> None:
        self._marks.append((_now(), self._clock.now()))
        while self._marks[-1][0] - self._marks[0][0] > SHOWN_OVER:
            self._marks.popleft()

    def _measured(self) -> float:
        if len(self._marks) < 2:
            return 0.0
        (since, then), (until, now) = self._marks[0], self._marks[-1]
        return (now - then).total_seconds() / max(until - since, IDLE_POLL)


def _now() -> float:
    return asyncio.get_running_loop().time()
