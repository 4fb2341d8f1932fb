"""The scheduler's agenda in PostgreSQL: moves due rows to the outbox as events."""

import asyncio
from datetime import datetime

import structlog

from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.tables import agenda

log = structlog.get_logger(__name__)

BATCH = 1000


class PostgresAgenda:
    """The agenda for `scheduler.loop`. Many processes may use it: SKIP LOCKED gives each row to one of them."""

    def __init__(self, database: Database, listener: Listener) -> None:
        self._database = database
        self._listener = listener
        self.done = 0
        """How many events this process has moved to the outbox."""

    async def fire(self, now: datetime) -> datetime | None:
        """Publish everything that is due, in batches; return the next due instant. Retries if the database is away."""
        while True:
            try:
                async with self._database.transaction() as tx:
                    count = await agenda.fire(tx, now, BATCH)
                    next_due = await agenda.next_due(tx)
            except TRANSIENT as error:
                log.warning("scheduler waits", error=type(error).__name__)
                await asyncio.sleep(1)  # real seconds: the wait is for a server, not for a patient
                continue
            self.done += count
            if count < BATCH:
                return next_due

    async def changed(self) -> None:
        """Return when the next due instant may have changed."""
        await self._listener.wait(agenda.CHANNEL)
