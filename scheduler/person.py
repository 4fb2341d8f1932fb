"""What the planner knows of one participant: who, where, since when, and the states that silence or end the asking."""

from dataclasses import dataclass
from datetime import date, time
from typing import Literal
from uuid import UUID

Condition = Literal["paused", "hospital", "holiday", "stopped_texting", "moved", "withdrew", "died"]

SUPPRESSING: frozenset[str] = frozenset({"paused", "hospital", "holiday"})
"""States in which nothing is asked; what falls into them may be asked afterwards."""
NO_TEXTS: frozenset[str] = frozenset({"stopped_texting"})
"""States in which nobody is texted; mails go on."""
ENDING: frozenset[str] = frozenset({"withdrew", "died"})
"""States that end participation."""


@dataclass(frozen=True, slots=True)
class Span:
    """A state of a participant with its dates, both in their own zone: from `starts_on` until the day before `ends_on`.

    `withdrew` and `died` have no end. `moved` changes nothing by itself (the new zone is the person's).
    """

    kind: Condition
    starts_on: date
    ends_on: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the state holds on `day`."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True, slots=True)
class Person:
    """One participant. `zone` is an IANA name; `preferred_time` replaces an assessment's time of day where it may."""

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
    quiet: tuple[tuple[time, time], ...] = ()

    def age_on(self, day: date) -> int | None:
        """Completed years of age on `day`; someone born on 29 February has their birthday on 1 March in other years."""
        born = self.birth_date
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
