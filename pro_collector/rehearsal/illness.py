"""The course of an invented illness: a daily level that follows the treatment, and the level of each symptom."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

RECALL = 7
"""The recall period of a questionnaire in days: people report its worst day."""
WORST_DAY = 5.5
"""The worst day of a cycle (its first day is 1); days 3 to 8 are bad."""
WIDTH = 2.5
_GOOD = frozenset({"mood", "calm", "doing", "company", "overall"})


@dataclass(frozen=True, slots=True)
class Illness:
    """One person's course. Levels go from 0 (none) to 1 (worst).

    `base` is the level without treatment, `toxicity` is added on the worst day of a cycle, `benefit` is what treatment
    subtracts in the long run, and `offsets` are added to single symptoms.
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
        """The overall level of the day `on`."""
        return _unit(self.base + self._of_cycle(on) + _of_surgery(self.surgeries, on) - self._relief(on))

    def felt(self, topic: str, on: date, noise: float = 0.0) -> float:
        """The level of `topic` reported on the day `on`: of a symptom its worst day of the week, else 1 minus that."""
        worst = max(self.level(on - timedelta(days=back)) for back in range(RECALL))
        trouble = _unit(worst + self.offsets.get(topic, 0.0) + noise)
        return 1.0 - trouble if topic in _GOOD else trouble

    def _of_cycle(self, on: date) -> float:
        started = [first for first in self.cycles if first <= on]
        if not started:
            return 0.0
        day = (on - started[-1]).days + 1
        accumulation = 1.0 + 0.06 * (len(started) - 1)  # later cycles are a little worse
        return self.toxicity * accumulation * math.exp(-(((day - WORST_DAY) / WIDTH) ** 2))

    def _relief(self, on: date) -> float:
        if self.treatment_start is None or on < self.treatment_start:
            return 0.0
        return self.benefit * (1.0 - math.exp(-(on - self.treatment_start).days / 45.0))


def _of_surgery(surgeries: Sequence[date], on: date) -> float:
    """The level after an operation: high at first, over after about two months."""
    return sum(0.35 * math.exp(-(on - day).days / 18.0) for day in surgeries if day <= on)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
