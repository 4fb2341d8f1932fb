"""Times as the team's pages say them: in the time zone of whom they are about, how long ago, how long it took."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pro_collector.display.task import span_text

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def local(at: datetime, zone: str) -> str:
    """An instant on the wall clock of a zone, with its name: "2026-03-03 10:15 Madrid"."""
    name = zone.rpartition("/")[2].replace("_", " ")
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {name}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago an instant was, or in what time it comes: "3 h ago", "in 2 days"; as the worklist says it."""
    length = abs(now - at)
    passed = span_text(length)
    if length < timedelta(minutes=1):
        return "now"
    return f"{passed} ago" if at <= now else f"in {passed}"


def lasted(length: timedelta | None) -> str:
    """A length of time in its largest unit, to a tenth of hours and days; "–" for None."""
    if length is None:
        return "–"
    seconds = length.total_seconds()
    unit, name = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    number = seconds / unit
    return f"{number:.1f} {name}" if unit > 60 and number < 10 and number % 1 >= 0.05 else f"{number:.0f} {name}"
