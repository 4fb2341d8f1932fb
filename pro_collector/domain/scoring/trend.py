"""A person's scores of one scale over time, with the gaps as gaps. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pro_collector.domain.instrument.scale import Scale

Ago = Literal["today", "yesterday", "days", "week", "weeks", "months"]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The score of one day; None where the scale was asked and gave no score."""

    day: date
    value: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """The scores of one scale of one version of an instrument, oldest first, one a day."""

    instrument: str
    version: str
    scale: Scale
    points: Sequence[TrendPoint]

    @property
    def scored(self) -> list[TrendPoint]:
        """The days with a score."""
        return [point for point in self.points if point.value is not None]

    @property
    def lines(self) -> list[list[TrendPoint]]:
        """The runs of days with a score: a day without one ends a run, so that nothing is drawn across a gap."""
        runs: list[list[TrendPoint]] = [[]]
        for point in self.points:
            if point.value is None:
                runs.append([])
            else:
                runs[-1].append(point)
        return [run for run in runs if run]


def one_a_day(points: Iterable[TrendPoint]) -> tuple[TrendPoint, ...]:
    """The points by day, the last one of each day; a day with a score is no gap, whatever else was missed on it."""
    by_day: dict[date, TrendPoint] = {}
    for point in points:
        if point.value is not None or point.day not in by_day:
            by_day[point.day] = point
    return tuple(by_day[day] for day in sorted(by_day))


def ago(day: date, today: date) -> tuple[Ago, int]:
    """How long ago a day was, as people say it: the unit and how many; two or more of `days`, `weeks` and `months`."""
    days = (today - day).days
    if days < 2:
        return ("yesterday", 1) if days == 1 else ("today", 0)
    if days < 14:
        return ("week", 1) if days == 7 else ("days", days)
    return ("weeks", round(days / 7)) if days < 61 else ("months", round(days / 30.44))
