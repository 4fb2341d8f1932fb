"""Puts time points on one participant's clock: due time, window and reminders, or why it cannot be asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduler.anchors import Anchor
from scheduler.calendar import also_quiet, later, resolve, wall_time, whole_minute
from scheduler.occasion import DEAD, PERSON_REASONS, REVOCABLE, Draft, Naming, Occasion, State, changed, frozen
from scheduler.person import SUPPRESSING, Person, Span
from scheduler.rulebook import Entry, Point, Rules
from scheduler.rules import Reporter, Schedule
from scheduler.slot import Slot, clock, slot

LONGEST_ABSENCE = timedelta(days=1100)


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
        known: Iterable[Occasion],
        ended: tuple[date | None, str | None],
    ) -> None:
        self.person = person
        self.zone = ZoneInfo(person.zone)
        self.now = now
        self.known: dict[tuple[str, str, str, str], dict[str, Occasion]] = {}
        for each in known:
            series = (each.assessment, each.anchor, each.anchor_key, each.reporter)
            self.known.setdefault(series, {})[each.point] = each
        self.ended_on, self.ended_by = ended
        self.ended_at = self.midnight(self.ended_on) if self.ended_on else None
        self.floor = whole_minute(max(now, self.midnight(person.enrolled_on)))
        self.pauses = tuple(span for span in person.states if span.kind in SUPPRESSING)
        self.away = _away(self.pauses)
        self._no_texts = tuple(span for span in person.states if span.kind == "stopped_texting")
        self.free = not (self.pauses or self._no_texts or self.ended_on)
        self.silence = also_quiet(rules.silence, person.quiet)

    def midnight(self, day: date) -> datetime:
        """The instant at which a local day begins."""
        return resolve(datetime.combine(day, time()), self.zone)

    def suppressed(self, schedule: Schedule, day: date) -> Verdict | None:
        """Why this participant is not asked on a day, by what they or the team have said."""
        if self.ended_on is not None and day >= self.ended_on:
            reason = self.ended_by if self.ended_by in PERSON_REASONS else "ended"
            return Verdict("cancelled", str(reason), f"{self.ended_by} on {self.ended_on}")
        for span in self.pauses:
            if span.covers(day):
                return Verdict("missed", span.kind, f"from {span.starts_on} to {span.ends_on or 'further notice'}")
        if any(rung.channel != "sms" for rung in schedule.ladder):
            return None
        for span in self._no_texts:
            if span.covers(day):
                return Verdict("missed", span.kind, "this assessment has no other channel than SMS")
        return None

    def in_hand(self, before: Occasion | None, wanted: datetime) -> bool:
        """Whether an occasion's time has come and it only waits to be sent."""
        return (
            before is not None
            and before.state == "planned"
            and before.due_at <= self.now
            and before.wanted_local == wanted
        )


class Track:
    """One series as one reporter lives it: turns its time points into occasions."""

    def __init__(self, placing: Placing, entry: Entry, anchor: Anchor, reporter: Reporter) -> None:
        self.placing = placing
        self.entry = entry
        self.schedule = entry.schedule
        self.hour: time = (not self.schedule.fixed_time and placing.person.preferred_time) or self.schedule.at
        self._clock = clock(self.hour, self.schedule.window, self.schedule.reminders, placing.silence, placing.zone)
        self._known = placing.known.get((entry.assessment, anchor.kind, anchor.key, reporter), {})
        self._anchor = anchor
        self._instruments = entry.schedule.instruments
        self._priority = entry.schedule.priority
        self._reporter: Reporter = reporter
        self._ageless = entry.by_age and placing.person.birth_date is None
        self._simple = placing.free and entry.asks_from is None and not self._ageless  # most are: no verdict to find

    def occasion(self, point: Point) -> Occasion:
        """The occasion of one time point: as it is known, if it has begun or was decided before."""
        placing = self.placing
        before = self._known.get(point.name)
        if before is not None and before.begun:
            return before
        found = slot(self._clock, point.on)
        if before is not None and _settled(before, found.wanted, placing.now):
            return before
        name = self._naming.occasion(point.name) if before is None else before.id
        verdict = None
        if not (self._simple and found.plain) or point.on < placing.person.enrolled_on:
            verdict = self._verdict(before, point.on, found)
        if verdict is None and found.due < placing.floor and not placing.in_hand(before, found.wanted):
            verdict = Verdict("missed", "late_anchor", f"due {found.wanted:%Y-%m-%d %H:%M}, known only afterwards")
        return self._occasion(name, point, found, verdict)

    @cached_property
    def _naming(self) -> Naming:
        """Made when it is first needed: what is known has its name already."""
        anchor = self._anchor
        return Naming(self.placing.person.id, self.entry.assessment, anchor.kind, anchor.key, self._reporter)

    def after_all(self, occasion: Occasion, floor: datetime, by: str, longer: bool) -> Occasion | None:
        """The occasion asked at the first allowed minute from `floor` on, or None if that cannot be.

        Past its window only if `longer`: then a window as long begins at the new due time.
        """
        placing, zone, window = self.placing, self.placing.zone, self.schedule.window
        allowed = self._clock.allowed(floor, wall_time(floor, zone))
        if allowed is None or placing.suppressed(self.schedule, allowed[1].date()) is not None:
            return None
        due, local, _ = allowed
        if due < occasion.closes_at:
            closes, opens, late = occasion.closes_at, occasion.opens_at, occasion.late_until
        elif longer:
            opens, closes, late = due, later(local, window.closes, zone), later(local, window.closes_late, zone)
        else:
            return None
        return changed(
            occasion,
            due_at=due,
            opens_at=opens,
            closes_at=closes,
            late_until=late,
            due_local=local,
            moved_by=by,
            state="planned",
            reason=None,
            detail=None,
            reminders=self._unsuppressed(self._clock.reminders(local, closes)),
        )

    def stands(self, occasion: Occasion) -> bool:
        """Whether an occasion is stored as missed for this very reason: that was decided, and is not decided again."""
        before = self._known.get(occasion.point)
        return before is not None and _why(before) == _why(occasion)

    def settled(self, occasion: Occasion) -> Occasion:
        """What is known of an occasion whose time has come but which has not been sent yet, else the occasion."""
        if occasion.state != "planned":
            return occasion
        before = self._known.get(occasion.point)
        return before if before is not None and self.placing.in_hand(before, occasion.wanted_local) else occasion

    def _verdict(self, before: Occasion | None, on: date, found: Slot) -> Verdict | None:
        entry, person = self.entry, self.placing.person
        if self._ageless:
            return Verdict("cancelled", "birth_date_unknown", "whether and by whom it is answered depends on the age")
        new = before is None or before.state in DEAD
        if new and entry.asks_from is not None and found.nominal < entry.asks_from:
            return Verdict("cancelled", "prospective_only", "asked only from the amendment of the study on")
        if on < person.enrolled_on:
            return Verdict("cancelled", "before_enrolment", f"enrolled on {person.enrolled_on}")
        suppressed = self.placing.suppressed(self.schedule, found.local.date())
        if suppressed is None and (found.moved_by == "silence" or found.due >= found.closes):
            reason = {"silence": "blackout", None: "no_time_left"}.get(found.moved_by, str(found.moved_by))
            return Verdict("missed", reason, "no allowed minute before the window closes")
        return suppressed

    def _occasion(self, name: UUID, point: Point, found: Slot, verdict: Verdict | None) -> Occasion:
        anchor, (_, named, n) = self._anchor, point
        wanted, _, nominal, wall, due, local, moved_by, opens, closes, late, reminders = found
        if verdict is not None:
            due, local, moved_by, reminders = nominal, wall, None, ()
        elif not self.placing.free:
            reminders = self._unsuppressed(reminders)
        draft = Draft(
            name,
            self.entry.assessment,
            anchor.kind,
            anchor.on,
            anchor.n,
            n,
            due,
            due if due < opens else opens,
            closes,
            local,
            self.placing.person.zone,
            self._reporter,
            self._instruments,
            reminders,
            "planned" if verdict is None else verdict.state,
            None if verdict is None else verdict.reason,
            None if verdict is None else verdict.detail,
            self._priority,
            late,
            wanted,
            moved_by,
            anchor.key,
            named,
        )
        return frozen(draft)

    def _unsuppressed(self, reminders: tuple[datetime, ...]) -> tuple[datetime, ...]:
        """The reminders of days on which the participant is asked."""
        placing, schedule = self.placing, self.schedule
        if placing.free:
            return reminders
        return tuple(at for at in reminders if not placing.suppressed(schedule, wall_time(at, placing.zone).date()))


def _why(occasion: Occasion) -> tuple[datetime, str | None, str | None]:
    return occasion.wanted_local, occasion.reason, occasion.detail


def _settled(before: Occasion, wanted: datetime, now: datetime) -> bool:
    decided = before.state in DEAD and before.reason not in REVOCABLE
    return decided and before.due_at <= now and before.wanted_local == wanted


def _away(pauses: Iterable[Span]) -> list[tuple[date, date]]:
    """When somebody is away, from a day to the day of their return: pauses that touch are one absence.

    One of more than LONGEST_ABSENCE is like one without an end: nothing from before it is caught up.
    """
    found: list[tuple[date, date]] = []
    for span in sorted(pauses, key=lambda each: each.starts_on):
        ends_on = span.ends_on or date.max
        if found and span.starts_on <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends_on)
        else:
            found.append((span.starts_on, ends_on))
    return [(starts_on, ends_on) for starts_on, ends_on in found if ends_on - starts_on <= LONGEST_ABSENCE]
