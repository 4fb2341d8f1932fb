"""Mistakes in the hours of an assessment: in the quiet hours, twice the same, or overlapping."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from pro_collector.domain.document import Path
from scheduler.rulebook import silence_of
from scheduler.rules import Hours, Schedule
from scheduler.times_of_day import RandomTimes, parts

Mistake = tuple[Path, str]
_SOME_DAY = date(2027, 1, 4)


def hour_mistakes(schedule: Schedule, quiet: Sequence[Hours]) -> Iterator[Mistake]:
    """The mistakes in `at`; their paths start at the assessment. `quiet` are the quiet hours that hold for it."""
    listed = isinstance(schedule.at, tuple)
    hours = parts(schedule.at)
    for index, hour in enumerate(hours):
        path: Path = ("at", index) if listed else ("at",)
        message = _in_quiet_hours(hour, quiet) or _not_after(hours[index - 1] if index else None, hour)
        if message:
            yield path, message


def _in_quiet_hours(hour: time | RandomTimes, quiet: Sequence[Hours]) -> str | None:
    silence = silence_of(quiet, ())
    inside = [at for at in _minutes(hour) if silence.covers(at)]
    if not inside or silence.whole_day:
        return None
    shown = ", ".join(f"{each.from_time:%H:%M}-{each.until:%H:%M}" for each in quiet)
    return f"{inside[0]:%H:%M} lies in the quiet hours ({shown}): no invitation would go at its time"


def _minutes(hour: time | RandomTimes) -> list[datetime]:
    """Every minute at which this may ask, on some day."""
    if isinstance(hour, time):
        return [datetime.combine(_SOME_DAY, hour)]
    return [datetime.combine(_SOME_DAY, hour.from_time) + timedelta(minutes=k) for k in range(hour.minutes)]


def _not_after(before: time | RandomTimes | None, hour: time | RandomTimes) -> str | None:
    if before is None or _minutes(before)[-1] < _minutes(hour)[0]:
        return None
    return "hours are in order, and none is inside of another: each is later than the one before it"
