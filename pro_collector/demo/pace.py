"""How fast the demonstration's time runs: as chosen on the page, but slowly while its reader is in a conversation."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pro_collector.clock import AcceleratedClock

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
UNSEEN = 5 * MINUTE
TALKING = 60.0
"""Real seconds after your last word for which time goes slowly."""
LOOK = 0.1


class Pace:
    """Sets the rate of `clock`. Before anybody has opened the page, time goes slowly: your first text waits for you."""

    def __init__(self, clock: AcceleratedClock, chosen: float = DEFAULT) -> None:
        self._clock, self._chosen = clock, chosen
        self._opened = False
        self._talked = float("-inf")

    def open(self) -> None:
        """Somebody looks at the page."""
        self._opened = True
        self._apply()

    def choose(self, rate: float) -> None:
        """Run at `rate`; choosing is also a way to leave a conversation."""
        self._chosen, self._talked = rate, float("-inf")
        self._apply()

    def talk(self) -> None:
        """The reader has replied, or is about to."""
        self._talked = asyncio.get_running_loop().time()
        self._apply()

    @property
    def why(self) -> str:
        """Why time goes slower than chosen: `talking`, `unseen`, or nothing."""
        if not self._opened and self._chosen > UNSEEN:
            return "unseen"
        return "talking" if self._chosen > SLOW and asyncio.get_running_loop().time() - self._talked < TALKING else ""

    def shown(self) -> dict[str, Any]:
        """The clock as the page shows it."""
        return {"now": self._clock.now().isoformat(), "rate": self._clock.rate, "chosen": self._chosen, "why": self.why}

    async def run(self) -> None:
        """Speed up again when a conversation is over; runs until cancelled."""
        while True:
            self._apply()
            await asyncio.sleep(LOOK)

    def _apply(self) -> None:
        rate = {"talking": SLOW, "unseen": UNSEEN}.get(self.why, self._chosen)
        if rate != self._clock.rate:
            self._clock.set_rate(rate)
