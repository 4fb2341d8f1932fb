"""How fast the demonstration's time runs: as chosen on the page, but slowly while its reader is in a conversation."""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pro_collector.clock import AcceleratedClock
from pro_collector.demo.rest import Rest

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
"""The buttons: seconds of the study in one real second."""
DEFAULT = 2 * HOUR
SLOW = MINUTE
WARMING = 10 * MINUTE
"""The rate until the first score is there: people answer one question after the other, and your text waits."""
TALKING = 60.0
"""Real seconds after your last word for which time goes slowly."""
WARM_AT_LAST = 25.0
"""Real seconds after the page was opened for which the first score is waited for."""
LOOK = 0.02
STUCK = 3.0
"""Real seconds of unbroken work after which time goes on all the same, slowly."""
SHOWN_OVER = 1.0
"""Real seconds over which the speed that the page shows is measured."""
_LONG_AGO = float("-inf")


class DemoPace:
    """Sets the rate of `clock`: slowly before the page is open and a score on it, and while its reader talks.

    Time stands still while anything is in hand, so that on a slow machine, or at a day a second, nobody is late only
    because the computer is.
    """

    def __init__(self, clock: AcceleratedClock, rests: Rest, chosen: float = DEFAULT) -> None:
        self._clock, self._rests, self._chosen = clock, rests, chosen
        self._busy_since: float | None = None
        self._marks: deque[tuple[float, datetime]] = deque()
        self._warm = False
        self._opened: float | None = None
        self._talked = _LONG_AGO

    def open(self) -> None:
        """Somebody looks at the page."""
        if self._opened is None:
            self._opened = _now()

    def warm(self) -> None:
        """The first score is there."""
        self._warm = True

    def choose(self, rate: float) -> None:
        """Run at `rate`, at once; choosing is also a way to leave a conversation."""
        self._chosen, self._warm, self._talked = rate, True, _LONG_AGO
        self._apply()

    def talk(self) -> None:
        """The reader has replied, or is about to."""
        self._talked = _now()
        self._apply()

    @property
    def why(self) -> str:
        """Why time goes slower than chosen: `talking`, `warming`, or nothing."""
        if self._chosen > SLOW and _now() - self._talked < TALKING:
            return "talking"
        waited = self._opened is not None and (self._warm or _now() - self._opened > WARM_AT_LAST)
        return "warming" if self._chosen > WARMING and not waited else ""

    def shown(self) -> dict[str, Any]:
        """The clock as the page shows it; `rate` is what it really ran at of late."""
        return {
            "now": self._clock.now().isoformat(),
            "rate": self._measured(),
            "aim": self._aim,
            "chosen": self._chosen,
            "why": self.why,
        }

    async def run(self) -> None:
        """Let time pass whenever everything rests; runs until cancelled."""
        while True:
            resting = await self._rests.look() is not None
            if resting:
                self._busy_since = None
            elif self._busy_since is None:
                self._busy_since = _now()
            self._apply()
            self._mark()
            await asyncio.sleep(LOOK)

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
        (began, then), (ended, now) = self._marks[0], self._marks[-1]
        return (now - then).total_seconds() / max(ended - began, LOOK)


def _now() -> float:
    return asyncio.get_running_loop().time()
