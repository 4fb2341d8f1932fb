"""The scheduler's agenda, kept in PostgreSQL: due rows become events in the outbox."""

from datetime import datetime

from pro_collector.postgres import agenda
from pro_collector.postgres.bell import Bell
from pro_collector.postgres.database import Database

BATCH = 1000


class PostgresAgenda:
    """What `scheduler.loop` is handed; any number of them may run, SKIP LOCKED keeps them apart."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell

    async def fire(self, now: datetime) -> datetime | None:
        """Send off all that is due, in batches; the instant of the next."""
        while True:
            async with self._database.transaction() as tx:
                fired = await agenda.fire(tx, now, BATCH)
                following = await agenda.next_due(tx)
            if fired < BATCH:
                return following

    async def changed(self) -> None:
        """Return when something may have been put before the present next."""
        await self._bell.wait(agenda.CHANNEL)
