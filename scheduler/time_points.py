"""The time points of a schedule after one anchor: their dates, and their names in the protocol."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from scheduler.anchors import Anchor, Timeline
from scheduler.duration import add_calendar, add_months
from scheduler.rules import Repeat, Schedule


class Point(NamedTuple):
    """One time point of a series: its date, its name (the offset in the protocol) and its number from 1."""

    on: date
    name: str
    n: int


def time_points(schedule: Schedule, anchor: Anchor, timeline: Timeline, end: date) -> list[Point]:
    """Every time point before `end` at which something is asked, in order; a date is one time point."""
    names: dict[date, str] = {}
    for distance in schedule.distances:
        names.setdefault(add_calendar(anchor.on, distance), _name(distance.months, distance.days))
    for repeat in schedule.repeat:
        for on, name in _repeated(repeat, anchor, timeline, end):
            names.setdefault(on, name)
    dates = sorted(on for on in names if on < end)
    points = [Point(on, names[on], n) for n, on in enumerate(dates, 1)]
    if not schedule.sometimes:
        return points
    return [point for point in points if schedule.instruments_at(anchor.n, point.n)]


def _repeated(repeat: Repeat, anchor: Anchor, timeline: Timeline, end: date) -> Iterator[tuple[date, str]]:
    """The dates of a repeat before `end`, each with its name."""
    start, stop = _bounds(repeat, anchor, timeline, end)
    months, days = repeat.starting.months, repeat.starting.days
    for _ in range(repeat.count) if repeat.count else count():
        on = add_months(anchor.on, months) + timedelta(days=days)
        if on >= stop:
            return
        if on >= start:
            yield on, _name(months, days)
        months += repeat.every.months
        days += repeat.every.days


def _bounds(repeat: Repeat, anchor: Anchor, timeline: Timeline, end: date) -> tuple[date, date]:
    """The first day of a repeat, and the day before which it ends, at the latest `end`."""
    start = date.min
    if repeat.from_event is not None:
        began = timeline.first(repeat.from_event, anchor.on, or_on=True)
        start = began.on if began else date.max
    if repeat.until_event is not None:
        stopped = timeline.first(repeat.until_event, anchor.on, or_on=repeat.until_event != anchor.kind)
        end = min(end, stopped.on) if stopped and stopped != anchor else end
    if repeat.lasting is not None:
        end = min(end, add_calendar(anchor.on, repeat.starting.plus(repeat.lasting)))
    return start, end


def _name(months: int, days: int) -> str:
    named = f"{months}mo" if months else ""
    return f"{named}{days}d" if days or not months else named
