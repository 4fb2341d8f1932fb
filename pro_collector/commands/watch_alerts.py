"""Every night: notice who has been silent for as long as a rule waits, and see that every open alert is told."""

from datetime import datetime, timedelta

from pro_collector.domain.condition.language import silences
from pro_collector.domain.events import AlertDue, SilenceNoticed
from pro_collector.domain.study.definition import Study
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import silence
from pro_collector.postgres.questions.alerts import untold
from pro_collector.postgres.tables import outbox, studies
from pro_collector.runtime import Runtime


async def watch_alerts(rt: Runtime) -> int:
    """Let the worker look at everybody who is silent; put back the moments of open alerts that were lost.

    Returns how many of those there were: there should be none.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        for each in await studies.all_in_force(tx):
            study = (await rt.studies.get(tx, each.id, each.version)).study
            await _notice(tx, study, now)
        lost = await untold(tx)
        await outbox.add(tx, [AlertDue.lost(row.id, row.participant_id, now) for row in lost])
    return len(lost)


async def _notice(tx: Tx, study: Study, now: datetime) -> None:
    if shortest := shortest_silence(study):
        silent = await silence.silent_since(tx, study.id, now - shortest)
        await outbox.add(tx, [SilenceNoticed.of(id, now) for id in silent])


def shortest_silence(study: Study) -> timedelta | None:
    """The shortest silence that a rule of a study waits for; None if none does."""
    rules = study.alerts.rules.values() if study.alerts else ()
    return min((length for rule in rules for length in silences(rule.when)), default=None)
