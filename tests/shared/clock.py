"""The start of virtual time in tests, and a clock that does not advance."""

import asyncio
from datetime import UTC, datetime

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday at noon, UTC."""


class FixedClock:
    """A clock that moves only when a test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    async def sleep(self, _seconds: float) -> None:
        await asyncio.Event().wait()
