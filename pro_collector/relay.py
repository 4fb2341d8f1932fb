"""Carries events from the outbox to Kafka, in order, and again when nobody handled them."""

import asyncio
from datetime import timedelta

import structlog

from pro_collector.kafka.producer import UNREACHABLE, Producer
from pro_collector.patience import pause
from pro_collector.postgres.bell import Bell
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database
from pro_collector.postgres.tables import outbox

log = structlog.get_logger(__name__)

BATCH = 1000
PATIENCE = timedelta(seconds=60)
"""How long an event may stay unhandled before it is published again; each is handled once, so early is safe."""
LOOK_AGAIN = 15.0
"""Seconds between two looks for what was published and never handled."""
WAIT, LONGEST_WAIT = 1.0, 15.0
"""Seconds between two tries while something is away: at first, and at most."""
PASSING: tuple[type[Exception], ...] = (*TRANSIENT, *UNREACHABLE)
RELAY_LOCK = 0x70726F72  # "pror": one relay at a time keeps the order of each participant's events


class Relay:
    """The pump between the outbox and Kafka."""

    def __init__(self, database: Database, producer: Producer, bell: Bell, heard: frozenset[str]) -> None:
        self._database = database
        self._producer = producer
        self._bell = bell
        self._heard = heard
        self._failures = 0
        """Tries in a row with which nothing was published."""

    async def run(self) -> None:
        """Pump until cancelled; a lost database or broker is waited for, anything else ends both halves."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pump_on(), name="publish")
            group.create_task(self._look_again(), name="republish")

    async def pump(self) -> bool:
        """Publish one batch; true when there may be more. Raises why Kafka did not take all of it.

        The rows are marked in the transaction that read them and the lock is held until it ends: should the process
        die after Kafka took a batch, the batch is published again, and the handlers drop what they had. What Kafka took
        is marked even when it did not take the rest, or every try would publish it again.
        """
        error = None
        async with self._database.transaction() as tx:
            if not await outbox.lock(tx, RELAY_LOCK):
                return False
            rows = await outbox.unpublished(tx, BATCH)
            if rows:
                published = await self._producer.publish(rows)
                error = published.error
                unheard = sorted({row.type for row in rows} - self._heard)
                await outbox.mark_published(tx, published.taken, unheard)
                self._failures = 0 if published.taken else self._failures
        if error is not None:
            raise error
        return len(rows) == BATCH

    async def _pump_on(self) -> None:
        while True:
            try:
                full = await self.pump()
            except PASSING as error:
                self._failures += 1
                seconds = pause(self._failures, least=WAIT, most=LONGEST_WAIT)
                log.warning("relay waits", error=type(error).__name__, seconds=round(seconds, 1))
                await asyncio.sleep(seconds)
                continue
            self._failures = 0
            if not full:
                await self._bell.wait(outbox.CHANNEL)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            try:
                async with self._database.transaction() as tx:
                    forgotten = await outbox.republish(tx, PATIENCE)
                if forgotten:
                    log.warning("published again what nobody handled", events=forgotten)
            except TRANSIENT as error:
                log.warning("relay waits", error=type(error).__name__)
