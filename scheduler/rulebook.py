"""The rules of a study as the planner reads them: one entry per assessment and version, and the common rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from scheduler.after_end import Ending
from scheduler.anchors import ENROLMENT, Anchor, Timeline
from scheduler.calendar import ALWAYS_ALLOWED, Silence, minutes_of_day, silence
from scheduler.expectation import Expectation
from scheduler.numbers import chooses
from scheduler.person import Person
from scheduler.rules import PUBLIC_HOLIDAYS, Blackout, Burden, DateRange, EveryYear, Hours, Reporter, Schedule
from scheduler.weekdays import DaysOff

_WEEKEND = DaysOff()


@dataclass(frozen=True, slots=True)
class Entry:
    """The schedule of one assessment, and the anchors and times to which it applies.

    `anchored_from` / `anchored_until`: it applies only to anchors first recorded in that time (a study amended with
    "finish-old" has two entries for one assessment). `asks_from`: time points due earlier are not asked, unless they
    were planned before ("prospective"). `backlog_until`: the last of the time points due earlier is asked, whatever
    `late_anchor` says ("backlog").
    """

    assessment: str
    schedule: Schedule
    anchored_from: datetime | None = None
    anchored_until: datetime | None = None
    asks_from: datetime | None = None
    backlog_until: datetime | None = None

    @property
    def by_age(self) -> bool:
        """Whether the age decides if the assessment is asked, or who answers it."""
        return bool(self.schedule.reporter or self.schedule.only.ages)

    def covers(self, anchor: Anchor) -> bool:
        """Whether this version of the rule applies to an anchor, and its schedule counts an event of that number."""
        return chooses(self.schedule.cycles, anchor.n) and self._in_force_for(anchor)

    def _in_force_for(self, anchor: Anchor) -> bool:
        recorded = anchor.recorded_at
        if recorded is None:
            return self.anchored_until is None  # recorded at an unknown time: the rule in force now applies
        after = self.anchored_from is None or recorded >= self.anchored_from
        return after and (self.anchored_until is None or recorded < self.anchored_until)

    def meets(self, person: Person) -> bool:
        """Whether the assessment is for a participant of this site, language and sex, and of this arm on some day."""
        only = self.schedule.only
        return (
            (not only.arms or any(arm in only.arms for arm in person.arms))
            and (not only.sites or person.site in only.sites)
            and (not only.languages or person.language in only.languages)
            and (not only.sexes or person.sex in only.sexes)
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """The parts of a study that the planner needs.

    `ending` are the event kinds after which nothing is asked. `questions` is the number of questions by instrument.
    `days_off` are the weekend and the public holidays of each site; with `silent_holidays` nothing is sent on these.
    `expected` are the event kinds of which the next event is planned provisionally. `needs_consent` are the reporters
    who are asked only with a recorded consent. `endings` says of the `ending` kinds in which way they end it. `ways`
    says how each assessment is asked that may share an invitation with others; empty if the study bundles nothing.
    """

    entries: tuple[Entry, ...]
    silence: Silence = ALWAYS_ALLOWED
    burden: Burden | None = None
    ending: frozenset[str] = frozenset()
    questions: Mapping[str, int] = field(default_factory=dict)
    days_off: Mapping[str, DaysOff] = field(default_factory=dict)
    silent_holidays: bool = False
    expected: Mapping[str, Expectation] = field(default_factory=dict)
    needs_consent: frozenset[Reporter] = frozenset()
    endings: Mapping[str, Ending | None] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)

    def off(self, site: str | None) -> DaysOff:
        """The days off at a site; without one, or if it has none here, Saturdays and Sundays."""
        return self.days_off.get(site or "", _WEEKEND)

    def silence_of(self, schedule: Schedule | None, site: str | None) -> Silence:
        """When nothing is sent about an assessment to the participants of a site; None: about no assessment."""
        quiet = schedule.quiet_hours if schedule is not None else None
        made = self.silence
        if quiet is not None:
            made = replace(made, quiet=minutes_of_day((each.from_time, each.until) for each in quiet))
        return replace(made, holidays=self.off(site).dates) if self.silent_holidays else made

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
        days_off: Mapping[str, DaysOff] | None = None,
        expected: Mapping[str, Expectation] | None = None,
        needs_consent: Iterable[Reporter] = (),
        endings: Mapping[str, Ending | None] | None = None,
        ways: Mapping[str, str] | None = None,
    ) -> "Rules":
        """The rules of one study file; `questions` is the number of questions by instrument, for the budget."""
        entries = tuple(Entry(name, schedule) for name, schedule in schedules.items())
        dates = tuple(blackout)
        silent = PUBLIC_HOLIDAYS in dates
        silence = silence_of(quiet, dates)
        others = (
            questions or {}, days_off or {}, silent, expected or {}, frozenset(needs_consent), endings or {}, ways or {}
        )  # fmt: skip
        return cls(entries, silence, burden, frozenset(ending), *others)


def silence_of(quiet: Sequence[Hours], blackout: Iterable[Blackout]) -> Silence:
    """The quiet hours and blackout dates of a study file as a Silence; the public holidays depend on the site."""
    dates: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    for days in blackout:
        if isinstance(days, EveryYear):
            yearly.add(days.every_year)
        elif isinstance(days, DateRange):
            length = (days.until - days.from_date).days + 1
            dates.update(days.from_date + timedelta(days=day) for day in range(length))
        elif isinstance(days, date):
            dates.add(days)
    return silence(tuple((hours.from_time, hours.until) for hours in quiet), dates, yearly)


def with_enrolment(timeline: Timeline, person: Person) -> Timeline:
    """The timeline with the day of enrolment as an anchor, if it is not recorded there."""
    if any(anchor.kind == ENROLMENT for anchor in timeline.anchors):
        return timeline
    recorded_at = datetime.combine(person.enrolled_on, time(), UTC)
    enrolled = Anchor(ENROLMENT, person.enrolled_on, recorded_at=recorded_at)
    return Timeline.of((*timeline.anchors, enrolled), timeline.triggered)
