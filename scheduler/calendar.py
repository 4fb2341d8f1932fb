"""Local wall time and instants: IANA zones, gaps and folds, quiet hours.

The law: a time inside a gap moves forward by the gap's length; a time that happens twice means its first happening;
a message that may not go now goes at the next allowed minute.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduler.duration import Duration, add_calendar

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_LONGEST_SILENCE = 800  # steps; more than two years of blackout is no schedule any more


@dataclass(frozen=True, slots=True)
class Silence:
    """When nothing may be sent: quiet minutes of the day (`(start, end)`, end excluded; may pass midnight), whole
    dates, and month-days of every year."""

    quiet: tuple[tuple[int, int], ...] = ()
    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def covers(self, wall: datetime) -> str | None:
        """Why nothing may be sent at this wall time ("blackout", "quiet_hours"), or None."""
        if self.dates and wall.date() in self.dates:
            return "blackout"
        if self.yearly and (wall.month, wall.day) in self.yearly:
            return "blackout"
        minute = wall.hour * 60 + wall.minute
        for start, end in self.quiet:
            if start <= minute < end or (start > end and not end <= minute < start):
                return "quiet_hours"
        return None

    def ends(self, wall: datetime) -> datetime:
        """The wall time at which the silence that covers `wall` gives way (another may cover that one)."""
        if self.covers(wall) == "blackout":
            return datetime.combine(wall.date() + _DAY, time())
        minute = wall.hour * 60 + wall.minute
        for start, end in self.quiet:
            if start <= minute < end or (start > end and not end <= minute < start):
                day = wall.date() + (_DAY if minute >= end else timedelta())
                return datetime.combine(day, time()) + timedelta(minutes=end)
        return wall


ALWAYS_ALLOWED = Silence()


@lru_cache(maxsize=1 << 17)
def _whole_day_offset(day: date, zone: ZoneInfo) -> timedelta | None:
    """The zone's offset if it holds all that day long, else None: most days need no search for gaps and folds."""
    midnight = datetime.combine(day, time())
    start = midnight.replace(tzinfo=zone).utcoffset()
    if start != midnight.replace(tzinfo=zone, fold=1).utcoffset():
        return None
    noon = midnight.replace(hour=12, tzinfo=zone).utcoffset()
    end = (midnight + _DAY).replace(tzinfo=zone).utcoffset()
    return start if start == noon == end else None


def resolve(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which the clock on the wall of `zone` shows `wall` (naive).

    In a gap the time moves forward by the gap's length (02:30 becomes 03:30); in a fold it is the first of the two
    (PEP 495, and RFC 5545 section 3.3.5).
    """
    offset = _whole_day_offset(wall.date(), zone)
    if offset is not None:
        return (wall - offset).replace(tzinfo=UTC)
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_time(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall of `zone` shows at `instant`, as a naive datetime (`fold` is 1 in a second hour)."""
    return instant.astimezone(zone).replace(tzinfo=None)


def later(wall: datetime, duration: Duration, zone: ZoneInfo) -> datetime:
    """The instant `duration` after the wall time: months and days on the calendar, then hours and minutes elapsed."""
    instant = resolve(add_calendar(wall, duration), zone)
    return instant + timedelta(seconds=duration.seconds) if duration.seconds else instant


def next_allowed(instant: datetime, zone: ZoneInfo, silence: Silence) -> tuple[datetime, str | None] | None:
    """The first instant at or after `instant` at which a message may go, and what moved it (the last cause).

    None when the silence never ends.
    """
    cause: str | None = None
    for _ in range(_LONGEST_SILENCE):
        wall = wall_time(instant, zone)
        now = silence.covers(wall)
        if now is None:
            return instant, cause
        cause = cause if cause == "blackout" else now
        instant = _not_before(silence.ends(wall), zone, instant)
    return None


def _not_before(wall: datetime, zone: ZoneInfo, floor: datetime) -> datetime:
    instant = resolve(wall, zone)
    if instant > floor:
        return instant
    return wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # `floor` lies in the second hour of a fold


def whole_minute(instant: datetime) -> datetime:
    """`instant`, or the next whole minute after it."""
    cut = instant.replace(second=0, microsecond=0)
    return cut if cut == instant else cut + _MINUTE


def silence(
    quiet: tuple[tuple[time, time], ...] = (),
    dates: AbstractSet[date] = frozenset(),
    yearly: AbstractSet[tuple[int, int]] = frozenset(),
) -> Silence:
    """A Silence from times of day."""
    minutes = tuple((start.hour * 60 + start.minute, end.hour * 60 + end.minute) for start, end in quiet)
    return Silence(minutes, frozenset(dates), frozenset(yearly))
