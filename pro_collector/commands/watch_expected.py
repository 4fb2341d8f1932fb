"""Remind the team of events that were expected and are not recorded; those reminders end by themselves."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework import planning
from pro_collector.domain.events import derived_id
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.timeline import effective
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import participants, studies, tasks, timelines
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.runtime import Runtime
from scheduler.anchors import Anchor
from scheduler.expectation import overdue
from scheduler.person import ENDING

CONFIRMED = "it is recorded now, or no longer expected"


async def watch_expected(rt: Runtime) -> int:
    """Create a task for each expected event whose day has passed, and close those that are answered; return how many.

    One task for each event and expected day. Nobody is reminded of a person who no longer takes part.
    """
    found = 0
    async with rt.database.transaction() as tx:
        in_force = [await rt.studies.get(tx, each.id, each.version) for each in await studies.all_in_force(tx)]
    for version in in_force:
        if version.study.expectations:
            found += await _watch(rt, version.study)
    return found


async def _watch(rt: Runtime, study: Study) -> int:
    found = 0
    async with rt.database.transaction() as tx:
        ids = [row.id for row in await participants.of_study(tx, study.id)]
    for start in range(0, len(ids), planning.BATCH_SIZE):
        some = ids[start : start + planning.BATCH_SIZE]
        async with rt.database.transaction() as tx:
            raised = await _unconfirmed(tx, study, some, rt.clock.now())
            await tasks.add(tx, raised)
            await tasks.close_confirmed(tx, some, [row.id for row in raised], CONFIRMED, rt.clock.now())
        found += len(raised)
    return found


async def _unconfirmed(tx: Tx, study: Study, ids: Sequence[UUID], now: datetime) -> list[TaskRow]:
    """A task for each overdue event of these participants, without those who no longer take part."""
    states = await participants.states(tx, ids)
    history = await timelines.history(tx, ids)
    raised = []
    for person in (await participants.load_many(tx, ids)).values():
        timeline = effective([planning.to_fact(row) for row in history[person.id]], repeating=study.repeating)
        today = now.astimezone(ZoneInfo(person.zone)).date()
        left = [span.starts_on for span in states[person.id] if span.kind in ENDING]
        left += [anchor.on for anchor in timeline.anchors if anchor.kind in study.ending]
        if not any(day <= today for day in left):
            raised += [_task(person, anchor, now) for anchor in overdue(timeline, study.expectations, today)]
    return raised


def _task(person: ParticipantRow, anchor: Anchor, now: datetime) -> TaskRow:
    id = derived_id("task", person.id, "unconfirmed", anchor.kind, anchor.key, anchor.on)
    return TaskRow(id, person.id, None, "unconfirmed", now, {"reason": f"{anchor.kind} {anchor.n}, on {anchor.on}"})
