"""Lays out the drawing of one trend: an axis with the full range of the scale, dots, lines, marked days. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pro_collector.domain.scoring.trend import Trend, TrendPoint

LEFT, RIGHT, TOP, BOTTOM = 40, 308, 34, 158
"""The edges of the area of the dots, in units of the drawing."""
MARK_DISTANCE = 14
"""How far apart two numbers of marked days must be to be readable; a mark that is closer has a line alone."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A value of the scale and its height."""

    label: str
    y: float


@dataclass(frozen=True, slots=True)
class EventMark:
    """A marked day: the number that stands for it in the list beneath; empty where there is no room."""

    x: float
    number: str


@dataclass(frozen=True, slots=True)
class TrendDrawing:
    """Where everything is. `lines`: the `points` attribute of each polyline. `first`, `last`: the ends of the axis.

    `baseline`: the height of a line across the drawing; None without one.
    """

    ticks: Sequence[Tick]
    dots: Sequence[tuple[float, float]]
    lines: Sequence[str]
    marks: Sequence[EventMark]
    first: date
    last: date
    baseline: float | None = None


def draw(
    trend: Trend, marked: Sequence[date], span: tuple[date, date] | None = None, baseline: float | None = None
) -> TrendDrawing | None:
    """The drawing of a trend; None without a known range of the scale, because then no axis would be honest.

    `marked`: days to mark, oldest first; those outside of the drawn days are left out. `span`: the first and the last
    day of the axis, where several drawings share one; by default those of the trend. `baseline`: a value to compare
    with.
    """
    if trend.scale.range is None or not trend.scored:
        return None
    low, high = trend.scale.range
    first, last = span or (trend.points[0].day, trend.points[-1].day)

    def at(point: TrendPoint) -> tuple[float, float]:
        return _x(point.day, first, last), _y(point.value or 0.0, low, high)

    middle = (low + high) / 2
    return TrendDrawing(
        ticks=[Tick(f"{value:g}", _y(value, low, high)) for value in (high, middle, low)],
        dots=[at(point) for point in trend.scored],
        lines=[" ".join(f"{x:g},{y:g}" for x, y in map(at, run)) for run in trend.lines if len(run) > 1],
        marks=_marks(marked, first, last),
        first=first,
        last=last,
        baseline=None if baseline is None else _y(baseline, low, high),
    )


def _marks(marked: Sequence[date], first: date, last: date) -> list[EventMark]:
    marks: list[EventMark] = []
    free = float(LEFT) - MARK_DISTANCE
    for number, day in enumerate(marked, start=1):
        if first <= day <= last:
            x = _x(day, first, last)
            room = x - free >= MARK_DISTANCE
            marks.append(EventMark(x, str(number) if room else ""))
            free = x if room else free
    return marks


def _x(day: date, first: date, last: date) -> float:
    days = (last - first).days
    share = (day - first).days / days if days else 0.5
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _y(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return round(BOTTOM - min(1.0, max(0.0, share)) * (BOTTOM - TOP), 1)
