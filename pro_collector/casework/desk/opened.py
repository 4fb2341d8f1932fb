"""Opens an occasion: from then on its answers count, and its reminders, rungs and end are on the agenda."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.conversation import opening
from pro_collector.domain.conversation.survey import BEGUN, open_places
from pro_collector.domain.events import SurveyDue, SurveyExpired, SurveyReminderDue, SurveyResumeDue, SurveyRungDue
from pro_collector.postgres.tables.occasions import OccasionRow
from scheduler.bundles import in_order, speaks_for
from scheduler.values import reads_as


def open_occasion(desk: Desk, case: Case, row: OccasionRow, others: Sequence[OccasionRow] = ()) -> OccasionRow:
    """The planned occasion, opened with `others` as one bundle; nothing is sent by this.

    Returns the one that speaks for them. It alone has reminders and rungs.
    """
    together, again = in_order([row, *others]), row.opened_at is not None  # cancelled, and the cancellation retracted
    speaker, spoken = speaks_for(together).id, _language(case, together)
    bundle = row.id if others else None
    for each in together:
        opened = replace(each, state="open", opened_at=desk.now, language=spoken, rung=0, bundle=bundle)
        desk.change(case, opened)
        desk.note(opened, "due", late_seconds=max(round((desk.now - each.due_at).total_seconds()), 0))
        if bundle:
            desk.note(opened, "bundled", together=", ".join(one.assessment for one in together))
        if bundle and each.due_at > desk.now:  # its event comes now, and finds it open
            desk.schedule(SurveyDue.of(each, each.due_at).model_copy(update={"occurred_at": desk.now}))
        plan_follow_ups(desk, case, opened, again=again, speaks=each.id == speaker)
    return case.occasions[speaker]


def has_words_for(case: Case, row: OccasionRow) -> bool:
    """Whether its reporter can answer it; a study file says so, but a state of a person may make a proxy answer."""
    version = case.version_of(row)
    return reads_as(row.reporter) == "self" or all(
        "proxy" in version.instruments[name].reporters for name in row.instruments
    )


def _language(case: Case, together: Sequence[OccasionRow]) -> str:
    version = case.version_of(together[0])
    instruments = [version.instruments[name] for row in together for name in row.instruments]
    return opening.language(
        case.person.language_of(together[0].reporter), version.study.languages, instruments, together[0].reporter
    )


def plan_follow_ups(desk: Desk, case: Case, row: OccasionRow, *, again: bool, speaks: bool = True) -> None:
    """Schedule reminders, rungs (if it `speaks`) and the end of the window; `again`: it had been opened before."""
    reopened = [desk.now] if again else []
    ladder = case.version_of(row).study.assessment(row.assessment).ladder
    if speaks:
        for n, at in enumerate(opening.reminders(row.reminders, desk.now, row.closes_at)):
            desk.schedule(SurveyReminderDue.of(row, at, n, *reopened))
        for number, at in opening.later_rungs(ladder, row.opened_at or desk.now, row.closes_at, ZoneInfo(row.zone)):
            if at > desk.now or row.opened_at == desk.now:
                desk.schedule(SurveyRungDue.of(row, at, number, *reopened))
    desk.schedule(SurveyExpired.of(row, row.closes_at, *reopened))


def hand_over(desk: Desk, case: Case, ended: OccasionRow) -> None:
    """After the occasion that spoke for a bundle has closed: the next one speaks, at its own times.

    Its question is asked again by text; it is that of the survey that has closed, if both ask it. Somebody who answered
    nothing gets the next reminder instead.
    """
    following = case.speaking(ended)
    if following.id == ended.id or following.state not in BEGUN:
        return
    left = open_places(case.survey(following)) if case.is_conversation(following) else []
    first = next((place for place in left if str(place) == ended.asked), next(iter(left), None))
    asked_at = desk.now if first else None
    following = replace(following, asked=str(first) if first else None, asked_at=asked_at)
    desk.note(desk.change(case, following), "speaks")
    plan_follow_ups(desk, case, following, again=False)
    if first and (ended.state != "missed" or not any(at > desk.now for at in following.reminders)):
        desk.schedule(SurveyResumeDue.of(following, desk.now))
