"""When somebody reads the answers of a study: the watched hours, and how much watched time passes until an instant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from scheduler.calendar import resolve
from scheduler.rules import Blackout, ClockTime, DateRange, EveryYear, Frozen

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
WORKING_DAYS: tuple[Weekday, ...] = WEEKDAYS[:5]
LONGEST = 800
"""Days; nothing is watched if there is no watched hour in so many."""


class WeeklyHours(Frozen):
    """Hours of these weekdays in local time; `until` is excluded, and is on the next day if it is not after `from`."""

    days: tuple[Weekday, ...] = Field(default=WORKING_DAYS, min_length=1)
    from_time: ClockTime = Field(alias="from")
    until: ClockTime

    def on(self, day: date, zone: tzinfo) -> tuple[datetime, datetime] | None:
        """The first instant of the hours that begin on a day, and the first after them; None on another weekday."""
        if WEEKDAYS[day.weekday()] not in self.days:
            return None
        ends = day if self.until > self.from_time else day + timedelta(days=1)
        start = resolve(datetime.combine(day, self.from_time), zone)
        return start, resolve(datetime.combine(ends, self.until), zone)


class WatchedHours(Frozen):
    """The hours in which answers are watched, in the time zone of the site; not those that begin on a day `closed`."""

    hours: tuple[WeeklyHours, ...] = Field(min_length=1)
    closed: tuple[Blackout, ...] = ()

    @model_validator(mode="after")
    def _is_open_sometimes(self) -> Self:
        if _next(self, UTC, datetime(2026, 1, 1, tzinfo=UTC)) is None:
            raise ValueError("every day is closed: write `watched: never` if nobody watches the answers")
        return self


Watched = Annotated[
    WatchedHours | Literal["never", "always"],
    Field(description="whether, and in which hours, somebody of the team sees what the rules find"),
]


@dataclass(frozen=True, slots=True)
class WatchedTime:
    """Counts watched time in one time zone; `hours` None is every hour."""

    hours: WatchedHours | None
    zone: tzinfo

    def opens(self, at: datetime) -> datetime:
        """The first watched instant at or after an instant (UTC)."""
        return self.after(at, timedelta())

    def watched(self, at: datetime) -> bool:
        """Whether an instant is watched."""
        return self.opens(at) == at

    def after(self, at: datetime, length: timedelta) -> datetime:
        """The instant (UTC) at which so much watched time has passed since an instant.

        If it would be the end of a working day, it is that end, and not the beginning of the next.
        """
        at = at.astimezone(UTC)
        if self.hours is None:
            return at + length
        left = length
        for start, end in _spans(self.hours, self.zone, at):
            begin = max(start, at)
            if begin + left < end or (left and begin + left == end):
                return begin + left
            left -= end - begin
        return at + length


def is_closed(day: date, closed: Iterable[Blackout]) -> bool:
    """Whether a day is one of these."""
    return any(_includes(each, day) for each in closed)


def _includes(closed: Blackout, day: date) -> bool:
    if isinstance(closed, EveryYear):
        return closed.every_year == (day.month, day.day)
    if isinstance(closed, DateRange):
        return closed.from_date <= day <= closed.until
    return closed == day


def watched_time(watched: WatchedHours | str, zone: tzinfo, *, every_hour: bool = False) -> WatchedTime:
    """How watched time is counted at a site; `every_hour` for a rule that counts also outside of these hours."""
    return WatchedTime(None if every_hour or isinstance(watched, str) else watched, zone)


def _next(hours: WatchedHours, zone: tzinfo, at: datetime) -> tuple[datetime, datetime] | None:
    return next(_spans(hours, zone, at), None)


def _spans(hours: WatchedHours, zone: tzinfo, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The watched spans that end after an instant, in order, without overlaps, as long as they are not too far off."""
    first, reached = at.astimezone(zone).date() - timedelta(days=1), at
    idle = 0
    while idle < LONGEST:
        day = first
        first, idle = first + timedelta(days=1), idle + 1
        if is_closed(day, hours.closed):
            continue
        for start, end in sorted(span for each in hours.hours if (span := each.on(day, zone))):
            if end > reached:
                yield max(start, reached), end
                reached, idle = end, 0
