"""survey.due: open the occasion, or say why it cannot be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_collector.casework import ladder
from pro_collector.casework.desk import Case, Desk, desk
from pro_collector.domain.events import SurveyDue, SurveyExpired, SurveyReminderDue, derived_id
from pro_collector.domain.survey import invite
from pro_collector.postgres import occasions
from pro_collector.postgres.agenda import Entry
from pro_collector.postgres.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.calendar import later, wall_time


async def handle(events: Sequence[SurveyDue], rt: Runtime) -> None:
    """Open each occasion whose moment this is."""
    async with rt.database.once(events) as (tx, fresh):
        rows = await occasions.load(tx, [event.occasion_id for event in fresh])
        table = await desk(tx, rt, [row.participant_id for row in rows], rows)
        for case, row in sorted(((c, r) for c in table.cases.values() for r in c.occasions.values()), key=_order):
            _open(table, case, row)
        await table.save()


def _order(each: tuple[Case, OccasionRow]) -> tuple[object, ...]:
    """Who is asked first where several share a phone."""
    row = each[1]
    return row.priority, row.due_at, row.reporter == "proxy", row.id


def _open(table: Desk, case: Case, row: OccasionRow) -> None:
    if row.state != "planned" or row.due_at > table.now:
        return  # moved or cancelled since: the plan's newer entry stands
    if table.now >= row.closes_at:
        table.end(case, row, "missed", "not_asked_in_time")
        return
    allowed = case.allowed(row) or row.closes_at
    if allowed > table.now:
        _postpone(table, case, row, allowed, "quiet_hours")
        return
    free = ladder.free_at(table, case, row)
    if free > table.now:
        _postpone(table, case, row, free, "phone_in_use")
        return
    again = row.opened_at is not None  # it was cancelled, and that was taken back
    row = table.change(case, replace(row, state="open", opened_at=table.now, language=_language(case, row), rung=0))
    table.note(row, "due", late_seconds=round((table.now - row.due_at).total_seconds()))
    _plan_follow_ups(table, case, row, again=again)
    ladder.climb(table, case, row, invite(case.survey(row)), from_rung=0)


def _postpone(table: Desk, case: Case, row: OccasionRow, until: datetime, reason: str) -> None:
    if until >= row.closes_at:
        table.end(case, row, "missed", reason)
        return
    table.note(row, "postponed", reason=reason, until=until.isoformat())
    id = derived_id("survey.due", row.id, until)
    table.plan(Entry(id, until, SurveyDue.type, row.participant_id, row.id))


def _language(case: Case, row: OccasionRow) -> str:
    """The participant's language where every instrument speaks it, else the first of the study's that all speak."""
    force = case.force_of(row)
    for language in (case.person.language, *force.study.languages):
        if all(force.instruments[name].speaks(language, row.reporter) for name in row.instruments):
            return language
    return force.study.languages[0]


def _plan_follow_ups(table: Desk, case: Case, row: OccasionRow, *, again: bool) -> None:
    """Reminders, the rungs of the ladder, and the end of the window; `again`: others had been planned before."""
    opened = [table.now] if again else []
    wall = wall_time(table.now, ZoneInfo(row.zone))
    rungs = case.force_of(row).study.assessments[row.assessment].ladder
    follow_ups: list[tuple[datetime, int | None]] = [(at, None) for at in row.reminders if at > table.now]
    follow_ups += [
        (later(wall, rung.after, ZoneInfo(row.zone)), number) for number, rung in enumerate(rungs) if number > 0
    ]
    for n, (at, rung) in enumerate(sorted(follow_ups, key=lambda each: each[0])):
        if at < row.closes_at:
            id = derived_id("survey.reminder_due", row.id, n, *opened)
            table.plan(Entry(id, at, SurveyReminderDue.type, row.participant_id, row.id, {"n": n, "rung": rung}))
    id = derived_id("survey.expired", row.id, *opened)
    table.plan(Entry(id, row.closes_at, SurveyExpired.type, row.participant_id, row.id))
