"""Puts one time point on one participant's clock: due time, window and reminders, or why it cannot be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduler.anchors import Anchor
from scheduler.calendar import Silence, later, next_allowed, resolve, wall_time, whole_minute
from scheduler.duration import Duration
from scheduler.occasion import DEAD, PERSON_REASONS, Naming, Occasion, State
from scheduler.person import SUPPRESSING, Person
from scheduler.rulebook import Entry, Point, Rules
from scheduler.rules import Reporter, Schedule

_NONE = Duration()


@dataclass(frozen=True, slots=True)
class Slot:
    """A time point of one series and the person who answers there."""

    entry: Entry
    anchor: Anchor
    point: Point
    reporter: Reporter


@dataclass(frozen=True, slots=True)
class Verdict:
    """That an occasion cannot be: its state, the reason, and a few words for whoever asks why."""

    state: State
    reason: str
    detail: str | None = None


class Placing:
    """One participant's clock, silence and states, for as long as one plan is made."""

    def __init__(
        self,
        rules: Rules,
        person: Person,
        now: datetime,
        known: Mapping[UUID, Occasion],
        ended: tuple[date | None, str | None],
    ) -> None:
        self.person = person
        self.zone = ZoneInfo(person.zone)
        self.now = now
        self.known = known
        self.ended_on, self.ended_by = ended
        self.ended_at = self._midnight(self.ended_on) if self.ended_on else None
        self.floor = whole_minute(max(now, self._midnight(person.enrolled_on)))
        self._silence = _own_silence(rules.silence, person)
        self._naming = Naming(person.id)
        self.pauses = tuple(span for span in person.states if span.kind in SUPPRESSING)
        self._no_texts = tuple(span for span in person.states if span.kind == "stopped_texting")

    def occasion(self, slot: Slot) -> Occasion:
        """The occasion of one time point and reporter: as it is known, if it has begun or was decided before."""
        entry, anchor, point = slot.entry, slot.anchor, slot.point
        key = self._naming.occasion(entry.assessment, anchor.kind, anchor.key, point.name, slot.reporter)
        wanted = datetime.combine(point.on, self.hour(entry.schedule))
        before = self.known.get(key)
        if before is not None and _settled(before, wanted, self.now):
            return before
        nominal = resolve(wanted, self.zone)
        due, moved_by = self.allowed(nominal) or (nominal, "silence")
        closes = later(wanted, entry.schedule.window.closes, self.zone)
        verdict = self._verdict(slot, nominal, due, closes, moved_by)
        if verdict is None and due < self.floor and not self._in_hand(before, wanted):
            verdict = Verdict("missed", "late_anchor", f"due {wanted:%Y-%m-%d %H:%M}, known only afterwards")
        return self._occasion(key, slot, wanted, (nominal, None) if verdict else (due, moved_by), closes, verdict)

    def moved(self, occasion: Occasion, slot: Slot, due: datetime, by: str, closes: datetime) -> Occasion:
        """The occasion asked after all, at `due` (UTC); its window stays, or is as long again from `due`."""
        placed = self._occasion(occasion.id, slot, occasion.wanted_local, (due, by), closes, None)
        extended = closes > occasion.closes_at
        late = later(placed.due_local, _late(slot.entry.schedule), self.zone) if extended else occasion.late_until
        return replace(placed, opens_at=due if extended else placed.opens_at, late_until=max(late, closes))

    def settled(self, occasion: Occasion) -> Occasion:
        """What is known of an occasion whose time has come but which has not been sent yet, else the occasion."""
        before = self.known.get(occasion.id)
        if occasion.state == "planned" and before is not None and self._in_hand(before, occasion.wanted_local):
            return before
        return occasion

    def hour(self, schedule: Schedule) -> time:
        """The time of day at which this participant is asked."""
        return (not schedule.fixed_time and self.person.preferred_time) or schedule.at

    def allowed(self, instant: datetime) -> tuple[datetime, str | None] | None:
        """The first instant from `instant` on at which a message may go, and what moved it; None if never."""
        return next_allowed(instant, self.zone, self._silence)

    def suppressed(self, schedule: Schedule, day: date) -> Verdict | None:
        """Why this participant is not asked on a day, by what they or the team have said."""
        if self.ended_on is not None and day >= self.ended_on:
            reason = self.ended_by if self.ended_by in PERSON_REASONS else "ended"
            return Verdict("cancelled", str(reason), f"{self.ended_by} on {self.ended_on}")
        for span in self.pauses:
            if span.covers(day):
                return Verdict("missed", span.kind, f"from {span.starts_on} to {span.ends_on or 'further notice'}")
        if self._no_texts and all(rung.channel == "sms" for rung in schedule.ladder):
            for span in self._no_texts:
                if span.covers(day):
                    return Verdict("missed", span.kind, "this assessment has no other channel than SMS")
        return None

    def _verdict(
        self, slot: Slot, nominal: datetime, due: datetime, closes: datetime, moved_by: str | None
    ) -> Verdict | None:
        entry, on = slot.entry, slot.point.on
        if entry.reporters(self.person.age_on(on)) is None:
            return Verdict("cancelled", "birth_date_unknown", "who answers depends on the age")
        if entry.asks_from is not None and nominal < entry.asks_from:
            return Verdict("cancelled", "prospective_only", "asked only from the amendment of the study on")
        if on < self.person.enrolled_on:
            return Verdict("cancelled", "before_enrolment", f"enrolled on {self.person.enrolled_on}")
        suppressed = self.suppressed(entry.schedule, wall_time(due, self.zone).date() if moved_by else on)
        if suppressed is None and (moved_by == "silence" or due >= closes):
            reason = {"silence": "blackout", None: "no_time_left"}.get(moved_by, str(moved_by))
            return Verdict("missed", reason, "no allowed minute before the window closes")
        return suppressed

    def _occasion(
        self,
        key: UUID,
        slot: Slot,
        wanted: datetime,
        moved: tuple[datetime, str | None],
        closes: datetime,
        verdict: Verdict | None,
    ) -> Occasion:
        schedule, anchor, (due, moved_by) = slot.entry.schedule, slot.anchor, moved
        local = wall_time(due, self.zone)
        window = schedule.window
        return Occasion(
            id=key,
            assessment=slot.entry.assessment,
            anchor=anchor.kind,
            anchor_on=anchor.on,
            anchor_n=anchor.n,
            n=slot.point.n,
            due_at=due,
            opens_at=min(due, later(wanted, window.opens, self.zone)),
            closes_at=closes,
            due_local=local,
            zone=self.person.zone,
            reporter=slot.reporter,
            instruments=schedule.instruments,
            reminders=() if verdict else self._reminders(schedule, local, closes),
            state=verdict.state if verdict else "planned",
            reason=verdict.reason if verdict else None,
            detail=verdict.detail if verdict else None,
            priority=schedule.priority,
            late_until=closes if window.late_entry == _NONE else later(wanted, _late(schedule), self.zone),
            wanted_local=wanted,
            moved_by=moved_by,
            anchor_key=anchor.key,
            point=slot.point.name,
        )

    def _reminders(self, schedule: Schedule, local: datetime, closes: datetime) -> tuple[datetime, ...]:
        found: list[datetime] = []
        for after in schedule.reminders:
            allowed = self.allowed(later(local, after, self.zone))
            if allowed is None or allowed[0] >= closes or allowed[0] in found:
                continue
            if not self.suppressed(schedule, wall_time(allowed[0], self.zone).date()):
                found.append(allowed[0])
        return tuple(sorted(found))

    def _in_hand(self, before: Occasion | None, wanted: datetime) -> bool:
        return (
            before is not None
            and before.state == "planned"
            and before.due_at <= self.now
            and before.wanted_local == wanted
        )

    def _midnight(self, day: date) -> datetime:
        return resolve(datetime.combine(day, time()), self.zone)


def _settled(before: Occasion, wanted: datetime, now: datetime) -> bool:
    if before.begun:
        return True
    decided = before.state in DEAD and before.reason not in PERSON_REASONS
    return decided and before.due_at <= now and before.wanted_local == wanted


def _late(schedule: Schedule) -> Duration:
    return schedule.window.closes.plus(schedule.window.late_entry)


def _own_silence(study: Silence, person: Person) -> Silence:
    if not person.quiet:
        return study
    own = tuple((start.hour * 60 + start.minute, end.hour * 60 + end.minute) for start, end in person.quiet)
    return replace(study, quiet=study.quiet + own)
