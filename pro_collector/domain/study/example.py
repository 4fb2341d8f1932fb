"""When everything would happen to somebody whose treatment goes as the study file expects it; for a picture of it."""

from datetime import date

from pro_collector.domain.study.definition import EventKind, Expected, Study
from scheduler.anchors import ENROLMENT
from scheduler.duration import Duration, add_calendar

_WAIT, _PACE, _TIMES = Duration(days=14), Duration(days=28), 6
"""What is shown where the file says nothing: two weeks later, and six times, four weeks apart."""


def example_events(study: Study, enrolled: date) -> list[tuple[str, date]]:
    """Each event with its date, in order; one that most people do not have is left out, unless something needs it."""
    needed = {kind for each in study.assessments.values() for kind in each.anchor_kinds}
    dates: dict[str, list[date]] = {ENROLMENT: [enrolled]}
    waiting = {
        name: kind
        for name, kind in study.timeline.items()
        if name != ENROLMENT and (name in needed or (kind.ends is None and _expected(kind).chance >= 0.5))
    }
    while waiting:
        ready = [name for name, kind in waiting.items() if _expected(kind).after in dates] or list(waiting)[:1]
        for name in ready:
            kind = waiting.pop(name)
            after = dates.get(_expected(kind).after, [enrolled])[0]
            dates[name] = _dates(kind, after)
    happened = [(name, on) for name, days in dates.items() for on in days if name != ENROLMENT]
    return sorted(happened, key=lambda event: (event[1], event[0]))


def _dates(kind: EventKind, after: date) -> list[date]:
    expected = _expected(kind)
    days = [add_calendar(after, expected.wait)]
    for _ in range(expected.times - 1 if kind.happens == "repeatedly" else 0):
        days.append(add_calendar(days[-1], kind.every or _PACE))
    return days


def _expected(kind: EventKind) -> Expected:
    return kind.expected or Expected(wait=_WAIT, times=_TIMES)
