"""When a day is asked in a zone: the instants that the rule and the silence give, whoever it is for."""

from datetime import date, datetime, time
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from scheduler.calendar import Silence, later, moment, next_allowed, wall_time
from scheduler.duration import Duration, add_months
from scheduler.rules import Window

_REMEMBERED = 16_384  # slots, for everybody: the days of eleven years in four zones


class Slot(NamedTuple):
    """One wanted wall time on the clock: its own instant and wall time, those it is moved to, its window, reminders.

    `plain`: nothing moves it, and it comes before its window closes.
    """

    wanted: datetime
    plain: bool
    nominal: datetime
    wall: datetime
    due: datetime
    local: datetime
    moved_by: str | None
    opens: datetime
    closes: datetime
    late: datetime
    reminders: tuple[datetime, ...]


class Clock:
    """The hour, window, reminders and silence of an assessment in one zone.

    Made by `clock`, one for all who share them: slots are found again by its identity.
    """

    def __init__(
        self, at: time, window: Window, reminders: tuple[Duration, ...], silence: Silence, zone: ZoneInfo
    ) -> None:
        self.at = at
        self.window = window
        self.after = reminders
        self.silence = silence
        self.zone = zone
        self.opens_at_once = window.opens == Duration()
        self.closes_for_good = window.late_entry == Duration()

    def allowed(self, instant: datetime, wall: datetime) -> tuple[datetime, datetime, str | None] | None:
        """The first instant from `instant` (shown as `wall`) on at which a message may go, its wall time, its cause."""
        return next_allowed(instant, wall, self.zone, self.silence)

    def reminders(self, due: datetime, closes: datetime) -> tuple[datetime, ...]:
        """When to remind after an invitation at the wall time `due`: allowed instants before `closes`, each once."""
        found: list[datetime] = []
        for after in self.after:
            day = add_months(due, after.months) if after.months else due
            instant, wall = moment(day + after.calendar_days, self.zone)
            if after.seconds:
                instant += after.elapsed
                wall = wall_time(instant, self.zone)
            if self.silence.covers(wall):
                instant, wall, _ = self.allowed(instant, wall) or (closes, wall, None)
            if instant < closes and instant not in found:
                found.append(instant)
        found.sort()
        return tuple(found)


clock = lru_cache(maxsize=4096)(Clock)


@lru_cache(maxsize=_REMEMBERED)
def slot(clock: Clock, on: date) -> Slot:
    """What becomes of the clock's hour on a day: the same for everyone by that clock, and in each of their plans."""
    window, zone, wanted = clock.window, clock.zone, datetime.combine(on, clock.at)
    nominal, wall = moment(wanted, zone)
    due, local, moved_by = nominal, wall, None
    if clock.silence.covers(wall):
        due, local, moved_by = clock.allowed(nominal, wall) or (nominal, wall, "silence")
    opens = nominal if clock.opens_at_once else later(wanted, window.opens, zone)
    closes = later(wanted, window.closes, zone)
    late = closes if clock.closes_for_good else later(wanted, window.closes_late, zone)
    plain, reminders = not moved_by and due < closes, clock.reminders(local, closes)
    return Slot(wanted, plain, nominal, wall, due, local, moved_by, opens, closes, late, reminders)
