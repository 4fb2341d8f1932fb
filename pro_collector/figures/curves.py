"""Draws how complete each visit was, and endpoints by arm: curves over visits, and curves of time to an event. Pure.

Below each figure stand the numbers: received of expected, with a value, or still at risk.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from statistics import mean
from typing import NamedTuple, TypeVar

from pro_collector.domain.endpoints.survival import at_risk, kaplan_meier
from pro_collector.domain.research.endpoint_tables import ChangeAtVisit, DeteriorationOfParticipant
from pro_collector.domain.research.intervals import mean_interval
from pro_collector.domain.research.missingness import CompletionRow
from pro_collector.figures.drawing import Drawing
from pro_collector.figures.panel import Panel, Point

Row = TypeVar("Row")


class CompletionPoint(NamedTuple):
    """How many visits of one name were expected and received in one group."""

    assessment: str
    reporter: str
    visit: str
    group: str
    expected: int
    received: int


def completion_figure(study: str, rows: Sequence[CompletionRow]) -> str:
    """The completion rate of each visit by arm, a panel for each assessment and reporter, from rows of one study."""
    return visits_figure(
        f"Completion in {study}",
        [
            CompletionPoint(row.assessment, row.reporter, row.visit, row.arm or "no arm", row.expected, row.received)
            for row in rows if row.by == "arm"
        ],
    )  # fmt: skip


def visits_figure(title: str, points: Sequence[CompletionPoint], groups: Sequence[str] = ()) -> str:
    """The completion rate of each visit by group, a panel for each assessment and reporter.

    `groups`: all of them, each with the same colour in every panel; by default those of each panel, by name.
    """
    drawing = Drawing(title, "Received of expected visits, by visit and group; numbers below.")
    top = 12.0
    for (assessment, reporter), own in _panels(points):
        visits = list(dict.fromkeys(point.visit for point in own))
        place = {visit: float(n) for n, visit in enumerate(visits)}
        heading = f"{assessment} ({reporter}): completion rate"
        panel = Panel(drawing, top, (-0.5, len(visits) - 0.5), (0, 1), heading)
        panel.ticks_up([0, 0.25, 0.5, 0.75, 1], lambda value: f"{value:.0%}")
        panel.ticks_across({place[visit]: visit.removeprefix(f"{assessment} ") for visit in visits})
        numbers = []
        for n, group in enumerate(groups or sorted({point.group for point in own})):
            found = [point for point in own if point.group == group]
            panel.curve(n, [(place[each.visit], each.received / each.expected) for each in found if each.expected])
            numbers.append((group, {place[each.visit]: f"{each.received}/{each.expected}" for each in found}))
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
    panel.curve(group, [(x + beside, mean(found)) for x, found in values.items()])
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
        numbers.append((arm, {time: str(at_risk((row.time or 0 for row in own), time)) for time in times}))
    panel.numbers("at risk", numbers)
    return drawing.svg()


def _panels(points: Sequence[CompletionPoint]) -> list[tuple[tuple[str, str], list[CompletionPoint]]]:
    ordered = sorted(points, key=lambda point: (point.assessment, point.reporter))
    return [(key, list(own)) for key, own in groupby(ordered, key=lambda point: (point.assessment, point.reporter))]


def _by(rows: Sequence[Row], group_of: Callable[[Row], str]) -> list[tuple[str, list[Row]]]:
    """Rows by group, in the order of the groups' names; the order of the rows stays."""
    return [(name, [row for row in rows if group_of(row) == name]) for name in sorted({group_of(row) for row in rows})]
