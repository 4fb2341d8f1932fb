"""Plans the assessments that answers trigger, in the transaction that ended the check-in or corrected an answer."""

from collections.abc import Collection, Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.planning import apply, compare_plans
from pro_collector.domain.condition.history import histories
from pro_collector.domain.study.trigger import changed_triggers
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import person_history
from pro_collector.postgres.tables import triggered
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime

CAUSE = "answers"
"""Why such a plan changes, in the log of its occasions."""


async def plan_triggered(
    tx: Tx, rt: Runtime, people: Mapping[UUID, ParticipantRow], ended: Mapping[UUID, Collection[UUID]]
) -> None:
    """Store what check-ins triggered, and plan again; `people` are locked, `ended` has the check-ins of each."""
    versions = {
        id: (await rt.studies.get(tx, people[id].study, people[id].study_version)).study
        for id, occasions in ended.items()
        if occasions
    }
    waiting = [id for id, study in versions.items() if study.triggers]
    if not waiting:
        return
    found = await person_history.load(tx, waiting)
    before = await triggered.load(tx, waiting)
    planned = []
    for id in waiting:
        said = histories(found[id].values, found[id].ended, found[id].happened, ZoneInfo(people[id].zone))
        check_ins = [str(occasion) for occasion in ended[id]]
        changed = changed_triggers(versions[id].triggers, said, before[id], check_ins, rt.clock.now())
        if changed:
            await triggered.save(tx, id, versions[id].version, changed)
            planned.append(id)
    for change in await compare_plans(tx, rt, planned) if planned else ():
        await apply(tx, rt, [change], CAUSE)
