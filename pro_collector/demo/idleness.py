"""Whether everything rests: carrier, mail, people and team at this instant, and all that the database knows of."""

from datetime import datetime

from pro_collector.demo.stage import Stage
from pro_collector.postgres.connection import Connection, conninfo
from pro_collector.postgres.questions.rest import rest


class Rest:
    """Looks at both sides. The answer is sure: no work can hide between them.

    Work passes from the outside (carrier, mail catcher, people) to the database and back. It would be missed if it
    changed sides between two looks; so the outside is looked at before and after the database, and must not have
    stirred in between.
    """

    def __init__(self) -> None:
        self.stage: Stage | None = None
        self._connection: Connection | None = None

    async def look(self) -> datetime | None:
        """None while anything is in hand; else the next moment that the database waits for."""
        stage = self.stage
        if stage is None or not stage.idle():
            return None
        stirrings = stage.stirrings()
        following = await self._database(stage)
        return following if stage.idle() and stage.stirrings() == stirrings else None

    async def close(self) -> None:
        """Close the connection it looks through."""
        if self._connection is not None:
            await self._connection.close()

    async def _database(self, stage: Stage) -> datetime | None:
        """A connection of its own, and no transaction: this is asked thousands of times."""
        rt = stage.world.rt
        if self._connection is None:
            url = rt.settings.database_url.get_secret_value()
            self._connection = await Connection.connect(conninfo(url), autocommit=True)
        return await rest(self._connection, rt.clock.now())
