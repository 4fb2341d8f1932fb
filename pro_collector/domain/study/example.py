"""When everything would happen to somebody whose treatment goes as the study file expects it; for a picture of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.event_kind import EventKind, Expected
from scheduler.anchors import ENROLMENT, Anchor, Timeline
from scheduler.consent import Consent
from scheduler.duration import Duration, add_calendar
from scheduler.occasion import Occasion
from scheduler.person import Person
from scheduler.plan import plan

_WAIT, _PACE, _TIMES = Duration(days=14), Duration(days=28), 6
"""What is shown where the file says nothing: two weeks later, and six times, four weeks apart."""
_BEFORE_ALL = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ExampleCourse:
    """What is asked of an adult of the first site in one `arm` (None: the study has none), in order of its due time.

    `events` has each kind of treatment event with its date; all is before the end that was asked for.
    """

    arm: str | None
    enrolled: date
    events: tuple[tuple[str, date], ...]
    occasions: tuple[Occasion, ...]


def example_courses(study: Study, questions: Mapping[str, int], enrolled: date, end: date) -> Iterator[ExampleCourse]:
    """The course of each arm. `questions`: how many questions each instrument has."""
    events = tuple(event for event in example_events(study, enrolled) if event[1] < end)
    timeline = Timeline.of(_anchors(study, events))
    until = datetime.combine(end, datetime.min.time(), UTC)
    for arm in study.arms or (None,):
        occasions = plan(study.rules(questions), _adult(study, arm, enrolled), timeline, _BEFORE_ALL, until).occasions
        shown = tuple(each for each in occasions if each.state == "planned" and each.due_at < until)
        yield ExampleCourse(arm, enrolled, events, shown)


def _anchors(study: Study, events: tuple[tuple[str, date], ...]) -> Iterator[Anchor]:
    """Events that repeat need a key each."""
    for kind, on in events:
        yield Anchor(kind, on, key=str(on) if study.timeline[kind].happens == "repeatedly" else "")


def _adult(study: Study, arm: str | None, enrolled: date) -> Person:
    site = next(iter(study.sites), None)
    zone = study.sites[site].zone if site else "UTC"
    born = enrolled.replace(year=enrolled.year - 40, day=min(enrolled.day, 28))
    caring = (Consent("caregiver", "participation", enrolled),)
    return Person(
        UUID(int=0), zone, enrolled, birth_date=born, arm=arm, site=site, language=study.languages[0], consents=caring
    )


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
