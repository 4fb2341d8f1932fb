"""Reads the feeds that are due or that somebody asked for, one after the other, in the process of the worker."""

import asyncio
import contextlib
import traceback
from datetime import timedelta

import structlog

from pro_collector.commands.read_feed import read_feed
from pro_collector.errors import NotMigrated, ProCollectorError
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.tables import applied_feeds
from pro_collector.postgres.tables.applied_feeds import AppliedFeed
from pro_collector.runtime import Runtime

log = structlog.get_logger(__name__)

IDLE, WAIT = 5.0, 30.0
"""Real seconds between two looks for a feed that is due; and after a look that failed."""
BEAT = 20.0
"""Seconds between two notes that a feed is still read."""
LEASE = timedelta(seconds=120)
"""How long a process may say nothing until another reads its feed."""


async def run(rt: Runtime) -> None:
    """Read feeds until cancelled. A feed that fails is listed with its failure, and ends nothing."""
    while True:
        pause = IDLE
        try:
            while await read_next(rt):
                pass
        except (*TRANSIENT, NotMigrated) as error:
            log.warning("feeds wait", error=type(error).__name__)
            pause = WAIT
        except Exception as error:
            trace = "".join(traceback.format_tb(error.__traceback__))  # an error's message may quote patient data
            log.error("a feed cannot be read", error=type(error).__name__, trace=trace)
            pause = WAIT
        await asyncio.sleep(pause)


async def read_next(rt: Runtime) -> bool:
    """Read the next feed that is due or asked for, if there is one; whether there was."""
    async with rt.database.transaction() as tx:
        feed = await applied_feeds.claim(tx, rt.clock.now(), LEASE)
    if feed is None:
        return False
    beating = asyncio.create_task(_beat(rt, feed))
    ended = False
    try:
        await _read(rt, feed)
        ended = True
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        with contextlib.suppress(*TRANSIENT):
            async with rt.database.transaction() as tx:
                if ended:
                    await applied_feeds.finish(tx, feed, rt.clock.now())
                else:
                    await applied_feeds.release(tx, feed.study, feed.name)
    return True


async def _read(rt: Runtime, feed: AppliedFeed) -> None:
    """Read a feed. What stands in the way of it is recorded with the run, and it is tried again when it is due."""
    try:
        counts = await read_feed(rt, feed)
    except ProCollectorError as error:
        log.warning("a feed was not read; see: pro-collector feed list", feed=feed.name, error=error.code)
    else:
        log.info("a feed was read", feed=feed.name, what=feed.asked or "read", counts=counts)


async def _beat(rt: Runtime, feed: AppliedFeed) -> None:
    while True:
        await asyncio.sleep(BEAT)
        with contextlib.suppress(*TRANSIENT):
            async with rt.database.transaction() as tx:
                await applied_feeds.beat(tx, feed.study, feed.name)
