"""The rules of a study as the planner reads them: one entry per assessment (and version), plus what holds for all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from scheduler.anchors import ENROLMENT, Anchor, Timeline
from scheduler.calendar import ALWAYS_ALLOWED, Silence, silence
from scheduler.duration import Duration, add_calendar, add_months
from scheduler.person import Person
from scheduler.rules import Blackout, Burden, DateRange, EveryYear, Hours, Repeat, Schedule


class Point(NamedTuple):
    """One time point of a series: its date, its name (the offset that the protocol gives it) and its number from 1."""

    on: date
    name: str
    n: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One assessment's schedule, and to which anchors and from when it applies.

    `anchored_from` / `anchored_until`: only anchors first recorded in that time (a study amended with "finish-old" has
    two entries for one assessment). `asks_from`: time points due earlier are not asked for, unless they were planned
    before ("prospective"). `backlog_until`: of the time points due earlier, the last is asked, whatever `late_anchor`
    says ("backlog"). `questions`: of one survey.
    """

    assessment: str
    schedule: Schedule
    questions: int = 0
    anchored_from: datetime | None = None
    anchored_until: datetime | None = None
    asks_from: datetime | None = None
    backlog_until: datetime | None = None

    @property
    def by_age(self) -> bool:
        """Whether the age decides if the assessment is asked, or of whom."""
        return bool(self.schedule.reporter or self.schedule.only.ages)

    def covers(self, anchor: Anchor) -> bool:
        """Whether this version of the rule speaks about an anchor."""
        recorded = anchor.recorded_at
        if recorded is None:
            return self.anchored_until is None  # nobody knows since when: the rule that is in force now
        after = self.anchored_from is None or recorded >= self.anchored_from
        return after and (self.anchored_until is None or recorded < self.anchored_until)

    def meets(self, person: Person) -> bool:
        """Whether a participant's arm, site, language and sex are among those the assessment is for."""
        only = self.schedule.only
        return (
            (not only.arms or person.arm in only.arms)
            and (not only.sites or person.site in only.sites)
            and (not only.languages or person.language in only.languages)
            and (not only.sexes or person.sex in only.sexes)
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the planner needs of a study. `ending` are the event kinds after which nothing is asked."""

    entries: tuple[Entry, ...]
    silence: Silence = ALWAYS_ALLOWED
    burden: Burden | None = None
    ending: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        schedules: Mapping[str, Schedule],
        *,
        quiet: Sequence[Hours] = (),
        blackout: Iterable[Blackout] = (),
        burden: Burden | None = None,
        ending: Iterable[str] = (),
        questions: Mapping[str, int] | None = None,
    ) -> "Rules":
        """The rules of one study file; `questions` counts those of each instrument, for a budget of questions."""
        counts = questions or {}
        entries = tuple(
            Entry(name, schedule, sum(counts.get(each, 0) for each in schedule.instruments))
            for name, schedule in schedules.items()
        )
        return cls(entries, silence_of(quiet, blackout), burden, frozenset(ending))


def silence_of(quiet: Sequence[Hours], blackout: Iterable[Blackout]) -> Silence:
    """Quiet hours and blackout dates of a study file in the calendar's terms."""
    dates: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    for each in blackout:
        if isinstance(each, EveryYear):
            yearly.add(each.every_year)
        elif isinstance(each, DateRange):
            days = (each.until - each.from_date).days
            dates.update(each.from_date + timedelta(days=k) for k in range(days + 1))
        else:
            dates.add(each)
    return silence(tuple((hours.from_time, hours.until) for hours in quiet), dates, yearly)


@dataclass(slots=True)
class Series:
    """The time points of one schedule after one anchor, in order, as far as a date."""

    schedule: Schedule
    anchor: Anchor
    timeline: Timeline
    end: date
    _points: dict[date, str] = field(default_factory=dict)

    def points(self) -> list[Point]:
        """Every time point before `end`; a date that two rhythms share is one time point."""
        for offset in self.schedule.distances:
            self._add(offset)
        for repeat in self.schedule.repeat:
            self._repeat(repeat)
        return [Point(on, self._points[on], n) for n, on in enumerate(sorted(self._points), 1)]

    def _add(self, offset: Duration) -> None:
        on = add_calendar(self.anchor.on, offset)
        if on < self.end:
            self._points.setdefault(on, _name(offset.months, offset.days))

    def _repeat(self, repeat: Repeat) -> None:
        start, end = self._bounds(repeat)
        if repeat.starting.months or repeat.every.months:
            self._by_months(repeat, start, end)
        else:
            self._by_days(repeat, start.toordinal(), end.toordinal())

    def _by_days(self, repeat: Repeat, start: int, end: int) -> None:
        """Days alone need no calendar: `start` and `end` are ordinals."""
        anchor, first, step = self.anchor.on.toordinal(), repeat.starting.days, repeat.every.days
        stop = min(end - anchor, first + repeat.count * step) if repeat.count else end - anchor
        for days in range(first, stop, step):
            if anchor + days >= start:
                self._points.setdefault(date.fromordinal(anchor + days), f"{days}d")

    def _by_months(self, repeat: Repeat, start: date, end: date) -> None:
        months, days, every = repeat.starting.months, repeat.starting.days, repeat.every
        for _ in range(repeat.count) if repeat.count else iter(int, 1):
            on = add_months(self.anchor.on, months) + timedelta(days=days)
            if on >= end:
                break
            if on >= start:
                self._points.setdefault(on, _name(months, days))
            months += every.months
            days += every.days

    def _bounds(self, repeat: Repeat) -> tuple[date, date]:
        start, end = date.min, self.end
        if repeat.from_event is not None:
            began = self.timeline.first(repeat.from_event, self.anchor.on, True)
            start = began.on if began else date.max
        if repeat.until_event is not None:
            stopped = self.timeline.first(repeat.until_event, self.anchor.on, repeat.until_event != self.anchor.kind)
            end = min(end, stopped.on) if stopped and stopped != self.anchor else end
        if repeat.lasting is not None:
            end = min(end, add_calendar(self.anchor.on, repeat.starting.plus(repeat.lasting)))
        return start, end


def with_enrolment(timeline: Timeline, person: Person) -> Timeline:
    """The timeline with the day of enrolment, unless it is recorded there."""
    if any(anchor.kind == ENROLMENT for anchor in timeline.anchors):
        return timeline
    known = datetime.combine(person.enrolled_on, time(), UTC)
    return Timeline.of((*timeline.anchors, Anchor(ENROLMENT, person.enrolled_on, recorded_at=known)))


def _name(months: int, days: int) -> str:
    if months and days:
        return f"{months}mo{days}d"
    return f"{months}mo" if months else f"{days}d"
