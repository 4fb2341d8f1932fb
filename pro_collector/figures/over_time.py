"""Draws a scale over time by group: means or medians with intervals, and below them what they rest on. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.research.over_time import GroupInStretch, Statistic
from pro_collector.figures.drawing import LINE_HEIGHT, Drawing
from pro_collector.figures.panel import Panel

DIRECTIONS: Mapping[str, str] = {
    "higher-is-better": "Higher is better.", "higher-is-worse": "Higher is worse.", "none": "",
}  # fmt: skip
_LINE = 118
"""Most letters in a line of text below a drawing."""


@dataclass(frozen=True, slots=True)
class OverTime:
    """What is drawn. `anchor`: what happened on day 0; `groups`: titles of groups, in their order.

    `cycles`: the day on which each treatment cycle began, by its number.
    """

    title: str
    scale: Scale
    anchor: str
    statistic: Statistic
    groups: Mapping[str, str]
    rows: Sequence[GroupInStretch]
    cycles: Mapping[int, int] = field(default_factory=dict)


def over_time_figure(of: OverTime) -> str:
    """The figure as SVG."""
    drawing = Drawing(of.title, f"{described(of)} Numbers are below the axis.")
    low, high = _limits(of)
    middles = sorted({row.middle for row in of.rows}) or [0]
    half = (of.rows[0].to_day - of.rows[0].from_day + 1) / 2 if of.rows else 3.5
    panel = Panel(drawing, 12, (middles[0] - half, middles[-1] + half), (low, high), of.title)
    panel.ticks_up([low + share * (high - low) / 4 for share in range(5)], lambda value: f"{value:.4g}")
    panel.ticks_across({float(middle): str(middle) for middle in middles})
    if middles[0] <= 0 <= middles[-1]:
        _upright(panel, 0, low, "4 4")
    _mark_cycles(panel, of.cycles, low, middles[-1] + half)
    groups = [(name, [row for row in of.rows if row.group == name]) for name in of.groups]
    for n, (_, rows) in enumerate(groups):
        _draw_group(panel, n, (n - (len(groups) - 1) / 2) * half / max(4, 2 * len(groups)), rows)
    _difference(panel, of.scale, low, high)
    _words(drawing, _below(panel, of, groups), of)
    return drawing.svg()


def described(of: OverTime) -> str:
    """What the figure shows, in one sentence."""
    how = {
        "mean": "mean, with 1.96 standard errors on each side",
        "median": "median, with an interval of at least 95 % from order statistics",
    }[of.statistic]
    return f"{of.scale.title} by days since day 0 ({of.anchor}): {how}."


def _limits(of: OverTime) -> tuple[float, float]:
    if of.scale.range:
        return float(of.scale.range[0]), float(of.scale.range[1])
    found = [edge for row in of.rows for edge in (row.lower, row.value, row.upper) if edge is not None] or [0.0]
    low, high = min(found), max(found)
    return low, high if high > low else low + 1


def _upright(panel: Panel, day: float, low: float, dash: str) -> float:
    """A line from the axis to the top at a day; returns where that is."""
    x, _ = panel.at((day, low))
    panel.drawing.line(x, panel.top, x, panel.bottom, dash=dash, width=0.7)
    return x


def _mark_cycles(panel: Panel, cycles: Mapping[int, int], low: float, last: float) -> None:
    """The starts of cycles, with their numbers where there is room."""
    free = 0.0
    for number, day in sorted(cycles.items()):
        if 0 <= day <= last:
            x = _upright(panel, day, low, "1 4")
            if x >= free:
                panel.drawing.text(x + 3, panel.top + 10, f"cycle {number}", size=10)
                free = x + 50


def _draw_group(panel: Panel, group: int, beside: float, rows: Sequence[GroupInStretch]) -> None:
    """The line of a group, broken where there is no value: nothing is drawn across a gap."""
    for known, run in groupby(rows, key=lambda row: row.value is not None):
        if not known:
            continue
        points = [(row.middle + beside, row.value) for row in run if row.value is not None]
        panel.curve(group, points)
    for row in rows:
        if row.lower is not None and row.upper is not None:
            panel.interval(group, row.middle + beside, row.lower, row.upper)


def _difference(panel: Panel, scale: Scale, low: float, high: float) -> None:
    """A bar beside the area, as high as the smallest published change that matters."""
    points = min((float(change.points) for change in scale.changes), default=0.0)
    if not 0 < points <= high - low:
        return
    middle, x = (low + high) / 2, panel.right + 14
    (_, bottom), (_, top) = panel.at((0, middle - points / 2)), panel.at((0, middle + points / 2))
    panel.drawing.line(x, bottom, x, top, width=3)
    for y in (bottom, top):
        panel.drawing.line(x - 4, y, x + 4, y)
    panel.drawing.text(x + 8, (bottom + top) / 2 + 4, f"{points:g}")


def _below(panel: Panel, of: OverTime, groups: Sequence[tuple[str, Sequence[GroupInStretch]]]) -> float:
    """The rows of numbers; returns the height below them."""
    panel.drawing.text(12, panel.bottom + 16, "day")
    below = panel.numbers(
        "With a score", [(of.groups[name], {float(r.middle): str(r.n) for r in rows}) for name, rows in groups]
    )
    below = panel.numbers(
        "In the study",
        [(of.groups[name], {float(r.middle): str(r.at_risk) for r in rows}) for name, rows in groups],
        below,
    )
    return panel.numbers(
        "Visits received / expected",
        [(of.groups[name], {float(r.middle): f"{r.received}/{r.expected}" for r in rows}) for name, rows in groups],
        below,
    )


def _words(drawing: Drawing, y: float, of: OverTime) -> None:
    """What a reader must know, in lines below the numbers."""
    words = [described(of), f"{DIRECTIONS[of.scale.direction]} Nothing is given of fewer than 5 participants.".strip()]
    words += [f"Change that matters: {each.points:g}, {each.meaning} ({each.source})." for each in of.scale.changes]
    for n, line in enumerate(line for each in words for line in _wrapped(each)):
        drawing.text(12, y + n * LINE_HEIGHT, line, size=11)


def _wrapped(words: str) -> list[str]:
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) > _LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
