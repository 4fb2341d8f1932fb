"""survey.expired: the window has closed; end the occasion and keep its answers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pro_collector.casework.alerting import raise_alerts
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out, complete_responses
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.opened import hand_over
from pro_collector.casework.desk.save import save
from pro_collector.casework.triggering import plan_triggered
from pro_collector.domain.conversation.survey import BEGUN, expire
from pro_collector.domain.events import SurveyExpired
from pro_collector.domain.study.definition import UNPROMPTED
from pro_collector.postgres.tables import holds, occasions
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.occasion import STOPPED


async def handle(events: Sequence[SurveyExpired], rt: Runtime) -> None:
    """End each occasion that is still open, and complete its responses."""
    async with rt.database.once(events) as (tx, fresh):
        rows = await occasions.load(tx, [event.occasion_id for event in fresh])
        desk = await open_desk(tx, rt, [row.participant_id for row in rows], rows)
        told = {row.id: [row.id, *_mates(desk, row)] for row in rows}
        held = await holds.never_left(tx, [id for ids in told.values() for id in ids])
        for case in desk.cases.values():
            for row in list(case.occasions.values()):
                row = case.occasions[row.id]
                if row.state in BEGUN and row.closes_at <= desk.now:
                    unprompted = row.assessment == UNPROMPTED
                    unheard = any(id in held for id in told.get(row.id, ()))
                    step = expire(case.own_survey(row), held=unheard, unprompted=unprompted)
                    spoke = case.speaking(row).id == row.id
                    ended = carry_out(desk, case, row, step)
                    if spoke:
                        hand_over(desk, case, ended)
                elif row.state == "partial" and row.reason in STOPPED:
                    complete_responses(desk, case, row)
        await save(desk)
        people, missed = {id: case.person for id, case in desk.cases.items()}, _missed(desk)
        await raise_alerts(tx, rt, people, missed)
        await plan_triggered(tx, rt, people, missed)


def _mates(desk: Desk, row: OccasionRow) -> list[UUID]:
    """The occasions that were asked together with this one: a message about one of them is about all."""
    return [each.id for each in desk.cases[row.participant_id].bundle_of(row) if each.id != row.id]


def _missed(desk: Desk) -> dict[UUID, dict[UUID, datetime]]:
    """The check-ins that ended without an answer; of whoever has left the study nothing was expected."""
    return {
        id: {row.id: row.ended_at or desk.now for row in case.occasions.values() if row.state == "missed"}
        for id, case in desk.cases.items()
        if not case.standing.has_left
    }
