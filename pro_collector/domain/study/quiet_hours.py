"""A person's own quiet hours as they are written: `21:00-08:00`, several with a comma between."""

import re
from collections.abc import Iterable
from datetime import time

Hours = tuple[time, time]
_HOURS = re.compile(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)")


def parse(text: str | None) -> tuple[Hours, ...]:
    """The hours in which nothing rings, from the first minute to the first that is loud again. Raises ValueError."""
    return tuple(_one(part.strip()) for part in text.split(",")) if text else ()


def written(hours: Iterable[Hours]) -> str | None:
    """The same hours as they are stored; None for none."""
    return ",".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in hours) or None


def _one(text: str) -> Hours:
    found = _HOURS.fullmatch(text)
    try:
        start, end = (time.fromisoformat(each.zfill(5)) for each in found.groups()) if found else (time(), time())
    except ValueError:
        found = None
    if found is None or start == end:
        raise ValueError("expected quiet hours such as 21:00-08:00, or several: 12:00-14:00,21:00-08:00")
    return start, end
