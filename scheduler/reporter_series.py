"""Makes the occasions of one reporter from the time points of one series: when each is asked, or why it is not."""

from dataclasses import replace
from datetime import date, datetime, time
from itertools import count
from uuid import UUID

from scheduler.anchors import Anchor
from scheduler.calendar import later, wall_time
from scheduler.duration import Duration
from scheduler.occasion import ENDED_UNANSWERED, REVOCABLE, Occasion, occasion_id
from scheduler.rulebook import Entry
from scheduler.rules import Reporter
from scheduler.situation import Exclusion, Situation
from scheduler.slot import NO_ALLOWED_MINUTE, Slot, Timing, slot
from scheduler.time_points import Point
from scheduler.times_of_day import drawn, earliest

_AT_ONCE = Duration()


class ReporterSeries:
    """One assessment after one anchor, for one reporter. `hour` is the first time of a day at which it is asked."""

    def __init__(self, situation: Situation, entry: Entry, anchor: Anchor, reporter: Reporter) -> None:
        schedule = entry.schedule
        self.situation = situation
        self.entry = entry
        self.schedule = schedule
        self.anchor = anchor
        self.reporter = reporter
        self.hour: time = self._preferred() or earliest(schedule.at)
        self._closing: dict[str, tuple[datetime, datetime]] = {}
        self._stored = situation.stored(entry.assessment, anchor, reporter)
        self._taken_over: dict[UUID, Occasion] = {}
        self._early = situation.stored_early(entry.assessment, anchor, reporter)
        self._timing = Timing(
            self.hour, situation.zone, schedule.window, schedule.reminders, situation.silence(schedule)
        )
        self._one_hour = isinstance(schedule.at, time)

    def occasion(self, point: Point) -> Occasion:
        """The occasion of one time point; the stored occasion if it has begun or was decided before."""
        stored = self._stored.get(point.name)
        if stored is not None and stored.begun:
            return stored
        times = self._times(point)
        if stored is None and self._early:
            stored = self._from_when_expected(times)
            if stored is not None and stored.begun:
                return stored
        if stored is not None and _decided(stored, times.wanted, self.situation.now):
            return stored
        made = self._build(point, times, self._exclusion(stored, point, times))
        return made if stored is None else replace(made, id=stored.id)

    def includes(self, point: Point) -> bool:
        """Whether a time point belongs to the series: one after its end does only if it was planned before."""
        ended = self.anchor.ended
        return ended is None or point.name in self._stored or self._times(point).due < ended.at

    def _from_when_expected(self, times: Slot) -> Occasion | None:
        """What is stored for the same moment from the time when the event was only expected; None if nothing is."""
        stored = self._early.get(times.wanted)
        if stored is not None:
            self._taken_over[stored.id] = stored
        return stored

    def _stored_as(self, occasion: Occasion) -> Occasion | None:
        return self._taken_over.get(occasion.id) or self._stored.get(occasion.point)

    def _preferred(self) -> time | None:
        """The hour that this person prefers, if it replaces the one hour of the schedule."""
        replaced = isinstance(self.schedule.at, time) and not self.schedule.fixed_time
        return self.situation.person.preferred_time if replaced else None

    def _drawn(self, point: Point) -> time:
        """The time of day of one of several times; a random one depends on no date, and not on being expected."""
        person, anchor = self.situation.person, self.anchor
        seed = f"{person.id}/{self.entry.assessment}/{anchor.kind}/{anchor.n}/{point.day_name}"
        return drawn(self.schedule.at, seed)[point.slot]

    def _times(self, point: Point) -> Slot:
        """The times of a time point; the day of an event may close its window."""
        timing = self._timing
        if point.at is not None or not self._one_hour:
            timing = replace(timing, at=point.at or self._drawn(point))
        times = slot(timing, point.on)
        if point.closes_on is None:
            return times
        closing = datetime.combine(point.closes_on, time())
        closes, late_until = (
            later(closing, wait, self.situation.zone) for wait in (_AT_ONCE, self.schedule.window.late_entry)
        )
        self._closing[point.name] = closes, late_until
        return times.closed_by(closes, late_until)

    def asked_later(self, occasion: Occasion, earliest: datetime, by: str, longer: bool) -> Occasion | None:
        """The occasion, moved to the first allowed minute from `earliest` on; None if it cannot be asked then.

        If its window is over by then, it is asked only if `longer`, with a new window of the same length.
        """
        window, zone = self.schedule.window, self.situation.zone
        allowed = self._timing.allowed(earliest, wall_time(earliest, zone))
        if allowed is None or self._excluded(allowed[1].date()) is not None:
            return None
        due, local, _ = allowed
        if self.anchor.ended is not None and due >= self.anchor.ended.at:
            return None
        if due >= occasion.closes_at:
            if not longer:
                return None
            closes, late_until = later(local, window.closes, zone), later(local, window.closes_late, zone)
            last, last_late = self._closing.get(occasion.point, (closes, late_until))
            if due >= last:
                return None
            closes, late_until = min(closes, last), min(late_until, last_late)
            occasion = replace(occasion, opens_at=due, closes_at=closes, late_until=late_until)
        return replace(
            occasion,
            due_at=due,
            due_local=local,
            moved_by=by,
            state="planned",
            reason=None,
            detail=None,
            reminders=self._allowed_reminders(self._timing.reminders(local, occasion.closes_at)),
        )

    def is_stored(self, occasion: Occasion) -> bool:
        """Whether an occasion is stored with the same reason. That was decided, and is not decided again."""
        stored = self._stored_as(occasion)
        return stored is not None and _reason_key(stored) == _reason_key(occasion)

    def unless_waiting(self, occasion: Occasion) -> Occasion:
        """The stored occasion if it is planned, its time has come and it is not sent yet; else `occasion`."""
        stored = self._stored_as(occasion)
        waits = occasion.state == "planned" and self.situation.waits_to_be_sent(stored, occasion.wanted_local)
        return stored if waits and stored is not None else occasion

    def _exclusion(self, stored: Occasion | None, point: Point, times: Slot) -> Exclusion | None:
        """The first reason why the occasion is not asked at these times; None if it is asked."""
        return (
            self._by_the_rules(stored, point, times)
            or self._excluded(times.due_local.date())
            or self._by_silence(times)
            or self._as_too_late(stored, times)
        )

    def _excluded(self, day: date) -> Exclusion | None:
        """Why this reporter is not asked on a local day, by a state, by the end, or without consent."""
        situation = self.situation
        if self.schedule.after is not None:
            return situation.excluded_after(self.schedule.after, self.reporter, day)
        return situation.excluded(self.schedule, day) or situation.without_consent(self.reporter, "participation", day)

    def _by_the_rules(self, stored: Occasion | None, point: Point, times: Slot) -> Exclusion | None:
        entry, person = self.entry, self.situation.person
        if entry.by_age and person.birth_date is None:
            return Exclusion("cancelled", "birth_date_unknown", "whether and by whom it is answered depends on the age")
        if point.timeless:
            return Exclusion("cancelled", "time_unknown", "counts hours from an event whose time of day is not known")
        ended = self.anchor.ended
        if ended is not None and _last_due(stored, times) >= ended.at:
            day = wall_time(ended.at, self.situation.zone).date()
            return Exclusion("cancelled", ended.by, f"nothing more is asked from {day} on")
        new = stored is None or stored.state in ENDED_UNANSWERED
        if new and entry.asks_from is not None and times.nominal < entry.asks_from:
            return Exclusion("cancelled", "prospective_only", "asked only from the amendment of the study on")
        if point.on < person.enrolled_on:
            return Exclusion("cancelled", "before_enrolment", f"enrolled on {person.enrolled_on}")
        return None

    def _by_silence(self, times: Slot) -> Exclusion | None:
        if times.moved_by != NO_ALLOWED_MINUTE and times.due < times.closes:
            return None
        reason = {NO_ALLOWED_MINUTE: "blackout", None: "no_time_left"}.get(times.moved_by, str(times.moved_by))
        return Exclusion("missed", reason, "no allowed minute before the window closes")

    def _as_too_late(self, stored: Occasion | None, times: Slot) -> Exclusion | None:
        if times.due >= self.situation.earliest or self.situation.waits_to_be_sent(stored, times.wanted):
            return None
        return Exclusion("missed", "late_anchor", f"due {times.wanted:%Y-%m-%d %H:%M}, known only afterwards")

    def _build(self, point: Point, times: Slot, exclusion: Exclusion | None) -> Occasion:
        asked, anchor, person = exclusion is None, self.anchor, self.situation.person
        due = times.due if asked else times.nominal
        return Occasion(
            id=self._new_id(point.name),
            assessment=self.entry.assessment,
            anchor=anchor.kind,
            anchor_on=anchor.on,
            anchor_n=anchor.n,
            n=point.n,
            due_at=due,
            opens_at=min(due, times.opens),
            closes_at=times.closes,
            due_local=times.due_local if asked else times.nominal_local,
            zone=person.zone,
            reporter=self.reporter,
            instruments=self.schedule.instruments_at(anchor.n, point.n),
            reminders=self._allowed_reminders(times.reminders) if asked else (),
            state="planned" if exclusion is None else exclusion.state,
            reason=None if exclusion is None else exclusion.reason,
            detail=None if exclusion is None else exclusion.detail,
            priority=self.schedule.priority,
            late_until=times.late_until,
            wanted_local=times.wanted,
            moved_by=times.moved_by if asked else None,
            anchor_key=anchor.key,
            point=point.name,
        )

    def _new_id(self, point: str) -> UUID:
        """The id of the occasion of a time point; a numbered one if an occasion that was set apart has that id."""
        person, assessment = self.situation.person.id, self.entry.assessment
        if not self.situation.set_apart:
            return occasion_id(person, assessment, self.anchor, point, self.reporter)
        ids = (
            occasion_id(person, assessment, self.anchor, f"{point}/{n}" if n > 1 else point, self.reporter)
            for n in count(1)
        )
        return next(id for id in ids if id not in self.situation.set_apart)

    def _allowed_reminders(self, reminders: tuple[datetime, ...]) -> tuple[datetime, ...]:
        """The reminders that fall on days on which the participant may be asked."""
        situation = self.situation
        if situation.always_asked:
            return reminders
        days = ((instant, wall_time(instant, situation.zone).date()) for instant in reminders)
        return tuple(instant for instant, day in days if self._excluded(day) is None)


def _last_due(stored: Occasion | None, times: Slot) -> datetime:
    """When it is due: by the schedule, or later if a stored occasion waits for a later time."""
    return max(times.due, stored.due_at) if stored is not None and stored.state == "planned" else times.due


def _reason_key(occasion: Occasion) -> tuple[datetime, str | None, str | None]:
    return occasion.wanted_local, occasion.reason, occasion.detail


def _decided(stored: Occasion, wanted: datetime, now: datetime) -> bool:
    final = stored.state in ENDED_UNANSWERED and stored.reason not in REVOCABLE
    return final and stored.due_at <= now and stored.wanted_local == wanted
