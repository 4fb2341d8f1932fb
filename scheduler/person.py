"""The data of one participant that the planner needs: identity, zone, enrolment, and states that stop surveys."""

from dataclasses import dataclass
from datetime import date, time
from typing import Literal
from uuid import UUID

from scheduler.consent import Consent
from scheduler.weekdays import DayName

Condition = Literal[
    "paused",
    "hospital",
    "holiday",
    "stopped_texting",
    "moved",
    "answered_by_proxy",
    "crossed_over",
    "withdrew",
    "died",
]

SUPPRESSING: frozenset[str] = frozenset({"paused", "hospital", "holiday"})
"""States in which nothing is asked. A missed occasion may be asked afterwards."""
NO_TEXTS: frozenset[str] = frozenset({"stopped_texting"})
"""States in which no texts are sent; mails are still sent."""
ENDING: frozenset[str] = frozenset({"withdrew", "died"})
"""States that end participation."""
NOT_SILENT: frozenset[str] = frozenset({"moved", "answered_by_proxy", "crossed_over"})
"""States in which people are asked: elsewhere, through somebody else, or in another arm."""


@dataclass(frozen=True, slots=True)
class Span:
    """A state of a participant from `starts_on` until the day before `ends_on`; dates are in the participant's zone.

    `withdrew` and `died` have no end. `moved` alone has no effect: the new zone is a field of the person.
    `answered_by_proxy`: the proxy is asked in their place. `crossed_over`: from that day on they are in `arm`.
    """

    kind: Condition
    starts_on: date
    ends_on: date | None = None
    arm: str | None = None

    def covers(self, day: date) -> bool:
        """Whether the state holds on `day`."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True, slots=True)
class Person:
    """One participant. `zone` is an IANA name. `preferred_time` replaces `at` of a schedule without `fixed_time`.

    `arm` is that at enrolment, before any crossover. `preferred_day` is their own day of the week, for `own_day`.
    `caregiver_goes_on`: the day from which their caregiver is asked although they withdrew; None: the team has not
    decided that.
    """

    id: UUID
    zone: str
    enrolled_on: date
    birth_date: date | None = None
    arm: str | None = None
    site: str | None = None
    language: str | None = None
    sex: str | None = None
    states: tuple[Span, ...] = ()
    preferred_time: time | None = None
    preferred_day: DayName | None = None
    quiet: tuple[tuple[time, time], ...] = ()
    consents: tuple[Consent, ...] = ()
    caregiver_goes_on: date | None = None

    @property
    def arms(self) -> tuple[str | None, ...]:
        """Every arm that this person was or will be in, the first one first."""
        return (self.arm, *(span.arm for span in self.states if span.arm is not None))

    def arm_on(self, day: date) -> str | None:
        """The arm on `day`: that of the last crossover that has begun, or that at enrolment."""
        begun = [span for span in self.states if span.arm is not None and span.covers(day)]
        return max(begun, key=lambda span: span.starts_on).arm if begun else self.arm

    def is_answered_by_proxy(self, day: date) -> bool:
        """Whether a proxy answers on `day` what this person would answer."""
        return any(span.kind == "answered_by_proxy" and span.covers(day) for span in self.states)

    def age_on(self, day: date) -> int | None:
        """Completed years of age on `day`; None without a birth date."""
        return age_on(self.birth_date, day)


def age_on(born: date | None, day: date) -> int | None:
    """Completed years of age on `day` of somebody born on `born`; None without a birth date.

    The birthday of somebody born on 29 February is 1 March in other years.
    """
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))
