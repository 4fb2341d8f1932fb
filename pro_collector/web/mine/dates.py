"""The date of an instant where somebody lives."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local_day(instant: datetime, zone: str) -> date:
    """The date of an instant in a zone (IANA name)."""
    return instant.astimezone(ZoneInfo(zone)).date()
