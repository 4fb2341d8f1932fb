"""Detects whether everything is idle: carrier, mail, people and team at this instant, and the work in the database."""

from datetime import datetime

from pro_collector.demo.stage import Stage
from pro_collector.postgres.connection import Connection, conninfo
from pro_collector.postgres.questions.idle import next_due_if_idle


class Idleness:
    """Checks the simulated outside (carrier, mail catcher, people) and the database. No work can be missed.

    Work moves from the outside to the database and back. It would be missed if it moved between the two checks. So the
    outside is checked before and after the database, and must not have begun anything in between.
    """

    def __init__(self) -> None:
        self.stage: Stage | None = None
        self._connection: Connection | None = None

    async def next_due(self) -> datetime | None:
        """None while any work is running; else the next due instant in the database."""
        stage = self.stage
        if stage is None or not stage.idle():
            return None
        counters = stage.activity_counters()
        due = await self._database(stage)
        return due if stage.idle() and stage.activity_counters() == counters else None

    async def close(self) -> None:
        """Close the database connection."""
        if self._connection is not None:
            await self._connection.close()

    async def _database(self, stage: Stage) -> datetime | None:
        """Check the database. It uses its own connection without a transaction, since this runs thousands of times."""
        rt = stage.world.rt
        if self._connection is None:
            url = rt.settings.database_url.get_secret_value()
            self._connection = await Connection.connect(conninfo(url), autocommit=True)
        return await next_due_if_idle(self._connection, rt.clock.now())
