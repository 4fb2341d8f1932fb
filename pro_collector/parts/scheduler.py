"""The scheduler: moves what is due from the agenda to the outbox; the nightly check runs beside it."""

from pro_collector import nightly
from pro_collector.agenda import PostgresAgenda
from pro_collector.audit_keys import AuditKeys
from pro_collector.parts.watched import OnStall, Start, run_watched
from pro_collector.postgres.questions import oldest_work
from pro_collector.runtime import Runtime, acting_as
from pro_collector.watchdog import WatchedWork
from scheduler.loop import run as run_scheduler


async def run(rt: Runtime, start: Start, on_stall: OnStall) -> None:
    """Run it until cancelled. Raises Misconfigured without the keys of the audit trail."""
    AuditKeys.of(rt.settings)  # a missing key is an error now, not at night
    agenda = PostgresAgenda(rt.database, rt.listener)
    due = WatchedWork(
        "scheduler", lambda tx: oldest_work.due(tx, rt.clock.now()), lambda: agenda.done, needs_kafka=False
    )
    start([due])
    await run_watched(rt, [due], on_stall, run_scheduler(agenda, rt.clock), _nightly(rt))


async def _nightly(rt: Runtime) -> None:
    async with acting_as(rt, "nightly", connections=2) as limited:
        await nightly.run(limited)
