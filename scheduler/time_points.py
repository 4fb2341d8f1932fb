"""The time points of a schedule after one anchor: their dates, and their names in the protocol."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import NamedTuple

from scheduler.anchors import Anchor, Timeline
from scheduler.calendar import later, wall_time, whole_minute
from scheduler.duration import Duration, add_calendar, add_months
from scheduler.event_choice import Bound, day_of, next_day_of
from scheduler.rules import Repeat, Schedule
from scheduler.times_of_day import earliest
from scheduler.weekdays import DaysOff, first_from, name_in_week, within

_WEEKEND = DaysOff()


class Point(NamedTuple):
    """One time point of a series: its date, its name (the offset in the protocol) and its number from 1.

    `closes_on` is the day at whose beginning its window closes at the latest, if an event is known that closes it.
    `slot` is its place among the times of its day, from 0; a name has that place after a slash, except the first.
    `at` is its wall time if it is hours after its anchor, and `timeless` says that the time of that is not known.
    """

    on: date
    name: str
    n: int
    closes_on: date | None = None
    slot: int = 0
    at: time | None = None
    timeless: bool = False

    @property
    def day_name(self) -> str:
        """The name of its day in the protocol, whichever of the times of that day it is."""
        return self.name.partition("/")[0]


def time_points(
    schedule: Schedule, anchor: Anchor, timeline: Timeline, end: date, off: DaysOff = _WEEKEND, zone: tzinfo = UTC
) -> list[Point]:
    """Every time point before `end` at which something is asked, in order: on each date, at each of its times.

    `off` are the days on which the person's hospital does not work. Hours are elapsed in `zone`.
    """
    names: dict[date, str] = {}
    start, end = _bounds(schedule, anchor, timeline, end)
    for on, name in _named_days(schedule, anchor, timeline, end, off):
        names.setdefault(first_from(on, schedule.move_to, off) if schedule.move_to else on, name)
    if anchor.expected:  # until the event has happened, only what comes before it is asked
        end = min(end, anchor.on)
    dates = sorted(on for on in names if start <= on < end)
    if schedule.slots == 1:
        points = [Point(on, names[on], n) for n, on in enumerate(dates, 1)]
    else:
        each = ((on, slot) for on in dates for slot in range(schedule.slots))
        points = [Point(on, _slot_name(names[on], slot), n, slot=slot) for n, (on, slot) in enumerate(each, 1)]
    if schedule.hours_after:
        points = _with_hours(schedule, anchor, points, (start, end), zone)
    if schedule.sometimes:
        points = [point for point in points if schedule.instruments_at(anchor.n, point.n)]
    closes = schedule.window.until_event
    return points if closes is None else [_closed(point, closes, timeline) for point in points]


def _named_days(
    schedule: Schedule, anchor: Anchor, timeline: Timeline, end: date, off: DaysOff
) -> Iterator[tuple[date, str]]:
    """The days of a schedule, each with its name, before they move."""
    for distance in schedule.distances:
        if distance.seconds:
            continue
        yield add_calendar(anchor.on, distance), _name(distance.months, distance.days)
    for repeat in schedule.repeat:
        start, stop = _bounds(repeat, anchor, timeline, end)
        if repeat.lasting is not None:
            stop = min(stop, add_calendar(anchor.on, repeat.starting.plus(repeat.lasting)))
        days = _on_weekdays(repeat, anchor, stop, off) if repeat.weekdays else _rhythm(repeat, anchor, stop)
        counted = islice(days, repeat.count) if repeat.count else days
        yield from ((on, name) for on, name in counted if on >= start)


def _with_hours(
    schedule: Schedule, anchor: Anchor, points: list[Point], days: tuple[date, date], zone: tzinfo
) -> list[Point]:
    """The time points with those that are hours after the anchor, from the first of `days` on and before the last."""
    start, end = days
    found = [_hours_after(anchor, distance, zone) for distance in schedule.hours_after]
    usual = earliest(schedule.at)
    together = [*points, *(each for each in found if start <= each.on < end)]
    together.sort(key=lambda each: (each.on, each.at or usual))
    return [point._replace(n=n) for n, point in enumerate(together, 1)]


def _hours_after(anchor: Anchor, distance: Duration, zone: tzinfo) -> Point:
    name = _name(distance.months, distance.days) if distance.months or distance.days else ""
    name += str(Duration(seconds=distance.seconds)).replace(" ", "")
    if anchor.at is None:
        return Point(add_calendar(anchor.on, distance), name, 0, timeless=True)
    wall = wall_time(whole_minute(later(datetime.combine(anchor.on, anchor.at), distance, zone)), zone)
    return Point(wall.date(), name, 0, at=wall.time().replace(fold=0))


def _closed(point: Point, closes: Bound, timeline: Timeline) -> Point:
    return point._replace(closes_on=next_day_of(closes, timeline, point.on))


def _rhythm(repeat: Repeat, anchor: Anchor, stop: date) -> Iterator[tuple[date, str]]:
    """The first day of each interval before `stop`, with its name."""
    months, days = repeat.starting.months, repeat.starting.days
    while (on := add_months(anchor.on, months) + timedelta(days=days)) < stop:
        yield on, _name(months, days)
        months += repeat.every.months
        days += repeat.every.days


def _on_weekdays(repeat: Repeat, anchor: Anchor, stop: date, off: DaysOff) -> Iterator[tuple[date, str]]:
    """The days of the week of a repeat, in the first week of each interval, before `stop`.

    A name has the interval and the day of the week: the same Sunday keeps its name if the anchor moves by a day.
    """
    span = 7 if repeat.every.months else min(7, repeat.every.days)
    for first, name in _rhythm(repeat, anchor, stop):
        for on in within(first, span, repeat.weekdays, off):
            if on < stop:
                yield on, name if span == 1 else f"{name}-{name_in_week(on, repeat.weekdays, off)}"


def _bounds(bounded: Repeat | Schedule, anchor: Anchor, timeline: Timeline, end: date) -> tuple[date, date]:
    """The first day of a series, and the day before which it ends, at the latest `end`."""
    start = date.min
    if bounded.from_event is not None:
        start = day_of(bounded.from_event, timeline, anchor, ends=False) or date.max
    if bounded.until_event is not None:
        end = min(end, day_of(bounded.until_event, timeline, anchor, ends=True) or end)
    return start, end


def _slot_name(name: str, slot: int) -> str:
    return f"{name}/{slot + 1}" if slot else name


def _name(months: int, days: int) -> str:
    named = f"{months}mo" if months else ""
    return f"{named}{days}d" if days or not months else named
