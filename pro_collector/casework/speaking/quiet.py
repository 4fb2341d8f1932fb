"""Finds the start of the next quiet hours: a text still in the carrier's queue then must not be delivered."""

from datetime import datetime, time, timedelta, tzinfo

from scheduler.calendar import Silence, resolve, wall_time

DAY = timedelta(days=1)


def next_silence(now: datetime, zone: tzinfo, silence: Silence) -> datetime | None:
    """The first instant after `now` at which nothing may be sent; None without one before the end of tomorrow."""
    today = datetime.combine(wall_time(now, zone).date(), time())
    days = (today, today + DAY)
    walls = [day + timedelta(minutes=start) for day in days for start, _ in silence.quiet]
    walls += [day for day in (*days, today + 2 * DAY) if silence.covers(day) == "blackout"]
    instants = (resolve(wall, zone) for wall in walls)
    return min((instant for instant in instants if instant > now), default=None)
