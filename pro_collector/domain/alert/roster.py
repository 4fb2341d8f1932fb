"""The roster of a study: who has which role, at which sites and in which hours, and who stands in for whom."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated, Self

from pydantic import Field, model_validator

from pro_collector.domain.alert.rule import Role
from pro_collector.domain.alert.watching import WeeklyHours, is_closed
from pro_collector.domain.document import Document, text_like, validate
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, Problem
from scheduler.rules import Blackout, Day, Frozen

PersonName = Annotated[str, text_like(r"^[a-z][a-z0-9-]*$", "a short name without capital letters, such as ana-ruiz")]
Mail = Annotated[str, text_like(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "an address such as name@example.org")]
Mobile = Annotated[str, text_like(r"^\+[1-9]\d{6,14}$", 'a number with its country code, in quotes: "+34600000100"')]


class Colleague(Frozen):
    """Somebody of the team, and how an alert reaches them at work."""

    mail: Mail
    phone: Mobile | None = None


class Duty(Frozen):
    """Who has a role, at these sites (all, if none are named), in these hours (always, if none are given).

    `closed`: days on which the hours do not begin, such as holidays. Hours are in the time zone of the site.
    """

    role: Role
    who: tuple[PersonName, ...] = Field(min_length=1)
    sites: tuple[str, ...] = ()
    hours: tuple[WeeklyHours, ...] = ()
    closed: tuple[Blackout, ...] = ()

    def covers(self, role: str, site: str | None, at: datetime, zone: tzinfo) -> bool:
        """Whether it is the duty of a role at a site at an instant."""
        if self.role != role or (self.sites and site not in self.sites):
            return False
        today = at.astimezone(zone).date()
        if not self.hours:
            return not is_closed(today, self.closed)
        return any(self._begins(day, at, zone) for day in (today - timedelta(days=1), today))

    def _begins(self, day: date, at: datetime, zone: tzinfo) -> bool:
        spans = (each.on(day, zone) for each in self.hours)
        return not is_closed(day, self.closed) and any(span and span[0] <= at < span[1] for span in spans)


class Away(Frozen):
    """Somebody is away on these days, both included; `stand_in` has their duties, if somebody does."""

    who: PersonName
    from_date: Day = Field(alias="from")
    until: Day
    stand_in: PersonName | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until < self.from_date:
            raise ValueError(f"{self.until} is before {self.from_date}")
        return self

    def covers(self, day: date) -> bool:
        """Whether they are away on a day."""
        return self.from_date <= day <= self.until


class Roster(Frozen):
    """A roster file."""

    people: dict[PersonName, Colleague] = Field(min_length=1)
    duties: tuple[Duty, ...] = Field(min_length=1)
    away: tuple[Away, ...] = ()

    @property
    def roles(self) -> frozenset[str]:
        """The roles that somebody has at some time."""
        return frozenset(duty.role for duty in self.duties)

    def on_duty(self, role: str, site: str | None, at: datetime, zone: tzinfo) -> tuple[str, ...]:
        """Who has a role at a site at an instant, each once, in the order of the file; stand-ins for those away."""
        covering = (who for duty in self.duties if duty.covers(role, site, at, zone) for who in duty.who)
        today = at.astimezone(zone).date()
        present = (self._present(who, today, frozenset()) for who in covering)
        return tuple(dict.fromkeys(who for who in present if who is not None))

    def _present(self, who: str, day: date, asked: frozenset[str]) -> str | None:
        """Who does somebody's duties on a day: themselves, the stand-in, or the stand-in of the stand-in."""
        absence = next((each for each in self.away if each.who == who and each.covers(day)), None)
        if absence is None:
            return who
        if absence.stand_in is None or absence.stand_in in asked:
            return None
        return self._present(absence.stand_in, day, asked | {who})


def parse_roster(document: Document) -> Roster:
    """Read a roster file. Raises BadInput with every mistake, also names of people who are not in it."""
    roster = validate(document, Roster)
    if mistakes := list(_mistakes(document, roster)):
        raise BadInput(mistakes)
    return roster


def _mistakes(document: Document, roster: Roster) -> Iterator[Problem]:
    for index, duty in enumerate(roster.duties):
        for place, who in enumerate(duty.who):
            if who not in roster.people:
                yield document.problem(("duties", index, "who", place), unknown("person", who, roster.people))
    for index, away in enumerate(roster.away):
        for key, name in (("who", away.who), ("stand_in", away.stand_in)):
            if name is not None and name not in roster.people:
                yield document.problem(("away", index, key), unknown("person", name, roster.people))
