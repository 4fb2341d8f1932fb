"""Hears PostgreSQL's NOTIFY, so that pumps wake when there is work instead of asking again and again."""

import asyncio
from collections.abc import Iterable

import psycopg
import structlog
from psycopg import sql

log = structlog.get_logger(__name__)

POLL = 5.0
"""Real seconds after which a pump looks by itself: a notification is a hint, never the only way to learn of work."""


class Bell:
    """Rings for each channel it listens to."""

    def __init__(self, url: str, channels: Iterable[str]) -> None:
        self._url = url
        self._rung = {channel: asyncio.Event() for channel in channels}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="bell")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def wait(self, channel: str) -> None:
        """Return at the next notification of `channel`, or after POLL seconds."""
        rung = self._rung[channel]
        try:
            async with asyncio.timeout(POLL):  # wait_for loses a cancellation that comes with the ring (Python 3.11)
                await rung.wait()
        except TimeoutError:
            pass
        finally:
            rung.clear()

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    for channel in self._rung:
                        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    self._ring_all()  # what happened before we listened
                    async for notice in connection.notifies():
                        self._rung[notice.channel].set()
            except psycopg.OperationalError as error:
                log.warning("bell lost its connection; the pumps poll", error=type(error).__name__)
                await asyncio.sleep(POLL)

    def _ring_all(self) -> None:
        for rung in self._rung.values():
            rung.set()
