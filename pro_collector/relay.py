"""Publishes events from the outbox to Kafka in order, and publishes unhandled events again."""

import asyncio
import time
from datetime import timedelta

import structlog

from pro_collector.backoff import rest, wait_seconds
from pro_collector.kafka.producer import RETRIABLE, Publisher
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.tables import outbox

log = structlog.get_logger(__name__)

BATCH = 1000
REPUBLISH_AFTER = timedelta(seconds=60)
"""How long an event may stay unhandled before it is published again. Too early is safe: each is handled only once."""
REPUBLISH_EVERY = 15.0
"""Seconds between two searches for events that were published and not handled."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 15.0
"""Seconds between two attempts while Kafka or PostgreSQL cannot be reached: at first, and at most."""
TEMPORARY: tuple[type[Exception], ...] = (*TRANSIENT, *RETRIABLE)
RELAY_LOCK = 0x70726F72  # "pror": with only one active relay, the events of each participant stay in order


class Relay:
    """Publishes the outbox to Kafka. `handled_types`: the types of event that have a handler."""

    def __init__(
        self, database: Database, producer: Publisher, listener: Listener, handled_types: frozenset[str]
    ) -> None:
        self._database = database
        self._producer = producer
        self._listener = listener
        self._handled_types = handled_types
        self._failures = 0
        """Consecutive attempts that published nothing."""
        self.done = 0
        """How many events this relay has published."""

    async def run(self) -> None:
        """Publish until cancelled. Retries while the database or broker is away; any other error ends both tasks."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish_loop(), name="publish")
            group.create_task(self._republish_loop(), name="republish")

    async def pump(self) -> bool:
        """Publish one batch; return whether there may be more. Raises the error if Kafka did not confirm all of it.

        The transaction that reads the rows also marks them, and holds the lock until it ends. If the process dies after
        Kafka took a batch, the batch is published again, and the handlers drop the duplicates. The rows that Kafka
        confirmed are marked even if others failed, or every retry would publish them again.
        """
        error = None
        async with self._database.transaction() as tx:
            if not await outbox.lock(tx, RELAY_LOCK):
                return False
            rows = await outbox.unpublished(tx, BATCH)
            if rows:
                published = await self._producer.publish(rows)
                error = published.error
                unhandled_types = sorted({row.type for row in rows} - self._handled_types)
                await outbox.mark_published(tx, published.confirmed, unhandled_types)
                self.done += len(published.confirmed)
                self._failures = 0 if published.confirmed else self._failures
        if error is not None:
            raise error
        return len(rows) == BATCH

    async def _publish_loop(self) -> None:
        while True:
            began = time.monotonic()
            try:
                full = await self.pump()
            except TEMPORARY as error:
                self._failures += 1
                seconds = wait_seconds(self._failures, least=FIRST_WAIT, most=LONGEST_WAIT)
                log.warning("relay waits", error=type(error).__name__, seconds=round(seconds, 1))
                await asyncio.sleep(seconds)
                continue
            self._failures = 0
            if not full:
                await rest(began)
                await self._listener.wait(outbox.CHANNEL)

    async def _republish_loop(self) -> None:
        while True:
            await asyncio.sleep(REPUBLISH_EVERY)
            try:
                async with self._database.transaction() as tx:
                    count = await outbox.republish(tx, REPUBLISH_AFTER)
                if count:
                    log.warning("unhandled events published again", events=count)
            except TRANSIENT as error:
                log.warning("relay waits", error=type(error).__name__)
