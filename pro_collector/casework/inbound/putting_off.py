"""Puts a survey off: nothing about it is sent before the moment that the person named, and one reminder then."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pro_collector import rendering
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.events import SurveyReminderDue
from pro_collector.postgres.tables import agenda
from pro_collector.postgres.tables.occasions import OccasionRow
from scheduler.calendar import wall_time

NEXT_RUNG_AFTER = timedelta(hours=4)
"""How long after the promised moment the next rung of the ladder follows at the earliest."""
FIRST_NUMBER = 1000
"""The numbers of these reminders, apart from those of the schedule."""


async def put_off(
    desk: Desk, case: Case, row: OccasionRow, at: datetime, reason: str = "put_off", **detail: str
) -> OccasionRow:
    """Ask the open question again at this instant, and not before; `reason` and `detail` are for the log."""
    row = desk.change(case, replace(row, put_off=row.put_off + 1))
    await agenda.clear_until(desk.tx, row.id, at, at + NEXT_RUNG_AFTER, row.closes_at)
    desk.schedule(SurveyReminderDue.of(row, at, FIRST_NUMBER + row.put_off))
    desk.note(row, "postponed", reason=reason, until=at.isoformat(), **detail)
    return row


def spoken_moment(case: Case, at: datetime | None, language: str) -> str:
    """The instant as this person says it; empty for None."""
    if at is None:
        return ""
    return rendering.moment(language, wall_time(at, ZoneInfo(case.person.zone)), case.today)
