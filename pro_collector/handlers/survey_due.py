"""survey.due: open an occasion and send the invitation, postpone it, or end it with a reason.

In a study that bundles, what else may be asked now opens with it, under the same invitation.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pro_collector.casework.desk import ladder
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.opened import has_words_for, open_occasion
from pro_collector.casework.desk.save import save
from pro_collector.domain.conversation.survey import invite
from pro_collector.domain.events import SurveyDue
from pro_collector.postgres.tables import occasions
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.bundles import companions


async def handle(events: Sequence[SurveyDue], rt: Runtime) -> None:
    """Open each occasion that is due."""
    async with rt.database.once(events) as (tx, fresh):
        rows = await occasions.load(tx, [event.occasion_id for event in fresh])
        desk = await open_desk(tx, rt, [row.participant_id for row in rows], rows)
        due = sorted(((c, r) for c in desk.cases.values() for r in c.occasions.values()), key=_order)
        joining = await _may_join(desk)
        for case, row in due:
            _open(desk, case, case.occasions[row.id], joining)
        await save(desk)


def _order(each: tuple[Case, OccasionRow]) -> tuple[object, ...]:
    """The sort key of occasions: which of them asks first at a shared phone."""
    row = each[1]
    return row.priority, row.due_at, row.reporter == "proxy", row.id


async def _may_join(desk: Desk) -> dict[UUID, list[OccasionRow]]:
    """By participant whose study bundles: what may be asked together with an occasion that is due now."""
    people = [id for id, case in desk.cases.items() if any(each.study.bundles for each in case.versions.values())]
    joining: dict[UUID, list[OccasionRow]] = {id: [] for id in people}
    for row in await occasions.may_join(desk.tx, people, desk.now) if people else []:
        joining[row.participant_id].append(row)
    return joining


def _together(desk: Desk, case: Case, row: OccasionRow, joining: Sequence[OccasionRow]) -> list[OccasionRow]:
    """The planned occasions that are asked together with this one, under the same version of the study."""
    present = [case.occasions.get(each.id, each) for each in joining]
    others = [
        each
        for each in present
        if each.state == "planned" and each.study_version == row.study_version and each.id != row.id
        if has_words_for(case, each) and not case.waits_for_release(each)
    ]
    return companions(row, others, desk.now, case.version_of(row).study.ways)


def _open(desk: Desk, case: Case, row: OccasionRow, joining: Mapping[UUID, Sequence[OccasionRow]]) -> None:
    if row.state != "planned" or row.due_at > desk.now:
        return  # it was moved or cancelled: the newer entry of the agenda counts
    unreleased = case.waits_for_release(row)
    if desk.now >= row.closes_at:
        desk.end(case, row, "missed", "not_released" if unreleased else "not_asked_in_time")
        return
    if unreleased:
        _ask_the_team(desk, case, row)
        return
    if not has_words_for(case, row):
        desk.end(case, row, "missed", "not_for_proxy")
        return
    allowed = case.earliest_send(row) or row.closes_at
    if allowed > desk.now:
        _postpone(desk, case, row, allowed, "quiet_hours")
        return
    free = ladder.free_at(desk, case, row)
    if free > desk.now:
        _postpone(desk, case, row, free, "phone_in_use")
        return
    row = open_occasion(desk, case, row, _together(desk, case, row, joining.get(case.person.id, ())))
    ladder.say_on_ladder(desk, case, row, invite(case.survey(row)), from_rung=0)


def _ask_the_team(desk: Desk, case: Case, row: OccasionRow) -> None:
    """Wait until a person of the team releases it, or until its window closes."""
    desk.raise_task(case, row, "release", f"{row.assessment}, to be answered by the {row.reporter}", row.id)
    desk.note(row, "postponed", reason="not_released", until=row.closes_at.isoformat())
    desk.schedule(SurveyDue.of(row, row.closes_at))


def _postpone(desk: Desk, case: Case, row: OccasionRow, until: datetime, reason: str) -> None:
    if until >= row.closes_at:
        desk.end(case, row, "missed", reason)
        return
    desk.note(row, "postponed", reason=reason, until=until.isoformat())
    desk.schedule(SurveyDue.of(row, until))
