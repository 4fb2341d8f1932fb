"""When a question that somebody put off is asked again: when they said, in their zone, within the survey's window."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo

from pro_collector.domain.reply.times import TimeWish
from scheduler.calendar import Silence, resolve, wall_time

LEAST_WAIT = timedelta(minutes=5)
BEFORE_CLOSING = timedelta(hours=1)
"""How long before the window closes the question is asked at the latest."""
STEP = timedelta(minutes=15)
KEPT = 2
"""How often a survey is put off before a person is told."""
DAY = timedelta(days=1)


def ask_again_at(
    wish: TimeWish, now: datetime, zone: tzinfo, usual: time, closes_at: datetime, silence: Silence
) -> datetime | None:
    """The instant at which the question is asked again; None if the window leaves none.

    `usual`: the time of day for a wish that names only a day. A wish that lies in quiet hours or too near to the end of
    the window gives the latest allowed instant before it, else the first after it.
    """
    latest = closes_at - BEFORE_CLOSING
    wanted = list(_instants(wish, now, zone, usual))
    fits = (at for at in wanted if at <= latest and _allowed(at, zone, silence))
    found = next(fits, None)
    if found is not None or not wanted:
        return found
    aim = min(wanted[0], latest)
    earlier = (aim - STEP * n for n in range(int((aim - now) / STEP) + 1))
    later = (aim + STEP * n for n in range(int(max(latest - aim, timedelta()) / STEP) + 1))
    both = (at for each in (earlier, later) for at in each if at >= now + LEAST_WAIT and _allowed(at, zone, silence))
    return next(both, None)


def _instants(wish: TimeWish, now: datetime, zone: tzinfo, usual: time) -> Iterator[datetime]:
    """The instants that a wish may mean, the earliest first; all are after now."""
    if wish.wait is not None:
        yield max(now + timedelta(minutes=wish.wait), now + LEAST_WAIT)
        return
    today = datetime.combine(wall_time(now, zone).date(), time())
    minute = wish.minute if wish.minute is not None else usual.hour * 60 + usual.minute
    minutes = sorted({minute, (minute + 720) % 1440}) if wish.either_half else [minute]
    days = [wish.day] if wish.day is not None else [0, 1]
    for day in days:
        for each in minutes:
            at = resolve(today + DAY * day + timedelta(minutes=each), zone)
            if at >= now + LEAST_WAIT:
                yield at


def _allowed(at: datetime, zone: tzinfo, silence: Silence) -> bool:
    return silence.covers(wall_time(at, zone)) is None
