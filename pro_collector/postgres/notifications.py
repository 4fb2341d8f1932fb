"""Sends and receives PostgreSQL's NOTIFY, so that whoever sleeps wakes when there is work."""

import asyncio
from collections.abc import Iterable

import structlog
from psycopg import sql

from pro_collector.postgres.connection import TRANSIENT, Connection, conninfo

log = structlog.get_logger(__name__)

POLL = 5.0
"""Real seconds after which a listener looks for work without a notification, because a notification can be lost."""
LAST_NOTIFICATIONS = 2.0
"""How many seconds a process that ends may take to send the notifications of its last commit."""


class Listener:
    """Waits for notifications on `channels`. It connects at the first `wait`: most processes never wait."""

    def __init__(self, url: str, channels: Iterable[str]) -> None:
        self._url = url
        self._notified = {channel: asyncio.Event() for channel in channels}
        self._waited_for: set[str] = set()
        """Only to these it listens: a process that does not wait for events is not woken by each of them."""
        self._task: asyncio.Task[None] | None = None

    def start(self, channel: str) -> None:
        """Begin to listen to a channel; `wait` does it by itself."""
        self._waited_for.add(channel)
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="listener")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def wait(self, channel: str) -> None:
        """Return at the next notification of `channel`, or after POLL seconds."""
        self.start(channel)
        notified = self._notified[channel]
        try:
            async with asyncio.timeout(POLL):  # wait_for loses a cancellation in that instant (Python 3.11)
                await notified.wait()
        except TimeoutError:
            pass
        finally:
            notified.clear()

    async def _listen(self) -> None:
        while True:
            try:
                async with await Connection.connect(conninfo(self._url), autocommit=True) as connection:
                    await self._receive(connection)
            except TRANSIENT as error:
                log.warning("listener lost its connection; whoever waits polls instead", error=type(error).__name__)
                await asyncio.sleep(POLL)

    async def _receive(self, connection: Connection) -> None:
        """Receive notifications until the connection is lost; a query every POLL seconds detects a silent loss."""
        listened: set[str] = set()
        while True:
            for channel in self._waited_for - listened:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                listened.add(channel)
                self._notified[channel].set()  # for notifications sent before LISTEN
            async for notice in connection.notifies(timeout=POLL):
                self._notified[notice.channel].set()
            await connection.execute("SELECT 1")


class Notifier:
    """Sends notifications of committed work on its own connection; several for one channel are sent as one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._due: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    def notify(self, channels: Iterable[str]) -> None:
        """Notify soon. A notification that cannot be sent is dropped: the listener polls within POLL seconds."""
        self._due.update(channels)
        if self._due and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._send(), name="notifier")

    async def stop(self) -> None:
        """Send pending notifications, within LAST_NOTIFICATIONS seconds, and close the connection."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=LAST_NOTIFICATIONS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._close()

    async def _send(self) -> None:
        while self._due:
            channels, self._due = sorted(self._due), set()
            try:
                if self._connection is None or self._connection.closed:
                    # A notification need not survive a crash of the server, so its commit does not wait for the disk.
                    target = conninfo(self._url, synchronous_commit="off")
                    self._connection = await Connection.connect(target, autocommit=True)
                await self._connection.execute(
                    "SELECT pg_notify(channel, '') FROM unnest(%s::text[]) AS channel", (channels,)
                )
            except TRANSIENT as error:
                log.debug("notification not sent; whoever waits polls instead", error=type(error).__name__)
                await self._close()

    async def _close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
