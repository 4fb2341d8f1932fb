"""One participant at the time of planning: their zone, silence and states, and their stored occasions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import get_args
from zoneinfo import ZoneInfo

from scheduler.after_end import AfterEnd, EndOfParticipation
from scheduler.anchors import UNSCHEDULED, Anchor
from scheduler.calendar import Silence, also_quiet, resolve, whole_minute
from scheduler.consent import EVERY_KIND, Covers, agrees, needs
from scheduler.occasion import PERSON_REASONS, Occasion, State
from scheduler.person import NO_TEXTS, SUPPRESSING, Person, Span
from scheduler.rulebook import Rules
from scheduler.rules import Reporter, Schedule

LONGEST_ABSENCE = timedelta(days=1100)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an occasion is not asked: the state it gets, the reason code, and an explanation to show."""

    state: State
    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class End:
    """The first local day on which nothing is asked any more, and what ended participation: a state or event kind."""

    on: date
    by: str


class Situation:
    """The data of one participant for one plan.

    `earliest` is the first instant at which something can still be asked. `pauses` are the states in which nothing is
    asked. `off` are the days off at their site. `absences` are the pauses as periods, from the first day to the day of
    return. `always_asked`: no day is excluded. `set_apart`: the ids of the stored occasions that are in no series.
    """

    def __init__(
        self, rules: Rules, person: Person, now: datetime, stored: Sequence[Occasion], end: End | None,
        departure: EndOfParticipation | None = None,
    ) -> None:  # fmt: skip
        self.person = person
        self.zone = ZoneInfo(person.zone)
        self.now = now
        self.end = end
        self.departure = departure or EndOfParticipation()
        self.ended_at = self.midnight(end.on) if end else None
        self.ended_by = end.by if end else None
        self.earliest = whole_minute(max(now, self.midnight(person.enrolled_on)))
        off = rules.off(person.site)
        self.off = replace(off, own=person.preferred_day) if person.preferred_day else off
        self._rules = rules
        self.pauses = tuple(span for span in person.states if span.kind in SUPPRESSING)
        self.absences = _absences(self.pauses)
        self._without_texts = tuple(span for span in person.states if span.kind in NO_TEXTS)
        self.always_asked = not (self.pauses or self._without_texts or end or person.consents or rules.needs_consent)
        self.set_apart = frozenset(each.id for each in stored if each.anchor == UNSCHEDULED)
        self._early: dict[tuple[str, str, str], dict[datetime, Occasion]] = {}
        self._stored: dict[tuple[str, str, str, str], dict[str, Occasion]] = {}
        for occasion in stored:
            series = (occasion.assessment, occasion.anchor, occasion.anchor_key, occasion.reporter)
            self._stored.setdefault(series, {})[occasion.point] = occasion
            if occasion.expected:
                early = self._early.setdefault((occasion.assessment, occasion.anchor, occasion.reporter), {})
                early[occasion.wanted_local] = occasion

    def stored(self, assessment: str, anchor: Anchor, reporter: Reporter) -> Mapping[str, Occasion]:
        """The stored occasions of one series, in any state, by the name of the time point."""
        return self._stored.get((assessment, anchor.kind, anchor.key, reporter), {})

    def stored_early(self, assessment: str, anchor: Anchor, reporter: Reporter) -> Mapping[datetime, Occasion]:
        """The stored occasions of one series from the time when its event was only expected, by wanted wall time."""
        return {} if anchor.expected else self._early.get((assessment, anchor.kind, reporter), {})

    def silence(self, schedule: Schedule) -> Silence:
        """When nothing may be sent to this participant about an assessment."""
        return also_quiet(self._rules.silence_of(schedule, self.person.site), self.person.quiet)

    def midnight(self, day: date) -> datetime:
        """The instant at which a local day begins."""
        return resolve(datetime.combine(day, time()), self.zone)

    def excluded(self, schedule: Schedule, day: date) -> Exclusion | None:
        """Why this participant is not asked on a local day: a state or the end of participation; None if asked."""
        if self.end is not None and day >= self.end.on:
            reason = self.end.by if self.end.by in PERSON_REASONS else "ended"
            return Exclusion("cancelled", reason, f"{self.end.by} on {self.end.on}")
        for span in self.pauses:
            if span.covers(day):
                return Exclusion("missed", span.kind, f"from {span.starts_on} to {span.ends_on or 'further notice'}")
        texts_only = all(rung.channel == "sms" for rung in schedule.ladder)
        if texts_only and any(span.covers(day) for span in self._without_texts):
            return Exclusion("missed", "stopped_texting", "this assessment has no other channel than SMS")
        return None

    def excluded_after(self, after: AfterEnd, reporter: Reporter, day: date) -> Exclusion | None:
        """Why a reporter is not asked on a local day because participation ended; None if they are.

        After a death only what follows it is asked, and never of the patient.
        """
        died_on = self.departure.died_on
        if died_on is not None and day >= died_on and (after.participation != "deceased" or reporter == "self"):
            return Exclusion("cancelled", "died", f"died on {died_on}")
        covers: Covers = "bereavement" if after.participation == "deceased" else "exit"
        return self.without_consent(reporter, covers, day)

    def without_consent(self, reporter: Reporter, covers: Covers, day: date) -> Exclusion | None:
        """Why a reporter who does not agree is not asked on a local day; None if consent does not forbid it."""
        needed = needs(reporter, covers, self._rules.needs_consent)
        if agrees(self.person.consents, reporter, covers, day, needed=needed):
            return None
        return Exclusion("cancelled", "no_consent", f"{reporter} has not agreed to this ({covers}) on {day}")

    def not_agreed(self) -> frozenset[tuple[Reporter, Covers]]:
        """Which reporter does not agree to what, on the day of planning where the participant lives."""
        today = self.now.astimezone(self.zone).date()
        every = product(get_args(Reporter), EVERY_KIND)
        return frozenset(each for each in every if self.without_consent(*each, today) is not None)

    def waits_to_be_sent(self, stored: Occasion | None, wanted: datetime) -> bool:
        """Whether a stored occasion has the same wanted wall time, its time has come, and it is not sent yet."""
        if stored is None or stored.state != "planned":
            return False
        return stored.due_at <= self.now and stored.wanted_local == wanted


def _absences(pauses: Iterable[Span]) -> list[tuple[date, date]]:
    """The periods of absence, from the first day to the day of return; adjacent pauses are one absence.

    An absence longer than LONGEST_ABSENCE is left out, like one without an end: nothing in it is asked afterwards.
    """
    joined: list[tuple[date, date]] = []
    for span in sorted(pauses, key=lambda span: span.starts_on):
        ends_on = span.ends_on or date.max
        if joined and span.starts_on <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], ends_on)
        else:
            joined.append((span.starts_on, ends_on))
    return [(starts_on, ends_on) for starts_on, ends_on in joined if ends_on - starts_on <= LONGEST_ABSENCE]
