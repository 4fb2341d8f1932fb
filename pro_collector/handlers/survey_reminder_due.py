"""survey.reminder_due: say once more what waits, or climb to the next rung of the ladder."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pro_collector.casework.desk import ladder
from pro_collector.casework.desk.desk import Case, Desk, open_desk
from pro_collector.casework.speaking.speech import FRESH
from pro_collector.domain.conversation.survey import BEGUN, remind
from pro_collector.domain.events import SurveyReminderDue, derived_id
from pro_collector.postgres.tables import holds, occasions
from pro_collector.postgres.tables.agenda import Entry
from pro_collector.postgres.tables.holds import Held
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.calendar import later, wall_time
from scheduler.person import SUPPRESSING

LOOK_AGAIN = timedelta(minutes=30)
"""How often the next rung asks whether a message that is held has left."""


async def handle(events: Sequence[SurveyReminderDue], rt: Runtime) -> None:
    """Remind, on the present rung or on the next."""
    async with rt.database.once(events) as (tx, fresh):
        rows = await occasions.load(tx, [event.occasion_id for event in fresh])
        desk = await open_desk(tx, rt, [row.participant_id for row in rows], rows)
        by_occasion = {row.id: row for row in rows}
        held = await holds.of_occasions(tx, list(by_occasion))
        for event in fresh:
            case = desk.cases[by_occasion[event.occasion_id].participant_id]
            _follow_up(desk, case, case.occasions[event.occasion_id], event, held.get(event.occasion_id))
        await desk.save()


def _follow_up(desk: Desk, case: Case, row: OccasionRow, event: SurveyReminderDue, held: Held | None) -> None:
    if row.state not in BEGUN or (event.rung is not None and event.rung <= row.rung):
        return
    if event.resumes and _asked_meanwhile(desk, case, row):
        return
    away = case.state(SUPPRESSING)
    if away is not None:
        desk.note(row, "suppressed", reason=away, of="reminder")
        return
    if held is not None and held.rung == row.rung and _waits_with(desk, case, row, event, held):
        return
    allowed = case.allowed(row)
    busy = _busy_until(desk, case, row)
    if allowed is None or allowed >= row.closes_at:
        desk.note(row, "suppressed", reason="quiet_hours", of="reminder")
    elif max(allowed, busy) > desk.now:
        _put_off(desk, row, event, max(allowed, busy))
    else:
        start = 0 if event.resumes else event.rung or row.rung
        ladder.say_on_ladder(desk, case, row, remind(case.survey(row)), from_rung=start)


def _put_off(desk: Desk, row: OccasionRow, event: SurveyReminderDue, at: datetime) -> None:
    id = derived_id("survey.reminder_due", row.id, event.n, event.rung, event.resumes, at)
    payload = {"n": event.n, "rung": event.rung, "resumes": event.resumes}
    desk.plan(Entry(id, at, SurveyReminderDue.type, row.participant_id, row.id, payload))


def _waits_with(desk: Desk, case: Case, row: OccasionRow, event: SurveyReminderDue, held: Held) -> bool:
    """Whether this waits because what was said before it was held for a fault of ours, or has only just left.

    Nobody is reminded of what they have not got. The next rung comes as long after the message as the ladder says: as
    if it had left in its time. Where another message had left before, the ladder goes on.
    """
    if held.left_at is None and event.rung is None:
        if held.waits:
            desk.note(row, "suppressed", reason="held", of="reminder")
        return held.waits
    if held.left_at is None:
        if held.alone and desk.now + LOOK_AGAIN < row.closes_at:
            _put_off(desk, row, event, desk.now + LOOK_AGAIN)
        return held.alone
    at = held.left_at + (FRESH if event.rung is None else _between(case, row, event.rung))
    if at <= desk.now:
        return False
    if at < row.closes_at:
        _put_off(desk, row, event, at)
    else:
        desk.note(row, "suppressed", reason="held", of="reminder" if event.rung is None else "next rung")
    return True


def _between(case: Case, row: OccasionRow, rung: int) -> timedelta:
    """How long after the present rung the ladder takes another."""
    zone, rungs = ZoneInfo(row.zone), case.version_of(row).study.assessments[row.assessment].ladder
    wall = wall_time(row.opened_at or row.due_at, zone)
    return later(wall, rungs[rung].after, zone) - later(wall, rungs[row.rung].after, zone)


def _asked_meanwhile(desk: Desk, case: Case, row: OccasionRow) -> bool:
    """Whether its question is the last that was asked at the phone, or is asked elsewhere by now."""
    contact = case.contact(row.reporter, "sms")
    return contact is None or desk.phones.asked_last(row, contact)


def _busy_until(desk: Desk, case: Case, row: OccasionRow) -> datetime:
    """Nobody is reminded of what they were asked a moment ago; it may still be on its way, or they about to answer."""
    contact = case.contact(row.reporter, "sms")
    asked_at = desk.phones.texted_at(row, contact) if contact else None
    return asked_at + FRESH if asked_at else desk.now
