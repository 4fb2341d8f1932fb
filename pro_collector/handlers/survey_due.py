"""survey.due: open the occasion, or say why it cannot be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_collector.casework.desk import ladder
from pro_collector.casework.desk.desk import Case, Desk, open_desk
from pro_collector.domain.conversation.survey import invite
from pro_collector.domain.events import SurveyDue, SurveyExpired, SurveyReminderDue, derived_id
from pro_collector.postgres.tables import occasions
from pro_collector.postgres.tables.agenda import Entry
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.calendar import later, wall_time


async def handle(events: Sequence[SurveyDue], rt: Runtime) -> None:
    """Open each occasion whose moment this is."""
    async with rt.database.once(events) as (tx, fresh):
        rows = await occasions.load(tx, [event.occasion_id for event in fresh])
        desk = await open_desk(tx, rt, [row.participant_id for row in rows], rows)
        for case, row in sorted(((c, r) for c in desk.cases.values() for r in c.occasions.values()), key=_order):
            _open(desk, case, row)
        await desk.save()


def _order(each: tuple[Case, OccasionRow]) -> tuple[object, ...]:
    """Who is asked first where several share a phone."""
    row = each[1]
    return row.priority, row.due_at, row.reporter == "proxy", row.id


def _open(desk: Desk, case: Case, row: OccasionRow) -> None:
    if row.state != "planned" or row.due_at > desk.now:
        return  # moved or cancelled since: the plan's newer entry stands
    if desk.now >= row.closes_at:
        desk.end(case, row, "missed", "not_asked_in_time")
        return
    allowed = case.allowed(row) or row.closes_at
    if allowed > desk.now:
        _postpone(desk, case, row, allowed, "quiet_hours")
        return
    free = ladder.free_at(desk, case, row)
    if free > desk.now:
        _postpone(desk, case, row, free, "phone_in_use")
        return
    again = row.opened_at is not None  # it was cancelled, and that was taken back
    row = desk.change(case, replace(row, state="open", opened_at=desk.now, language=_language(case, row), rung=0))
    desk.note(row, "due", late_seconds=round((desk.now - row.due_at).total_seconds()))
    _plan_follow_ups(desk, case, row, again=again)
    ladder.say_on_ladder(desk, case, row, invite(case.survey(row)), from_rung=0)


def _postpone(desk: Desk, case: Case, row: OccasionRow, until: datetime, reason: str) -> None:
    if until >= row.closes_at:
        desk.end(case, row, "missed", reason)
        return
    desk.note(row, "postponed", reason=reason, until=until.isoformat())
    id = derived_id("survey.due", row.id, until)
    desk.plan(Entry(id, until, SurveyDue.type, row.participant_id, row.id))


def _language(case: Case, row: OccasionRow) -> str:
    """The participant's language where every instrument speaks it, else the first of the study's that all speak."""
    version = case.version_of(row)
    for language in (case.person.language, *version.study.languages):
        if all(version.instruments[name].speaks(language, row.reporter) for name in row.instruments):
            return language
    return version.study.languages[0]


def _plan_follow_ups(desk: Desk, case: Case, row: OccasionRow, *, again: bool) -> None:
    """Reminders, the rungs of the ladder, and the end of the window; `again`: others had been planned before."""
    opened = [desk.now] if again else []
    wall = wall_time(desk.now, ZoneInfo(row.zone))
    rungs = case.version_of(row).study.assessments[row.assessment].ladder
    follow_ups: list[tuple[datetime, int | None]] = [(at, None) for at in row.reminders if at > desk.now]
    follow_ups += [
        (later(wall, rung.after, ZoneInfo(row.zone)), number) for number, rung in enumerate(rungs) if number > 0
    ]
    for n, (at, rung) in enumerate(sorted(follow_ups, key=lambda each: each[0])):
        if at < row.closes_at:
            id = derived_id("survey.reminder_due", row.id, n, *opened)
            desk.plan(Entry(id, at, SurveyReminderDue.type, row.participant_id, row.id, {"n": n, "rung": rung}))
    id = derived_id("survey.expired", row.id, *opened)
    desk.plan(Entry(id, row.closes_at, SurveyExpired.type, row.participant_id, row.id))
