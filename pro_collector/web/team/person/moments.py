"""Instants as the team reads them: the wall time where somebody lives, with the zone named, and how long ago."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moments:
    """Tells instants to somebody who reads a page at `now` about a person in `zone`."""

    zone: ZoneInfo
    now: datetime

    def at(self, instant: datetime) -> str:
        """The wall time with its zone: `2026-03-03 10:05 EST`."""
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M %Z}"

    def ago(self, instant: datetime) -> str:
        """How long ago, or in how long: `3 h ago`, `in 5 min`."""
        passed = self.now - instant
        said = _said(abs(passed))
        return f"{said} ago" if passed >= timedelta() else f"in {said}"


def _said(time: timedelta) -> str:
    if time < _HOUR:
        return f"{time // _MINUTE} min"
    if time < 2 * _DAY:
        return f"{time // _HOUR} h"
    return f"{time.days} days" if time < 60 * _DAY else f"{round(time.days / 30.44)} months"
