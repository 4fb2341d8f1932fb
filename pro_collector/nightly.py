"""The nightly check: counts days of scores anew, deletes what is too old, and logs what is wrong.

Wrong are holes in the record and urgent tasks without action.
"""

import asyncio
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from pro_collector.commands.apply_feed import silent_feeds
from pro_collector.commands.audit import close_chain, record_verification, verify_chain
from pro_collector.commands.forget_old import forget_old
from pro_collector.commands.reconcile import Reconciliation, reconcile
from pro_collector.commands.strangers import strangers_wrote
from pro_collector.commands.watch_alerts import watch_alerts
from pro_collector.commands.watch_expected import watch_expected
from pro_collector.commands.watch_tasks import watch_tasks
from pro_collector.postgres import score_weekly
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.runtime import Runtime

log = structlog.get_logger(__name__)

HOUR = 3
"""The hour of the check, in UTC: few surveys are due then."""
SETTLING = 3.0
"""Real seconds after which holes are looked for again.

What is late because the machine is busy, or because the clock of a demo runs a day in a second, is done by then.
"""


async def run(rt: Runtime) -> None:
    """Reconcile every night until cancelled. The log gets kinds and counts; the command `reconcile` shows the details.

    Every error of the check is logged and ends nothing: the check shares a process with the scheduler.
    """
    while True:
        now = rt.clock.now()
        await rt.clock.sleep((next_night(now) - now).total_seconds())
        for check in (_audit, _check):
            try:
                await check(rt)
            except TRANSIENT as error:
                log.warning("nightly check postponed to tomorrow", error=type(error).__name__)
            except Exception as error:
                trace = "".join(traceback.format_tb(error.__traceback__))  # an error's message may quote patient data
                log.error(
                    "the nightly check failed; see: pro-collector reconcile", error=type(error).__name__, trace=trace
                )


async def _audit(rt: Runtime) -> None:
    """Verify the chain over what only grows, then close it; the log keeps its last link outside the database."""
    verified = await verify_chain(rt)
    await record_verification(rt, verified)
    faults = Counter(f"{each.source}: {each.fault}" for each in verified.findings)
    if faults:
        log.error("records are not what they were; see: pro-collector audit verify", faults=dict(faults))
    closed = await close_chain(rt)
    log.info("the audit chain is closed", checkpoint=closed.n, entries=closed.entries, link=closed.link.hex())


async def _check(rt: Runtime) -> None:
    await score_weekly.refresh(rt.database)
    forgotten = await forget_old(rt)
    if forgotten:
        log.info("what was kept long enough was deleted", rows=forgotten)
    waiting = await watch_tasks(rt)
    await watch_expected(rt)
    if lost := await watch_alerts(rt):
        log.error("open alerts had no next moment; they are told now", alerts=lost)
    unknown = await strangers_wrote(rt, timedelta(days=1))
    account = await still_missing(lambda: reconcile(rt))
    if unknown:
        log.warning("somebody unknown wrote; see: pro-collector tasks strangers", messages=unknown)
    if waiting:
        log.error("urgent tasks wait for longer than a day; see: pro-collector tasks", tasks=waiting)
    kinds = Counter(hole.kind for hole in account.holes)
    if silent := await silent_feeds(rt):
        names = [each.feed for each in silent]
        log.error("treatment data was not read for too long; see: pro-collector feed list", feeds=names)
    if kinds:
        log.error("something is missing; see: pro-collector reconcile", holes=dict(kinds))
    else:
        log.info("nothing is missing", participants=account.participants, occasions=account.planned)


async def still_missing(look: Callable[[], Awaitable[Reconciliation]], wait: float = SETTLING) -> Reconciliation:
    """The reconciliation with the holes that `look` finds twice, the second time after `wait` real seconds."""
    first = await look()
    if not first.holes:
        return first
    await asyncio.sleep(wait)
    again, known = await look(), {(hole.kind, hole.participant, hole.occasion) for hole in first.holes}
    lasting = [hole for hole in again.holes if (hole.kind, hole.participant, hole.occasion) in known]
    return replace(again, holes=lasting)


def next_night(now: datetime) -> datetime:
    """The next time the clock (UTC) shows HOUR."""
    tonight = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return tonight if tonight > now else tonight + timedelta(days=1)
