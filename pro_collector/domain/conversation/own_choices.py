"""What people may choose on their own page: hours, how long a pause; and what may be corrected."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Literal

from pro_collector.domain.conversation.survey import State
from scheduler.calendar import Silence, also_quiet
from scheduler.duration import Duration, add_calendar

CORRECTABLE = timedelta(days=14)
"""How long after the end of a survey its answers may be corrected: later, nobody remembers them for sure."""
LEAST_OPEN_MINUTES = 4 * 60
"""How much of a day one's own quiet hours must leave free."""
PauseProblem = Literal["past", "too_long", "by_team"]
"""Why a pause cannot be: it would not reach tomorrow, is longer than the study allows, or the team has paused all."""


def pause_problem(until: date, today: date, at_most: Duration, *, paused_by_team: bool) -> PauseProblem | None:
    """Why somebody cannot pause from today until the day before `until`; None if they can."""
    if paused_by_team:
        return "by_team"
    if until <= today:
        return "past"
    return "too_long" if until > last_pause(today, at_most) else None


def last_pause(today: date, at_most: Duration) -> date:
    """The last day on which messages go on after a pause that begins today."""
    return add_calendar(datetime.combine(today, time()), at_most).date()


def leaves_room(silence: Silence, own: Iterable[tuple[time, time]]) -> bool:
    """Whether these own quiet hours, with those of the study, leave enough of the day to be asked in."""
    together = also_quiet(silence, tuple(own))
    noon = datetime(2026, 1, 1)  # noqa: DTZ001  # any wall-clock day without blackout: only its minutes count
    hours = Silence(quiet=together.quiet)
    free = sum(hours.covers(noon + timedelta(minutes=minute)) is None for minute in range(24 * 60))
    return free >= LEAST_OPEN_MINUTES


def hours_to_choose(silence: Silence) -> list[time]:
    """The full hours at which the study may write."""
    hours = Silence(quiet=silence.quiet)
    return [time(hour) for hour in range(24) if hours.covers(datetime(2026, 1, 1, hour)) is None]  # noqa: DTZ001


def may_correct(state: State, ended_at: datetime | None, now: datetime) -> bool:
    """Whether the answers of a survey may still be corrected by the person who gave them."""
    return state in ("completed", "partial") and ended_at is not None and now < ended_at + CORRECTABLE
