"""The scheduler's agenda, kept in PostgreSQL: due rows become events in the outbox."""

import asyncio
from datetime import datetime

import structlog

from pro_collector.postgres.bell import Bell
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database
from pro_collector.postgres.tables import agenda

log = structlog.get_logger(__name__)

BATCH = 1000


class PostgresAgenda:
    """What `scheduler.loop` is handed; any number of them may run, SKIP LOCKED keeps them apart."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell

    async def fire(self, now: datetime) -> datetime | None:
        """Send off all that is due, in batches; the instant of the next. A lost database is waited for."""
        while True:
            try:
                async with self._database.transaction() as tx:
                    fired = await agenda.fire(tx, now, BATCH)
                    following = await agenda.next_due(tx)
            except TRANSIENT as error:
                log.warning("scheduler waits", error=type(error).__name__)
                await asyncio.sleep(1)  # real seconds: it waits for a server, not for a patient
                continue
            if fired < BATCH:
                return following

    async def changed(self) -> None:
        """Return when something may have been put before the present next."""
        await self._bell.wait(agenda.CHANNEL)
