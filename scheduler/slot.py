"""The times of an assessment on one day, from its hour, its window, the zone and the silence."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from scheduler.calendar import Silence, instant_and_wall_time, later, next_allowed, wall_time
from scheduler.duration import Duration, add_calendar
from scheduler.rules import Window

NO_ALLOWED_MINUTE = "silence"
"""The `moved_by` of a slot if the silence never ends. The slot then keeps the wanted time."""


class Slot(NamedTuple):
    """One day of a schedule in a zone. Instants are UTC; `wanted` and `..._local` are naive wall times of the zone.

    `nominal` is the instant of the `wanted` time. `due` is the first instant from `nominal` on at which a message may
    be sent. `moved_by` says what delayed it (None if nothing did).
    """

    wanted: datetime
    nominal: datetime
    nominal_local: datetime
    due: datetime
    due_local: datetime
    moved_by: str | None
    opens: datetime
    closes: datetime
    late_until: datetime
    reminders: tuple[datetime, ...]

    def closed_by(self, instant: datetime, late_until: datetime) -> "Slot":
        """The slot with a window that closes at `instant` at the latest; late entry then ends at `late_until`."""
        if instant >= self.closes:
            return self
        reminders = tuple(reminder for reminder in self.reminders if reminder < instant)
        return self._replace(closes=instant, late_until=late_until, reminders=reminders)


@dataclass(frozen=True, slots=True)
class Timing:
    """The hour, window and reminders of an assessment, with one zone and one silence.

    The hash covers only the hour and the zone, which differ most; equality covers every field.
    """

    at: time
    zone: ZoneInfo
    window: Window = field(hash=False)
    reminders_after: tuple[Duration, ...] = field(hash=False)
    silence: Silence = field(hash=False)

    def allowed(self, instant: datetime, local: datetime) -> tuple[datetime, datetime, str | None] | None:
        """The first instant from `instant` on at which a message may be sent, its wall time, and what delayed it.

        `local` is the wall time of `instant`. Returns None if the silence never ends.
        """
        return next_allowed(instant, local, self.zone, self.silence)

    def reminders(self, due_local: datetime, closes: datetime) -> tuple[datetime, ...]:
        """The instants of the reminders after an invitation at the wall time `due_local`.

        Each is allowed by the silence and before `closes`; they are sorted.
        """
        instants: set[datetime] = set()
        for after in self.reminders_after:
            instant, local = instant_and_wall_time(add_calendar(due_local, after), self.zone)
            if after.seconds:
                instant += after.elapsed
                local = wall_time(instant, self.zone)
            allowed = self.allowed(instant, local)
            if allowed is not None and allowed[0] < closes:
                instants.add(allowed[0])
        return tuple(sorted(instants))


# The only cache of the planner: a plan of ten years takes 1.8 ms with it and 4.1 ms without, and
# `tests/bench_planning.py` allows 2 ms. It has room for the days of eleven years in four zones.
@lru_cache(maxsize=16_384)
def slot(timing: Timing, day: date) -> Slot:
    """The times of an assessment on a local day."""
    wanted = datetime.combine(day, timing.at)
    nominal, nominal_local = instant_and_wall_time(wanted, timing.zone)
    allowed = timing.allowed(nominal, nominal_local) or (nominal, nominal_local, NO_ALLOWED_MINUTE)
    due, due_local, moved_by = allowed
    closes = later(wanted, timing.window.closes, timing.zone)
    return Slot(
        wanted=wanted,
        nominal=nominal,
        nominal_local=nominal_local,
        due=due,
        due_local=due_local,
        moved_by=moved_by,
        opens=later(wanted, timing.window.opens, timing.zone),
        closes=closes,
        late_until=later(wanted, timing.window.closes_late, timing.zone),
        reminders=timing.reminders(due_local, closes),
    )
