"""Moments as the team reads them: on the clock of a place that is named, and how long ago or ahead."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_collector.display.task import span_text


@dataclass(frozen=True, slots=True)
class PageTimes:
    """Writes moments for a page that is made at `now`."""

    now: datetime

    def when(self, at: datetime, zone: ZoneInfo) -> str:
        """The moment on the clock of a zone: Mon 30 Nov 2026, 15:40 (Europe/Madrid)."""
        return f"{at.astimezone(zone):%a %d %b %Y, %H:%M} ({zone.key})"

    def ago(self, at: datetime) -> str:
        """How long ago it was, or how long it is until then: 3 h ago, in 20 min."""
        length = span_text(abs(at - self.now))
        return f"{length} ago" if at <= self.now else f"in {length}"
