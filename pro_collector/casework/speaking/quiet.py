"""When the next silence begins: a text that still queues at the carrier by then must not be delivered any more."""

from datetime import datetime, time, timedelta, tzinfo

from scheduler.calendar import Silence, resolve, wall_time

DAY = timedelta(days=1)


def next_silence(now: datetime, zone: tzinfo, silence: Silence) -> datetime | None:
    """The first instant after `now` at which nothing may be sent, looking ahead to the end of tomorrow; None: none."""
    today = datetime.combine(wall_time(now, zone).date(), time())
    days = (today, today + DAY)
    walls = [day + timedelta(minutes=start) for day in days for start, _ in silence.quiet]
    walls += [day for day in (*days, today + 2 * DAY) if silence.covers(day) == "blackout"]
    instants = (resolve(wall, zone) for wall in walls)
    return min((instant for instant in instants if instant > now), default=None)
