"""Local wall time and instants: IANA zones, gaps and folds, quiet hours.

The law: a time inside a gap moves forward by the gap's length; a time that happens twice means its first happening;
a message that may not go now goes at the next allowed minute.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from scheduler.duration import Duration, add_calendar

_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60
_MINUTE = timedelta(minutes=1)
_LONGEST_SILENCE = 800  # steps; more than two years of blackout is no schedule any more


@dataclass(frozen=True, slots=True)
class Silence:
    """When nothing may be sent: quiet minutes of the day (`(start, end)`, end excluded; may pass midnight), whole
    dates, and month-days of every year."""

    quiet: tuple[tuple[int, int], ...] = ()
    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    @property
    def whole_day(self) -> bool:
        """Whether every minute of every day is quiet."""
        return all(self._quiet_until(minute) is not None for minute in range(_DAY_MINUTES))

    def covers(self, wall: datetime) -> str | None:
        """Why nothing may be sent at this wall time ("blackout", "quiet_hours"), or None."""
        if (self.dates and wall.date() in self.dates) or (self.yearly and (wall.month, wall.day) in self.yearly):
            return "blackout"
        return "quiet_hours" if self._quiet_until(_minute(wall)) is not None else None

    def ends(self, wall: datetime) -> datetime:
        """The wall time at which the silence that covers `wall` gives way (another may cover that one)."""
        midnight = datetime.combine(wall.date(), time())
        if self.covers(wall) == "blackout":
            return midnight + _DAY
        ends = midnight + timedelta(minutes=self._quiet_until(_minute(wall)) or 0)
        return ends if ends > wall else ends + _DAY

    def _quiet_until(self, minute: int) -> int | None:
        """The minute of the day at which the quiet around `minute` ends; a span that ends where it starts is a day."""
        for start, end in reversed(self.quiet):
            if (minute - start) % _DAY_MINUTES < ((end - start) % _DAY_MINUTES or _DAY_MINUTES):
                return end
        return None


def _minute(wall: time | datetime) -> int:
    return wall.hour * 60 + wall.minute


ALWAYS_ALLOWED = Silence()


def resolve(wall: datetime, zone: tzinfo) -> datetime:
    """The instant (UTC) at which the clock on the wall of `zone` shows `wall` (naive).

    In a gap the time moves forward by the gap's length (02:30 becomes 03:30); in a fold it is the first of the two
    (PEP 495, and RFC 5545 section 3.3.5).
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_time(instant: datetime, zone: tzinfo) -> datetime:
    """What the clock on the wall of `zone` shows at `instant`, as a naive datetime (`fold` is 1 in a second hour)."""
    return instant.astimezone(zone).replace(tzinfo=None)


def moment(wall: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """`resolve(wall)` and the wall time of that instant: `wall` again, unless it lies in a gap."""
    instant = resolve(wall, zone)
    return instant, wall_time(instant, zone)


def later(wall: datetime, duration: Duration, zone: tzinfo) -> datetime:
    """The instant `duration` after the wall time: months and days on the calendar, then hours and minutes elapsed."""
    return resolve(add_calendar(wall, duration), zone) + duration.elapsed


def next_allowed(
    instant: datetime, wall: datetime, zone: tzinfo, silence: Silence
) -> tuple[datetime, datetime, str | None] | None:
    """The first instant at or after `instant` at which a message may go, its wall time, and what moved it.

    `wall` is the wall time of `instant`. None when the silence never ends.
    """
    cause: str | None = None
    for _ in range(_LONGEST_SILENCE):
        now = silence.covers(wall)
        if now is None:
            return instant, wall, cause
        cause = cause if cause == "blackout" else now
        instant = _after(silence.ends(wall), zone, instant)
        wall = wall_time(instant, zone)
    return None


def _after(wall: datetime, zone: tzinfo, floor: datetime) -> datetime:
    instant = resolve(wall, zone)
    if instant > floor:
        return instant
    return wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # `floor` lies in the second hour of a fold


def whole_minute(instant: datetime) -> datetime:
    """`instant`, or the next whole minute after it."""
    cut = instant.replace(second=0, microsecond=0)
    return cut if cut == instant else cut + _MINUTE


def also_quiet(study: Silence, own: Iterable[tuple[time, time]]) -> Silence:
    """The silence of a study with a person's own quiet hours."""
    minutes = tuple((_minute(start), _minute(end)) for start, end in own)
    return replace(study, quiet=study.quiet + minutes) if minutes else study


def silence(
    quiet: tuple[tuple[time, time], ...] = (),
    dates: AbstractSet[date] = frozenset(),
    yearly: AbstractSet[tuple[int, int]] = frozenset(),
) -> Silence:
    """A Silence from times of day; hours that begin and end at one time cover the whole day."""
    minutes = tuple((_minute(start), _minute(end)) for start, end in quiet)
    return Silence(minutes, frozenset(dates), frozenset(yearly))
