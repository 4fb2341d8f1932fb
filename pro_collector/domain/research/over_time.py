"""Scores of a scale over time: who counts in which stretch of days, and how many a number rests on. Pure.

Days count from each participant's day 0. They are cut into stretches of equal length, one of them around day 0; in each
a participant counts once. Nothing is smoothed, carried forward, or pooled from fewer than FEWEST participants.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pro_collector.domain.research.intervals import mean_interval, median_interval

FEWEST = 5
"""So many participants a mean or a median must rest on; of fewer, none is given."""
LENGTHS = (7, 14, 28, 56, 91, 182, 364)
"""Days in a stretch, to choose from."""
_MOST_STRETCHES = 16
Statistic = Literal["mean", "median"]


@dataclass(frozen=True, slots=True)
class Followed:
    """A participant, by pseudonym. `group`: the arm or site; `first`, `last`: the days that they were in the study."""

    code: str
    group: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ScoreOnDay:
    """A score of a participant on a day."""

    code: str
    day: int
    value: float


@dataclass(frozen=True, slots=True)
class VisitOnDay:
    """A visit that was expected of a participant on a day, and whether it was received."""

    code: str
    day: int
    received: bool


@dataclass(frozen=True, slots=True)
class Stretches:
    """Days cut into stretches of `length` days each; number 0 has day 0 in its middle."""

    length: int

    def number(self, day: int) -> int:
        """The stretch that a day is in."""
        return (day + self.length // 2) // self.length

    def middle(self, number: int) -> int:
        """Its middle day."""
        return number * self.length

    def ends(self, number: int) -> tuple[int, int]:
        """Its first and its last day."""
        first = number * self.length - self.length // 2
        return first, first + self.length - 1


@dataclass(frozen=True, slots=True)
class GroupInStretch:
    """What is known of a group of participants in a stretch of days: a row of the table below a chart."""

    group: Annotated[str, "arm or site, or all participants"]
    from_day: Annotated[int, "first day of the stretch, counted from each participant's day 0"]
    to_day: Annotated[int, "its last day"]
    at_risk: Annotated[int, "participants who were in the study on a day of the stretch"]
    expected: Annotated[int, "visits with this questionnaire that were due in it, of people alive and in the study"]
    received: Annotated[int, "of these: something was received"]
    n: Annotated[int, "participants with a score in it: the one closest to its middle"]
    value: Annotated[float | None, "mean or median of these scores; empty: fewer than 5 participants"]
    lower: Annotated[float | None, "lower limit of the interval of 95 %"]
    upper: Annotated[float | None, "upper limit"]

    @property
    def middle(self) -> int:
        """The middle day of the stretch."""
        return self.from_day + (self.to_day - self.from_day + 1) // 2


def length_for(days: Iterable[int]) -> int:
    """The shortest length of LENGTHS with which these days fit on a chart."""
    found = list(days) or [0]
    spans = [length for length in LENGTHS if (max(found) - min(found)) // length < _MOST_STRETCHES]
    return spans[0] if spans else LENGTHS[-1]


def one_in_each(scores: Iterable[ScoreOnDay], stretches: Stretches) -> dict[tuple[int, str], ScoreOnDay]:
    """By stretch and participant the score closest to the middle; of two as close, the earlier one."""
    found: dict[tuple[int, str], ScoreOnDay] = {}
    for score in sorted(scores, key=lambda each: each.day):
        number = stretches.number(score.day)
        known = found.get((number, score.code))
        middle = stretches.middle(number)
        if known is None or abs(score.day - middle) < abs(known.day - middle):
            found[number, score.code] = score
    return found


def over_time(
    people: Sequence[Followed], scores: Iterable[ScoreOnDay], visits: Iterable[VisitOnDay], stretches: Stretches,
    statistic: Statistic,
) -> list[GroupInStretch]:  # fmt: skip
    """Every group in every stretch that has a score or an expected visit of anybody, by group and time."""
    group_of = {each.code: each.group for each in people}
    values: dict[tuple[str, int], list[float]] = defaultdict(list)
    for (number, code), score in one_in_each((each for each in scores if each.code in group_of), stretches).items():
        values[group_of[code], number].append(score.value)
    due: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for visit in visits:
        if visit.code in group_of:
            due[group_of[visit.code], stretches.number(visit.day)].append(visit.received)
    numbers = sorted({number for _, number in (*values, *due)})
    return [
        _row(group, stretches.ends(number), people, due[group, number], values[group, number], statistic)
        for group in sorted(set(group_of.values()))
        for number in (range(numbers[0], numbers[-1] + 1) if numbers else ())
    ]


def _row(
    group: str, days: tuple[int, int], people: Sequence[Followed], due: Sequence[bool], values: Sequence[float],
    statistic: Statistic,
) -> GroupInStretch:  # fmt: skip
    first, last = days
    found = _STATISTICS[statistic](values) if len(values) >= FEWEST else (None, None, None)
    return GroupInStretch(
        group, first, last,
        sum(each.group == group and each.first <= last and each.last >= first for each in people),
        len(due), sum(due), len(values), *found,
    )  # fmt: skip


_STATISTICS: Mapping[Statistic, Callable[[Sequence[float]], tuple[float, float | None, float | None]]] = {
    "mean": mean_interval,
    "median": median_interval,
}
