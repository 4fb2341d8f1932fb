"""The time points of a schedule after one anchor: their dates, and their names in the protocol."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from scheduler.anchors import Anchor, Timeline
from scheduler.duration import add_calendar, add_months
from scheduler.event_choice import Bound, day_of, next_day_of
from scheduler.rules import Repeat, Schedule


class Point(NamedTuple):
    """One time point of a series: its date, its name (the offset in the protocol) and its number from 1.

    `closes_on` is the day at whose beginning its window closes at the latest, if an event is known that closes it.
    """

    on: date
    name: str
    n: int
    closes_on: date | None = None


def time_points(schedule: Schedule, anchor: Anchor, timeline: Timeline, end: date) -> list[Point]:
    """Every time point before `end` at which something is asked, in order; a date is one time point."""
    names: dict[date, str] = {}
    for distance in schedule.distances:
        names.setdefault(add_calendar(anchor.on, distance), _name(distance.months, distance.days))
    start, end = _bounds(schedule, anchor, timeline, end)
    for repeat in schedule.repeat:
        for on, name in _repeated(repeat, anchor, timeline, end):
            names.setdefault(on, name)
    dates = sorted(on for on in names if start <= on < end)
    points = [Point(on, names[on], n) for n, on in enumerate(dates, 1)]
    if schedule.sometimes:
        points = [point for point in points if schedule.instruments_at(anchor.n, point.n)]
    closes = schedule.window.until_event
    return points if closes is None else [_closed(point, closes, timeline) for point in points]


def _closed(point: Point, closes: Bound, timeline: Timeline) -> Point:
    return point._replace(closes_on=next_day_of(closes, timeline, point.on))


def _repeated(repeat: Repeat, anchor: Anchor, timeline: Timeline, end: date) -> Iterator[tuple[date, str]]:
    """The dates of a repeat before `end`, each with its name."""
    start, stop = _bounds(repeat, anchor, timeline, end)
    if repeat.lasting is not None:
        stop = min(stop, add_calendar(anchor.on, repeat.starting.plus(repeat.lasting)))
    months, days = repeat.starting.months, repeat.starting.days
    for _ in range(repeat.count) if repeat.count else count():
        on = add_months(anchor.on, months) + timedelta(days=days)
        if on >= stop:
            return
        if on >= start:
            yield on, _name(months, days)
        months += repeat.every.months
        days += repeat.every.days


def _bounds(bounded: Repeat | Schedule, anchor: Anchor, timeline: Timeline, end: date) -> tuple[date, date]:
    """The first day of a series, and the day before which it ends, at the latest `end`."""
    start = date.min
    if bounded.from_event is not None:
        start = day_of(bounded.from_event, timeline, anchor, ends=False) or date.max
    if bounded.until_event is not None:
        end = min(end, day_of(bounded.until_event, timeline, anchor, ends=True) or end)
    return start, end


def _name(months: int, days: int) -> str:
    named = f"{months}mo" if months else ""
    return f"{named}{days}d" if days or not months else named
