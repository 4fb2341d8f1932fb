"""When an assessment is asked on a day: the instants that its hour, its window and the silence of a zone give."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from scheduler.calendar import Silence, later, moment, next_allowed, wall_time
from scheduler.duration import Duration, add_calendar
from scheduler.rules import Window

NO_ALLOWED_MINUTE = "silence"
"""In place of what moved a slot: the silence never ends, so the slot stays at the time that was wanted."""


class Slot(NamedTuple):
    """One day of a schedule in a zone. Instants are UTC; `wanted` and `..._local` are naive wall times of the zone.

    `nominal` is the instant of the `wanted` time; `due` is the first instant from there on at which a message may go,
    and `moved_by` says what moved it (None: nothing did).
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


@dataclass(frozen=True, slots=True)
class Timing:
    """The hour, window and reminders of an assessment, on the clock of one zone and with its silence.

    Hashed by its hour and zone alone, which differ most; compared by everything.
    """

    at: time
    zone: ZoneInfo
    window: Window = field(hash=False)
    reminders_after: tuple[Duration, ...] = field(hash=False)
    silence: Silence = field(hash=False)

    def allowed(self, instant: datetime, local: datetime) -> tuple[datetime, datetime, str | None] | None:
        """The first instant from `instant` (shown as `local`) on at which a message may go, its wall time, its cause.

        None when the silence never ends.
        """
        return next_allowed(instant, local, self.zone, self.silence)

    def reminders(self, due_local: datetime, closes: datetime) -> tuple[datetime, ...]:
        """When to remind after an invitation at the wall time `due_local`: allowed instants before `closes`, sorted."""
        instants: set[datetime] = set()
        for after in self.reminders_after:
            instant, local = moment(add_calendar(due_local, after), self.zone)
            if after.seconds:
                instant += after.elapsed
                local = wall_time(instant, self.zone)
            allowed = self.allowed(instant, local)
            if allowed is not None and allowed[0] < closes:
                instants.add(allowed[0])
        return tuple(sorted(instants))


# The one place where planning remembers something: a plan of ten years takes 1.8 ms with it and 4.1 ms without, and
# `tests/bench_planning.py` allows 2 ms. It holds the days of eleven years in four zones, for everybody.
@lru_cache(maxsize=16_384)
def slot(timing: Timing, day: date) -> Slot:
    """What becomes of the wanted hour on a local day."""
    wanted = datetime.combine(day, timing.at)
    nominal, nominal_local = moment(wanted, timing.zone)
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
