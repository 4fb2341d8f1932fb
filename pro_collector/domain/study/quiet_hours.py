"""The quiet hours of one person as text: `21:00-08:00`, several separated by commas."""

import re
from collections.abc import Iterable
from datetime import time

Hours = tuple[time, time]
_HOURS = re.compile(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)")


def parse(text: str | None) -> tuple[Hours, ...]:
    """The quiet hours, each from its first minute up to, not including, its end. Raises ValueError."""
    return tuple(_span(part.strip()) for part in text.split(",")) if text else ()


def written(hours: Iterable[Hours]) -> str | None:
    """The hours as they are stored; None if there are none."""
    return ",".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in hours) or None


def _span(text: str) -> Hours:
    match = _HOURS.fullmatch(text)
    try:
        start, end = (time.fromisoformat(each.zfill(5)) for each in match.groups()) if match else (time(), time())
    except ValueError:
        match = None
    if match is None or start == end:
        raise ValueError("expected quiet hours such as 21:00-08:00, or several: 12:00-14:00,21:00-08:00")
    return start, end
