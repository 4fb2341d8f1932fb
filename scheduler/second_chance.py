"""Asking after all: the latest occasion of a series that came too late, or fell into a pause; never more than one."""

from bisect import bisect_left
from datetime import date, datetime, timedelta

from scheduler.calendar import resolve
from scheduler.occasion import Occasion, changed
from scheduler.person import SUPPRESSING
from scheduler.placing import Track

_APART = timedelta(days=1)
_APART_IN_ITS_WINDOW = timedelta(hours=12)


def second_chances(track: Track, series: list[Occasion]) -> None:
    """Replace, in `series` (one anchor, one reporter, in order), what can still be asked: one late, one a pause."""
    if track.placing.pauses and track.schedule.after_pause == "catch_up":
        missed = [k for k, each in enumerate(series) if each.reason in SUPPRESSING and not track.stands(each)]
        for starts_on, ends_on in track.placing.away if missed else ():
            inside = [k for k in missed if starts_on <= series[k].wanted_local.date() < ends_on]
            if inside:
                _after_pause(track, series, inside[-1], ends_on)
    _late(track, series)


def _late(track: Track, series: list[Occasion]) -> None:
    zone, floor = track.placing.zone, track.placing.floor
    last = bisect_left(series, floor, key=lambda each: resolve(each.wanted_local, zone)) - 1
    if last < 0 or series[last].reason not in ("late_anchor", "before_enrolment") or track.stands(series[last]):
        return
    longer = series[last].reason == "late_anchor" and _wanted(track, series[last])
    first_day = resolve(datetime.combine(track.placing.person.enrolled_on, track.hour), zone)
    asked = track.after_all(series[last], max(floor, first_day), "late_anchor", longer)
    asked = _before_the_next(asked, series, last) if asked is not None else None
    if asked is not None:
        series[last] = asked


def _wanted(track: Track, occasion: Occasion) -> bool:
    until = track.entry.backlog_until
    backlog = until is not None and resolve(occasion.wanted_local, track.placing.zone) < until
    return track.schedule.late_anchor == "open" or backlog


def _after_pause(track: Track, series: list[Occasion], last: int, ends_on: date) -> None:
    resumed = resolve(datetime.combine(ends_on, track.hour), track.placing.zone)
    asked = track.after_all(series[last], max(resumed, track.placing.floor), "resume", longer=True)
    asked = _before_the_next(asked, series, last) if asked is not None else None
    if asked is not None:
        series[last] = asked


def _before_the_next(asked: Occasion, series: list[Occasion], k: int) -> Occasion | None:
    """The occasion, closed at the latest when the next one of its series comes; None if that is within a day.

    One that is still in its own window keeps that window, and gives way only to a next one within half a day.
    """
    following = series[k + 1].due_at if k + 1 < len(series) else None
    if following is None or following >= asked.late_until:
        return asked
    own_window = asked.closes_at == series[k].closes_at
    if following - asked.due_at < (_APART_IN_ITS_WINDOW if own_window else _APART):
        return None
    if own_window:
        return asked
    closes = min(asked.closes_at, following)
    kept = tuple(reminder for reminder in asked.reminders if reminder < closes)
    return changed(asked, closes_at=closes, late_until=min(asked.late_until, following), reminders=kept)
