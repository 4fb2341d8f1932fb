"""NOTIFY of PostgreSQL, sent and heard, so that pumps wake when there is work instead of asking again and again."""

import asyncio
from collections.abc import Iterable

import structlog
from psycopg import sql

from pro_collector.postgres.connection import TRANSIENT, Connection, conninfo

log = structlog.get_logger(__name__)

POLL = 5.0
"""Real seconds after which a pump looks by itself: a notification is a hint, never the only way to learn of work."""
LAST_RINGS = 2.0
"""Seconds that a process which ends takes to notify of what it has just committed."""


class Bell:
    """Rings for each channel it listens to. It listens once somebody waits: in most processes nobody does."""

    def __init__(self, url: str, channels: Iterable[str]) -> None:
        self._url = url
        self._rung = {channel: asyncio.Event() for channel in channels}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="bell")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def wait(self, channel: str) -> None:
        """Return at the next notification of `channel`, or after POLL seconds."""
        self.start()
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
                async with await Connection.connect(conninfo(self._url), autocommit=True) as connection:
                    for channel in self._rung:
                        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    self._ring_all()  # what happened before we listened
                    await self._hear(connection)
            except TRANSIENT as error:
                log.warning("bell lost its connection; the pumps poll", error=type(error).__name__)
                await asyncio.sleep(POLL)

    async def _hear(self, connection: Connection) -> None:
        """Nothing comes for long in a quiet night: now and then the server is asked whether it is there."""
        while True:
            async for notice in connection.notifies(timeout=POLL):
                self._rung[notice.channel].set()
            await connection.execute("SELECT 1")

    def _ring_all(self) -> None:
        for rung in self._rung.values():
            rung.set()


class Ringer:
    """Notifies of work that was committed, on a connection of its own: what comes together is one notification."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._due: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    def ring(self, channels: Iterable[str]) -> None:
        """Notify soon. What cannot be sent is dropped: whoever waits for it looks by itself within POLL seconds."""
        self._due.update(channels)
        if self._due and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._ring(), name="ringer")

    async def stop(self) -> None:
        """Send what is due, if that can be done at once."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=LAST_RINGS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._hang_up()

    async def _ring(self) -> None:
        while self._due:
            channels, self._due = sorted(self._due), set()
            try:
                if self._connection is None or self._connection.closed:
                    # Nothing of it need survive a crash of the server, so no commit waits for the disk.
                    there = conninfo(self._url, synchronous_commit="off")
                    self._connection = await Connection.connect(there, autocommit=True)
                await self._connection.execute(
                    "SELECT pg_notify(channel, '') FROM unnest(%s::text[]) AS channel", (channels,)
                )
            except TRANSIENT as error:
                log.debug("nobody was notified; the pumps poll", error=type(error).__name__)
                await self._hang_up()

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
