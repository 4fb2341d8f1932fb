"""Local wall time and instants: IANA zones, gaps and folds, quiet hours.

The rules: a wall time inside a gap moves forward by the length of the gap; a wall time that occurs twice means the
first one; a message that may not be sent now is sent at the next allowed minute.
"""

from collections.abc import Container, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from scheduler.duration import Duration, add_calendar

_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60
_MINUTE = timedelta(minutes=1)
_LONGEST_SILENCE = 800  # steps; after more than two years of blackout we give up


@dataclass(frozen=True, slots=True)
class Silence:
    """The times at which nothing may be sent.

    `quiet` has minutes of the day, as `(start, end)`; the end is excluded and may be after midnight. `dates` are whole
    days, and `yearly` are days of every year, as (month, day). `holidays` are whole days too.
    """

    quiet: tuple[tuple[int, int], ...] = ()
    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    holidays: Container[date] = frozenset()

    @property
    def whole_day(self) -> bool:
        """Whether every minute of every day is quiet."""
        return all(self._quiet_until(minute) is not None for minute in range(_DAY_MINUTES))

    def covers(self, wall: datetime) -> str | None:
        """Why nothing may be sent at this wall time ("blackout", "quiet_hours"), or None."""
        if (self.dates and wall.date() in self.dates) or (self.yearly and (wall.month, wall.day) in self.yearly):
            return "blackout"
        if self.holidays and wall.date() in self.holidays:
            return "blackout"
        return "quiet_hours" if self._quiet_until(_minute(wall)) is not None else None

    def ends(self, wall: datetime) -> datetime:
        """The wall time at which the silence that covers `wall` ends (another silence may cover that time)."""
        midnight = datetime.combine(wall.date(), time())
        if self.covers(wall) == "blackout":
            return midnight + _DAY
        ends = midnight + timedelta(minutes=self._quiet_until(_minute(wall)) or 0)
        return ends if ends > wall else ends + _DAY

    def _quiet_until(self, minute: int) -> int | None:
        """The minute of the day at which the quiet hours around `minute` end; None outside of quiet hours.

        Quiet hours that start and end at the same minute cover the whole day.
        """
        for start, end in reversed(self.quiet):
            if (minute - start) % _DAY_MINUTES < ((end - start) % _DAY_MINUTES or _DAY_MINUTES):
                return end
        return None


def _minute(wall: time | datetime) -> int:
    return wall.hour * 60 + wall.minute


ALWAYS_ALLOWED = Silence()


def resolve(wall: datetime, zone: tzinfo) -> datetime:
    """The instant (UTC) of the naive wall time `wall` in `zone`.

    In a gap the time moves forward by the length of the gap (02:30 becomes 03:30). In a fold it is the first of the
    two instants (PEP 495, and RFC 5545 section 3.3.5).
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_time(instant: datetime, zone: tzinfo) -> datetime:
    """The wall time in `zone` at `instant`, as a naive datetime (`fold` is 1 in the second hour of a fold)."""
    return instant.astimezone(zone).replace(tzinfo=None)


def instant_and_wall_time(wall: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """`resolve(wall)` and the wall time of that instant, which equals `wall` unless `wall` is in a gap."""
    instant = resolve(wall, zone)
    return instant, wall_time(instant, zone)


def later(wall: datetime, duration: Duration, zone: tzinfo) -> datetime:
    """The instant `duration` after the wall time: adds months and days on the calendar, then the elapsed time."""
    return resolve(add_calendar(wall, duration), zone) + duration.elapsed


def next_allowed(
    instant: datetime, wall: datetime, zone: tzinfo, silence: Silence
) -> tuple[datetime, datetime, str | None] | None:
    """The first instant at or after `instant` at which a message may be sent, its wall time, and what delayed it.

    `wall` is the wall time of `instant`. Returns None if the silence never ends.
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


def _after(wall: datetime, zone: tzinfo, earlier: datetime) -> datetime:
    instant = resolve(wall, zone)
    if instant > earlier:
        return instant
    return wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # `earlier` is in the second hour of a fold


def whole_minute(instant: datetime) -> datetime:
    """`instant`, rounded up to a whole minute."""
    cut = instant.replace(second=0, microsecond=0)
    return cut if cut == instant else cut + _MINUTE


def also_quiet(study: Silence, own: Iterable[tuple[time, time]]) -> Silence:
    """The silence of a study, plus the quiet hours of one person."""
    minutes = minutes_of_day(own)
    return replace(study, quiet=study.quiet + minutes) if minutes else study


def minutes_of_day(quiet: Iterable[tuple[time, time]]) -> tuple[tuple[int, int], ...]:
    """Quiet hours as minutes of the day."""
    return tuple((_minute(start), _minute(end)) for start, end in quiet)


def silence(
    quiet: tuple[tuple[time, time], ...] = (),
    dates: AbstractSet[date] = frozenset(),
    yearly: AbstractSet[tuple[int, int]] = frozenset(),
) -> Silence:
    """A Silence from times of day; quiet hours that begin and end at the same time cover the whole day."""
    return Silence(minutes_of_day(quiet), frozenset(dates), frozenset(yearly))
