"""How a made-up illness feels from day to day: a level that follows the treatment, and what it does to each symptom."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

RECALL = 7
"""Days that a questionnaire looks back: people report their worst day among them."""
WORST_DAY = 5.5
"""The day of a cycle (1 is its first) on which it is felt most; days 3 to 8 are the bad ones."""
WIDTH = 2.5
_GOOD = frozenset({"mood", "calm", "doing", "company", "overall"})


@dataclass(frozen=True, slots=True)
class Illness:
    """One person's course. Levels go from 0 (none) to 1 (as bad as can be).

    `base` is felt without treatment, `toxicity` is what a cycle adds on its worst day, `benefit` what treatment takes
    off in the long run, `offsets` how much more or less each symptom is felt than the others.
    """

    base: float
    toxicity: float
    benefit: float
    treatment_start: date | None = None
    cycles: tuple[date, ...] = ()
    surgeries: tuple[date, ...] = ()
    end_of_treatment: date | None = None
    offsets: Mapping[str, float] = field(default_factory=dict)

    def level(self, on: date) -> float:
        """How bad the day `on` is as a whole."""
        return _unit(self.base + self._of_cycle(on) + _of_surgery(self.surgeries, on) - self._better(on))

    def felt(self, topic: str, on: date, noise: float = 0.0) -> float:
        """How much of `topic` is reported on `on`: of a trouble its worst day of the week, of a good thing the rest."""
        worst = max(self.level(on - timedelta(days=back)) for back in range(RECALL))
        trouble = _unit(worst + self.offsets.get(topic, 0.0) + noise)
        return 1.0 - trouble if topic in _GOOD else trouble

    def _of_cycle(self, on: date) -> float:
        begun = [first for first in self.cycles if first <= on]
        if not begun:
            return 0.0
        day = (on - begun[-1]).days + 1
        wearing = 1.0 + 0.06 * (len(begun) - 1)  # later cycles are felt a little more
        return self.toxicity * wearing * math.exp(-(((day - WORST_DAY) / WIDTH) ** 2))

    def _better(self, on: date) -> float:
        if self.treatment_start is None or on < self.treatment_start:
            return 0.0
        return self.benefit * (1.0 - math.exp(-(on - self.treatment_start).days / 45.0))


def _of_surgery(surgeries: Sequence[date], on: date) -> float:
    """The weeks after an operation: bad at first, gone after about two months."""
    return sum(0.35 * math.exp(-(on - day).days / 18.0) for day in surgeries if day <= on)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
