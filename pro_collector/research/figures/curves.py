"""Draws how complete each visit was, and endpoints by arm: curves over visits, and curves of time to an event. Pure.

Below each figure stand the numbers: received of expected, with a value, or still at risk.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from math import sqrt
from statistics import NormalDist, mean, stdev
from typing import NamedTuple, TypeVar

from pro_collector.domain.endpoints.survival import kaplan_meier
from pro_collector.domain.research.endpoint_tables import ChangeAtVisit, DeteriorationOfParticipant
from pro_collector.domain.research.missingness import CompletionRow
from pro_collector.research.figures.drawing import GREY, LETTER, LINE_HEIGHT, Drawing

_LEFT, _WIDTH, _HEIGHT, _MOST_LABELS = 150.0, 620.0, 240.0, 10
Point = tuple[float, float]
Row = TypeVar("Row")


class Panel:
    """An area with axes in a drawing: `across` and `up` are the lowest and highest value of each axis."""

    def __init__(self, drawing: Drawing, top: float, across: Point, up: Point, heading: str) -> None:
        self.drawing, self.top, self._across, self._up = drawing, top + 30, across, up
        drawing.text(12, top + 14, heading, bold=True, size=14)
        drawing.line(_LEFT, self.bottom, _LEFT + _WIDTH, self.bottom)
        drawing.line(_LEFT, self.top, _LEFT, self.bottom)

    @property
    def bottom(self) -> float:
        """The height of the axis across."""
        return self.top + _HEIGHT

    def at(self, point: Point) -> Point:
        """The place of a point in the drawing."""
        (low, high), (floor, ceiling) = self._across, self._up
        x = (point[0] - low) / (high - low) if high > low else 0.5
        y = (point[1] - floor) / (ceiling - floor) if ceiling > floor else 0.5
        return _LEFT + x * _WIDTH, self.bottom - y * _HEIGHT

    def ticks_up(self, values: Sequence[float], said: Callable[[float], str]) -> None:
        """Lines across at these values."""
        for value in values:
            _, y = self.at((self._across[0], value))
            self.drawing.line(_LEFT, y, _LEFT + _WIDTH, y, GREY, 0.3)
            self.drawing.text(_LEFT - 6, y + 4, said(value), "end")

    def ticks_across(self, labels: Mapping[float, str]) -> None:
        """Labels below the axis, of which as many are shown as there is room for."""
        step = -(-len(labels) // _MOST_LABELS) if labels else 1
        for n, (value, label) in enumerate(labels.items()):
            x, _ = self.at((value, self._up[0]))
            self.drawing.line(x, self.bottom, x, self.bottom + 4)
            if n % step == 0:
                self.drawing.text(x, self.bottom + 16, label[: int(_WIDTH / _MOST_LABELS / LETTER)], "middle")

    def numbers(self, heading: str, rows: Sequence[tuple[str, Mapping[float, str]]], group: bool = True) -> float:
        """A row of numbers for each group below the axis, under its ticks; returns where the next panel begins."""
        y = self.bottom + 2.3 * LINE_HEIGHT
        self.drawing.text(12, y, heading, bold=True)
        for n, (name, values) in enumerate(rows):
            y += LINE_HEIGHT
            if group:
                self.drawing.path([(12, y - 4), (40, y - 4)], n)
            self.drawing.text(46, y, name[:15])
            step = -(-len(values) // _MOST_LABELS) if values else 1
            for k, (value, text) in enumerate(values.items()):
                if k % step == 0:
                    self.drawing.text(self.at((value, self._up[0]))[0], y, text, "middle", size=11)
        return y + 2 * LINE_HEIGHT


def completion_figure(study: str, rows: Sequence[CompletionRow]) -> str:
    """The completion rate of each visit by arm, a panel for each assessment and reporter, from rows of one study."""
    by_arm = [row for row in rows if row.by == "arm"]
    drawing = Drawing(f"Completion in {study}", "Received of expected visits, by visit and arm; numbers below.")
    top = 12.0
    for (assessment, reporter), own in _panels(by_arm):
        visits = list(dict.fromkeys(row.visit for row in own))
        place = {visit: float(n) for n, visit in enumerate(visits)}
        heading = f"{assessment} ({reporter}): completion rate"
        panel = Panel(drawing, top, (-0.5, len(visits) - 0.5), (0, 1), heading)
        panel.ticks_up([0, 0.25, 0.5, 0.75, 1], lambda value: f"{value:.0%}")
        panel.ticks_across({place[visit]: visit.removeprefix(f"{assessment} ") for visit in visits})
        numbers = []
        for n, (arm, group) in enumerate(_by(own, lambda row: row.arm or "no arm")):
            _curve(panel, n, [(place[r.visit], r.completion_rate) for r in group if r.completion_rate is not None])
            numbers.append((arm, {place[row.visit]: f"{row.received}/{row.expected}" for row in group}))
        top = panel.numbers("received / expected", numbers)
    return drawing.svg()


class Measured(NamedTuple):
    """A value of one participant at one visit, and the arm; `number` orders the visits."""

    arm: str
    visit: str
    number: int
    value: float


def change_figure(title: str, rows: Sequence[ChangeAtVisit]) -> str:
    """The mean change from baseline at each visit by arm, with the interval of 1.96 standard errors."""
    measured = [
        Measured(row.arm or "no arm", row.visit, row.visit_number, row.change) for row in rows if row.change is not None
    ]
    return mean_figure(title, "Mean change from baseline by visit and arm", measured, (0.0, 0.0))


def mean_figure(title: str, what: str, measured: Sequence[Measured], shown: Point | None = None) -> str:
    """Means by visit and arm, with intervals of 1.96 standard errors; `shown`: what the axis has at least."""
    visits = list(dict.fromkeys(each.visit for each in sorted(measured, key=lambda each: each.number)))
    place = {visit: float(n) for n, visit in enumerate(visits)}
    groups: list[tuple[str, dict[str, list[float]]]] = []
    for arm, own in _by(measured, lambda each: each.arm):
        values: dict[str, list[float]] = {visit: [] for visit in visits}
        for each in own:
            values[each.visit].append(each.value)
        groups.append((arm, values))
    limits = [edge for _, given in groups for found in given.values() if found for edge in mean_interval(found)]
    limits += [] if shown is None and limits else shown or (0.0, 1.0)
    low, high = min(limits), max(limits)
    drawing = Drawing(title, f"{what}, with 1.96 standard errors; numbers below.")
    panel = Panel(drawing, 12, (-0.5, max(len(visits), 1) - 0.5), (low, high if high > low else low + 1), title)
    panel.ticks_up(sorted({low, *([0.0] if low < 0 < high else []), high}), lambda value: f"{value:.1f}")
    panel.ticks_across({place[visit]: visit for visit in visits})
    for n, (_, given) in enumerate(groups):
        _means(panel, n, 0.06 * (n - (len(groups) - 1) / 2), {place[v]: found for v, found in given.items() if found})
    panel.numbers(
        "with a value", [(arm, {place[v]: str(len(found)) for v, found in given.items()}) for arm, given in groups]
    )
    return drawing.svg()


def _means(panel: Panel, group: int, beside: float, values: Mapping[float, Sequence[float]]) -> None:
    """The curve of one group with its intervals, a little beside the tick so that groups do not hide each other."""
    _curve(panel, group, [(x + beside, mean(found)) for x, found in values.items()])
    for x, found in values.items():
        _, lower, upper = mean_interval(found)
        panel.drawing.path([panel.at((x + beside, edge)) for edge in (lower, upper)], group)


def time_figure(title: str, rows: Sequence[DeteriorationOfParticipant]) -> str:
    """The share without the event over time by arm (Kaplan-Meier); a competing event ends the time like censoring."""
    known = [row for row in rows if row.time is not None and row.event is not None]
    groups = _by(known, lambda row: row.arm or "no arm")
    last = max((row.time or 0 for row in known), default=1) or 1
    drawing = Drawing(title, "Share of participants without the event over time, by arm; participants at risk below.")
    panel = Panel(drawing, 12, (0, last), (0, 1), title)
    panel.ticks_up([0, 0.25, 0.5, 0.75, 1], lambda value: f"{value:.0%}")
    times = [last * n / 6 for n in range(7)]
    panel.ticks_across({time: f"{time:.4g}" for time in times})
    numbers = []
    for n, (arm, own) in enumerate(groups):
        points: list[Point] = [(0, 1)]
        for step in kaplan_meier((row.time or 0, row.event == 1) for row in own):
            points += [(step.time, points[-1][1]), (step.time, step.free)]
        panel.drawing.path([panel.at(point) for point in points], n)
        numbers.append((arm, {time: str(sum((row.time or 0) >= time for row in own)) for time in times}))
    panel.numbers("at risk", numbers)
    return drawing.svg()


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean, and the limits of 1.96 standard errors around it; of one value alone the value itself."""
    middle = mean(values)
    reach = NormalDist().inv_cdf(0.975) * stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
    return middle, middle - reach, middle + reach


def _curve(panel: Panel, group: int, points: Sequence[Point]) -> None:
    placed = [panel.at(point) for point in points]
    if len(placed) > 1:
        panel.drawing.path(placed, group)
    for x, y in placed:
        panel.drawing.dot(x, y, group)


def _panels(rows: Sequence[CompletionRow]) -> list[tuple[tuple[str, str], list[CompletionRow]]]:
    ordered = sorted(rows, key=lambda row: (row.assessment, row.reporter))
    return [(key, list(own)) for key, own in groupby(ordered, key=lambda row: (row.assessment, row.reporter))]


def _by(rows: Sequence[Row], group_of: Callable[[Row], str]) -> list[tuple[str, list[Row]]]:
    """Rows by group, in the order of the groups' names; the order of the rows stays."""
    return [(name, [row for row in rows if group_of(row) == name]) for name in sorted({group_of(row) for row in rows})]
