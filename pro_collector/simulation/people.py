"""Made-up participants of any study: their data, their treatment events, and when the study team learns of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID, uuid5

from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.event_kind import EventKind, Expected
from pro_collector.domain.study.timeline import TreatmentEvent
from scheduler.anchors import ENROLMENT
from scheduler.consent import EVERY_KIND, Consent
from scheduler.duration import Duration, add_calendar
from scheduler.event_choice import kinds
from scheduler.person import Condition, Person, Span
from scheduler.values import REPORTERS

ENROLS_WITHIN = timedelta(days=365)
"""People join during the first year."""
_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "Europe/Madrid",
    "Asia/Tokyo",
    "Pacific/Auckland",
)
_USUAL_PACE = Duration(days=90)
_SEXES = ("female", "male")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class News:
    """What the study team learns at an instant: a treatment record, the states that apply now, or a new zone."""

    at: datetime
    event: TreatmentEvent | None = None
    states: tuple[Span, ...] | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class MadeUpPerson:
    """One made-up participant, and all news about them, in order."""

    person: Person
    country: str | None
    news: tuple[News, ...] = field(default=())


def make_up(study: Study, seed: int, number: int, starts_on: date, ends_on: date) -> MadeUpPerson:
    """The participant with this number; the same study, seed, number and dates give the same participant."""
    random = Random(f"{seed}/{number}")  # noqa: S311  # must be reproducible; need not be secure
    enrolled = starts_on + timedelta(days=random.randrange(min(ENROLS_WITHIN, ends_on - starts_on).days or 1))
    person, country = _somebody(study, random, uuid5(UUID(int=seed), f"{study.id}/{number}"), enrolled)
    happened = _happenings(study, random, enrolled, ends_on)
    news = [*_records(random, person.id, happened), *_states(random, person, ends_on), *_moves(random, person, ends_on)]
    return MadeUpPerson(person, country, tuple(sorted(news, key=lambda item: item.at)))


def _somebody(study: Study, random: Random, id: UUID, enrolled: date) -> tuple[Person, str | None]:
    site = random.choice([*study.sites, None]) if not study.sites else random.choice(list(study.sites))
    place = study.sites[site] if site else None
    by_age = any(assessment.reporter for assessment in study.assessments.values())
    years = random.uniform(3, 18) if by_age and random.random() < 0.25 else random.uniform(18, 85)
    person = Person(
        id=id,
        zone=place.zone if place else random.choice(_ZONES),
        enrolled_on=enrolled,
        birth_date=enrolled - timedelta(days=round(years * 365.25)),
        arm=random.choice(list(study.arms)) if study.arms else None,
        site=site,
        language=random.choice(study.languages),
        sex=random.choice(_SEXES),
        preferred_time=time(random.randrange(9, 20), 30) if random.random() < 0.2 else None,
        consents=tuple(Consent(reporter, covers, enrolled) for reporter in REPORTERS for covers in EVERY_KIND),
    )
    return person, place.country if place else None


def _happenings(study: Study, random: Random, enrolled: date, ends_on: date) -> list[tuple[str, date]]:
    """The events of one treatment, with random deviations from what the study file expects; none after the end."""
    dates_by_name: dict[str, list[date]] = {ENROLMENT: [enrolled]}
    waiting = {name: kind for name, kind in study.timeline.items() if name != ENROLMENT}
    while waiting:
        ready = [name for name, kind in waiting.items() if _expected(kind).after not in waiting]
        for name in ready or list(waiting):  # events that wait for each other happen after the enrolment
            kind = waiting.pop(name)
            after = dates_by_name.get(_expected(kind).after, [] if ready else [enrolled])
            dates_by_name[name] = _dates(kind, random, after[0]) if after else []
    last = min((on for name in study.ending for on in dates_by_name.get(name, [])), default=ends_on)
    ended = {name: min(dates) for name, dates in dates_by_name.items() if dates}
    return sorted(
        (
            (name, on)
            for name, dates in dates_by_name.items()
            for on in dates
            if name != ENROLMENT and on <= min(last, ends_on) and on <= _stops(study, name, ended)
        ),
        key=lambda event: (event[1], event[0]),
    )


def _stops(study: Study, name: str, ended: dict[str, date]) -> date:
    """The last day of a repeated event.

    A schedule that counts from this event, or from the event before it, may repeat until other events: the first of
    those ends it.
    """
    kind = study.timeline[name]
    if kind.happens == "once":
        return date.max
    starts = {name, _expected(kind).after}
    until = {
        event
        for assessment in study.assessments.values()
        if starts & set(assessment.anchor_kinds)
        for bound in (assessment.until_event, *(repeat.until_event for repeat in assessment.repeat))
        for event in kinds(bound)
        if event != name
    }
    return min((ended[event] for event in until if event in ended), default=date.max)


def assumptions(study: Study) -> dict[str, str]:
    """What is made up about events for which the study file does not say enough, and about answers, in words."""
    told = {name: list(_assumed(kind)) for name, kind in study.timeline.items() if name != ENROLMENT}
    words = {name: ", ".join(found) for name, found in told.items() if found}
    return {**words, **dict.fromkeys(study.triggers, "triggered by each check-in whose answers could, and not ended")}


def _assumed(kind: EventKind) -> Iterator[str]:
    repeats = kind.happens == "repeatedly"
    if kind.expected is None:
        expected = _expected(kind)
        yield f"{expected.wait} after {expected.after} give or take {expected.spread}"
        yield f"for {expected.chance:.0%} of the people"
        if repeats:
            yield f"{expected.times} times"
    if repeats and kind.every is None:
        yield f"one every {_USUAL_PACE}"


def _expected(kind: EventKind) -> Expected:
    return kind.expected or Expected(
        wait=Duration(months=3), spread=Duration(months=1), chance=0.04 if kind.ends else 0.5, times=6
    )


def _dates(kind: EventKind, random: Random, after: date) -> list[date]:
    expected = _expected(kind)
    if random.random() >= expected.chance:
        return []
    spread = expected.spread.approximate_days()
    first = add_calendar(after, expected.wait) + _DAY * round(random.uniform(-spread, spread))
    dates = [max(first, after)]
    for _ in range(expected.times - 1 if kind.happens == "repeatedly" else 0):
        late = random.choice((7, 7, 14)) if random.random() < 0.2 else 0  # treatment is postponed
        dates.append(add_calendar(dates[-1], kind.every or _USUAL_PACE) + _DAY * late)
    return dates


def _records(random: Random, id: UUID, happened: Sequence[tuple[str, date]]) -> list[News]:
    """Most events are recorded within two days, some weeks later, and some with a wrong date that is corrected."""
    news = []
    for n, (kind, on) in enumerate(happened):
        late = random.randrange(7, 40) if random.random() < 0.08 else random.randrange(3)
        root = uuid5(id, f"event/{n}")
        known = _working_time(random, on + _DAY * late)
        first = TreatmentEvent(root, root, kind, on, known, "rehearsal", happened_time=_usual_time(root))
        if random.random() < 0.04:
            wrong = replace(first, happened_on=on + _DAY * random.choice((-10, -1, 1, 10)))
            right = replace(
                first,
                id=uuid5(root, "correction"),
                recorded_at=first.recorded_at + _DAY * random.randrange(1, 20),
                reason="typing mistake",
            )
            news += [News(wrong.recorded_at, wrong), News(right.recorded_at, right)]
        else:
            news.append(News(first.recorded_at, first))
    return news


def _states(random: Random, person: Person, ends_on: date) -> list[News]:
    """Hospital, holiday, no more texts, withdrawal; the start is known when it starts, the end when it ends."""
    news: list[News] = []
    states: list[Span] = []
    day = person.enrolled_on
    while (day := day + _DAY * round(random.expovariate(1 / 500) + 7)) < ends_on:
        kind, length = _state(random)
        ends = None if length is None else day + _DAY * length
        states.append(Span(kind, day))
        news.append(News(_working_time(random, day), states=tuple(states)))
        if kind == "withdrew":
            break
        if ends is not None:
            states[-1] = Span(kind, day, ends)
            news.append(News(_working_time(random, ends), states=tuple(states)))
            day = ends
    return news


def _state(random: Random) -> tuple[Condition, int | None]:
    kind = random.choices(("holiday", "hospital", "stopped_texting", "withdrew"), (20, 12, 2, 2))[0]
    if kind == "holiday":
        return "holiday", random.randrange(5, 22)
    if kind == "hospital":
        return "hospital", random.randrange(2, 20)
    return ("withdrew", None) if kind == "withdrew" else ("stopped_texting", None)


def _moves(random: Random, person: Person, ends_on: date) -> list[News]:
    """One participant in twelve moves to another time zone."""
    days = (ends_on - person.enrolled_on).days
    if days < 2 or random.random() > 1 / 12:
        return []
    day = person.enrolled_on + _DAY * random.randrange(1, days)
    return [News(_working_time(random, day), zone=random.choice(_ZONES))]


def _usual_time(event: UUID) -> time:
    """A time of a working day at which an event happens; the same for the same event."""
    return time(8 + event.int % 9, event.int % 60)


def _working_time(random: Random, day: date) -> datetime:
    """A random time of a working day (UTC), at which the team records events."""
    return datetime.combine(day, time(random.randrange(8, 18), random.randrange(60)), UTC)
