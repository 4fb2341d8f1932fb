"""Check the team's tasks once a day: alert again about urgent ones that wait, close calls that are too late."""

from datetime import timedelta

from pro_collector.domain.events import AlertRaised
from pro_collector.domain.task_kind import ALARMING
from pro_collector.postgres.tables import outbox, tasks
from pro_collector.runtime import Runtime

PATIENCE = timedelta(days=1)
"""How long an urgent task may wait before its alert is repeated, from then on every day."""


async def watch_tasks(rt: Runtime) -> int:
    """Repeat the alerts of urgent tasks that wait for more than a day, at most once a day (UTC); return how many."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        await tasks.close_late_calls(tx, "it takes no answers any more", now)
        waiting = await tasks.unattended(tx, ALARMING, now - PATIENCE)
        today = now.date()
        alerts = [AlertRaised.of_task(row.id, row.participant_id, row.kind, now, today) for row in waiting]
        await outbox.add(tx, alerts)
    return len(waiting)
