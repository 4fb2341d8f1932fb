"""survey.expired: the window has closed; end the occasion and keep its answers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pro_collector.casework.alerting import raise_alerts
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out, complete_responses
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.triggering import plan_triggered
from pro_collector.domain.conversation.survey import BEGUN, expire
from pro_collector.domain.events import SurveyExpired
from pro_collector.domain.study.definition import UNPROMPTED
from pro_collector.postgres.tables import holds, occasions
from pro_collector.runtime import Runtime


async def handle(events: Sequence[SurveyExpired], rt: Runtime) -> None:
    """End each occasion that is still open, and complete its responses."""
    async with rt.database.once(events) as (tx, fresh):
        rows = await occasions.load(tx, [event.occasion_id for event in fresh])
        desk = await open_desk(tx, rt, [row.participant_id for row in rows], rows)
        held = await holds.never_left(tx, [row.id for row in rows])
        for case in desk.cases.values():
            for row in list(case.occasions.values()):
                if row.state in BEGUN and row.closes_at <= desk.now:
                    unprompted = row.assessment == UNPROMPTED
                    step = expire(case.survey(row), held=row.id in held, unprompted=unprompted)
                    carry_out(desk, case, row, step)
                elif row.state == "partial" and row.reason == "participation_ended":
                    complete_responses(desk, case, row)
        await save(desk)
        people, missed = {id: case.person for id, case in desk.cases.items()}, _missed(desk)
        await raise_alerts(tx, rt, people, missed)
        await plan_triggered(tx, rt, people, missed)


def _missed(desk: Desk) -> dict[UUID, dict[UUID, datetime]]:
    """The check-ins that ended without an answer; of whoever has left the study nothing was expected."""
    return {
        id: {row.id: row.ended_at or desk.now for row in case.occasions.values() if row.state == "missed"}
        for id, case in desk.cases.items()
        if not case.standing.has_left
    }
