"""Asks again, after the planned time: the last late occasion of a series, and the last one in each absence."""

from bisect import bisect_left
from dataclasses import replace
from datetime import date, datetime, timedelta

from scheduler.calendar import resolve
from scheduler.occasion import Occasion
from scheduler.person import SUPPRESSING
from scheduler.reporter_series import ReporterSeries

_SHORTEST_GAP = timedelta(days=1)
_SHORTEST_GAP_IN_OWN_WINDOW = timedelta(hours=12)


def second_chances(series: ReporterSeries, occasions: list[Occasion]) -> None:
    """Replace each occasion that can still be asked: one late occasion, and one of each absence.

    `occasions` are all of the series, in order; the list is changed.
    """
    if series.schedule.after_pause == "catch_up":
        missed = [
            place
            for place, occasion in enumerate(occasions)
            if occasion.reason in SUPPRESSING and not series.is_stored(occasion)
        ]
        for starts_on, ends_on in series.situation.absences:
            inside = [place for place in missed if starts_on <= occasions[place].wanted_local.date() < ends_on]
            if inside:
                _after_absence(series, occasions, inside[-1], ends_on)
    _late(series, occasions)


def _after_absence(series: ReporterSeries, occasions: list[Occasion], place: int, ends_on: date) -> None:
    situation = series.situation
    resumed = resolve(datetime.combine(ends_on, series.hour), situation.zone)
    earliest = max(resumed, situation.earliest)
    _replace(occasions, place, series.asked_later(occasions[place], earliest, "resume", longer=True))


def _late(series: ReporterSeries, occasions: list[Occasion]) -> None:
    situation = series.situation
    zone = situation.zone
    wanted = bisect_left(occasions, situation.earliest, key=lambda occasion: resolve(occasion.wanted_local, zone))
    place = wanted - 1
    occasion = occasions[place] if place >= 0 else None
    if occasion is None or occasion.reason not in ("late_anchor", "before_enrolment") or series.is_stored(occasion):
        return
    longer = occasion.reason == "late_anchor" and _asks_late(series, occasion)
    first_day = resolve(datetime.combine(situation.person.enrolled_on, series.hour), zone)
    earliest = max(situation.earliest, first_day)
    _replace(occasions, place, series.asked_later(occasion, earliest, "late_anchor", longer))


def _asks_late(series: ReporterSeries, occasion: Occasion) -> bool:
    """Whether the study asks a late occasion after its window: always, or if it is in the backlog of an amendment."""
    until = series.entry.backlog_until
    backlog = until is not None and resolve(occasion.wanted_local, series.situation.zone) < until
    return series.schedule.late_anchor == "open" or backlog


def _replace(occasions: list[Occasion], place: int, asked: Occasion | None) -> None:
    asked = _before_the_next(asked, occasions, place) if asked is not None else None
    if asked is not None:
        occasions[place] = asked


def _before_the_next(asked: Occasion, occasions: list[Occasion], place: int) -> Occasion | None:
    """The occasion, closed at the latest when the next one of its series is due; None if that is within a day.

    An occasion in its original window keeps that window, and is dropped only if the next one is within half a day.
    """
    following = occasions[place + 1].due_at if place + 1 < len(occasions) else None
    if following is None or following >= asked.late_until:
        return asked
    own_window = asked.closes_at == occasions[place].closes_at
    if following - asked.due_at < (_SHORTEST_GAP_IN_OWN_WINDOW if own_window else _SHORTEST_GAP):
        return None
    if own_window:
        return asked
    closes = min(asked.closes_at, following)
    reminders = tuple(reminder for reminder in asked.reminders if reminder < closes)
    return replace(asked, closes_at=closes, late_until=min(asked.late_until, following), reminders=reminders)
