"""Draws the scores of many people at once: a thin line for each, a bold one for the median of each week. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.research.over_time import Stretches
from pro_collector.figures.drawing import LINE_HEIGHT, Drawing
from pro_collector.figures.panel import Panel

_MEDIAN, _YOURS = 0, 1
_LEAST = (-7, 28)
"""The days that are shown at least."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The scores of one person as (day, value), oldest first; `yours`: the line that stands out."""

    points: Sequence[tuple[int, float]]
    yours: bool = False


def trajectories_figure(scale: Scale, anchor: str, lines: Sequence[Trajectory], cycles: Mapping[int, int]) -> str:
    """The figure as SVG; `cycles`: the day on which each treatment cycle began, by its number."""
    days = [*_LEAST, *(day for line in lines for day, _ in line.points)]
    first, last = min(days), max(days)
    low, high = (float(end) for end in scale.range or (0, 100))
    drawing = Drawing(scale.title, f"{scale.title} of each person by days since {anchor}, and the median of each week.")
    panel = Panel(drawing, 0, (first, last), (low, high), scale.title)
    panel.ticks_up([low + share * (high - low) / 4 for share in range(5)], lambda value: f"{value:.4g}")
    step = 7 * max(1, -(-(last - first) // 70))
    panel.ticks_across({float(day): str(day) for day in range(first - first % -step, last + 1, step)})
    for number, day in cycles.items():
        if first <= day <= last:
            x, _ = panel.at((day, low))
            drawing.line(x, panel.top, x, panel.bottom, width=0.7, dash="1 4")
            drawing.text(x + 3, panel.top + 10, f"cycle {number}", size=10)
    for line in (each for each in lines if not each.yours):
        drawing.thread([panel.at(point) for point in line.points])
    panel.curve(_MEDIAN, _medians(lines))
    for line in (each for each in lines if each.yours):
        panel.curve(_YOURS, line.points)
    _legend(drawing, panel, anchor, yours=any(line.yours for line in lines))
    return drawing.svg()


def _medians(lines: Sequence[Trajectory]) -> list[tuple[float, float]]:
    """The median of all scores of each week in which more than one person has one."""
    weeks = Stretches(7)
    values: dict[int, list[tuple[int, float]]] = {}
    for n, line in enumerate(lines):
        for day, value in line.points:
            values.setdefault(weeks.number(day), []).append((n, value))
    return [
        (float(weeks.middle(week)), median(value for _, value in found))
        for week, found in sorted(values.items())
        if len({n for n, _ in found}) > 1
    ]


def _legend(drawing: Drawing, panel: Panel, anchor: str, *, yours: bool) -> None:
    x, y = 200.0, panel.bottom + 2.3 * LINE_HEIGHT
    drawing.text(x, y, f"days since {anchor} (day 0)")
    y += 1.3 * LINE_HEIGHT
    drawing.thread([(x, y - 4), (x + 28, y - 4)])
    drawing.text(x + 36, y, "one person")
    for n, (group, name) in enumerate([(_MEDIAN, "median of the week"), *([(_YOURS, "you")] if yours else [])]):
        left = x + 140 + n * 190
        drawing.path([(left, y - 4), (left + 28, y - 4)], group)
        drawing.dot(left + 14, y - 4, group)
        drawing.text(left + 36, y, name)
