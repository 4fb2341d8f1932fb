"""Keeps the requests to a source of treatment data under its rate, whatever is read from it."""

import asyncio
import time
from datetime import UTC, datetime

from pro_collector.channels.pacing import Bucket, Pace, take

BURST = 20
"""So many requests are sent at once after a pause."""


class RequestPacer:
    """Waits, in real seconds, before a request that would be too early."""

    def __init__(self, per_minute: int) -> None:
        self._pace = Pace(per_minute / 60, burst=BURST)
        self._bucket = Bucket.full(self._pace, _steady())

    async def wait(self) -> None:
        """Return when the next request may be sent, and count it."""
        self._bucket, wait = take(self._bucket, self._pace, 1, _steady())
        await asyncio.sleep(wait.total_seconds())


def _steady() -> datetime:
    """A monotonic clock; its value is no date."""
    return datetime.fromtimestamp(time.monotonic(), UTC)
