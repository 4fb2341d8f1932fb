"""Opens an occasion: from then on its answers count, and its reminders, rungs and end are on the agenda."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.conversation import opening
from pro_collector.domain.events import SurveyExpired, SurveyReminderDue, SurveyRungDue
from pro_collector.postgres.tables.occasions import OccasionRow


def open_occasion(desk: Desk, case: Case, row: OccasionRow) -> OccasionRow:
    """The planned occasion, opened; nothing is sent by this."""
    again = row.opened_at is not None  # it was cancelled, and the cancellation was retracted
    row = desk.change(case, replace(row, state="open", opened_at=desk.now, language=_language(case, row), rung=0))
    late = max(round((desk.now - row.due_at).total_seconds()), 0)
    desk.note(row, "due", late_seconds=late)
    _plan_follow_ups(desk, case, row, again=again)
    return row


def has_words_for(case: Case, row: OccasionRow) -> bool:
    """Whether its reporter can answer it; a study file says so, but a state of a person may make a proxy answer."""
    version = case.version_of(row)
    return row.reporter == "self" or all("proxy" in version.instruments[name].reporters for name in row.instruments)


def _language(case: Case, row: OccasionRow) -> str:
    version = case.version_of(row)
    instruments = [version.instruments[name] for name in row.instruments]
    return opening.language(case.person.language, version.study.languages, instruments, row.reporter)


def _plan_follow_ups(desk: Desk, case: Case, row: OccasionRow, *, again: bool) -> None:
    """Schedule reminders, rungs and the end of the window; `again`: the occasion had been opened before."""
    reopened = [desk.now] if again else []
    ladder = case.version_of(row).study.assessment(row.assessment).ladder
    for n, at in enumerate(opening.reminders(row.reminders, desk.now, row.closes_at)):
        desk.schedule(SurveyReminderDue.of(row, at, n, *reopened))
    for number, at in opening.later_rungs(ladder, desk.now, row.closes_at, ZoneInfo(row.zone)):
        desk.schedule(SurveyRungDue.of(row, at, number, *reopened))
    desk.schedule(SurveyExpired.of(row, row.closes_at, *reopened))
