"""A person of the team has somebody asked: now, once more, later than the schedule says, or on the telephone.

Nothing is sent in quiet hours, to somebody who is away, or to an address that stopped messages.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.ladder import say_on_ladder
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound.putting_off import put_off
from pro_collector.casework.speaking import links
from pro_collector.commands.record_treatment import find_participant
from pro_collector.commands.report_now import open_report
from pro_collector.domain.conversation.put_off import BEFORE_CLOSING
from pro_collector.domain.conversation.survey import BEGUN, invite, open_places
from pro_collector.domain.conversation.unprompted import NoReport
from pro_collector.domain.events import SurveyRetryDue
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import occasions
from pro_collector.postgres.tables.links import LinkRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash
from scheduler.calendar import resolve, wall_time
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class AskedByHand:
    """The check-in that is asked. `at`: when the message leaves at the earliest; `waits`: not at once."""

    occasion_id: UUID
    assessment: str
    zone: ZoneInfo
    at: datetime
    waits: bool


async def ask_now(rt: Runtime, code: str, reporter: Reporter, *, by: str, study: str | None = None) -> AskedByHand:
    """Ask how somebody is now, outside of the schedule: open an unprompted report and send its invitation.

    Raises NotFound, and Conflict if the study offers no such report, enough were made today, or nothing may be sent.
    """
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study)
        desk = await open_desk(tx, rt, [person.id])
        case = desk.cases[person.id]
        row = await open_report(desk, case, reporter, "asked_now", by=by)
        if isinstance(row, NoReport):
            raise Conflict(f"{code} cannot be asked now: {row}")
        if row.id not in desk.changed:
            raise Conflict(f"{code} has such a report open since {row.due_local:%Y-%m-%d %H:%M}: ask that again")
        _check_sendable(case, row)
        allowed = case.earliest_send(row)
        if allowed is None or allowed > desk.now:
            raise Conflict(f"{code} has quiet hours now; nothing was asked")
        say_on_ladder(desk, case, row, invite(case.survey(row)), from_rung=0)
        await save(desk)
        return _asked(case, row, desk.now, desk.now)


async def ask_again(rt: Runtime, code: str, check_in: str, *, by: str, study: str | None = None) -> AskedByHand:
    """Send the waiting question or link of an open check-in again: now, or when the quiet hours end.

    `check_in`: the beginning of its id, or an assessment with one open check-in. Raises NotFound, Conflict.
    """
    async with rt.database.transaction() as tx:
        desk, case, row = await _open_check_in(tx, rt, code, check_in, study)
        _check_sendable(case, row)
        allowed = case.earliest_send(row)
        if allowed is None or allowed >= row.closes_at:
            raise Conflict(f"{code} has quiet hours until this check-in closes; call instead")
        desk.schedule(SurveyRetryDue.of(row, desk.now, "asked again", by, desk.now))
        desk.note(row, "asked_again", by=by)
        await save(desk)
        return _asked(case, row, allowed, desk.now)


async def put_off_check_in(
    rt: Runtime, code: str, check_in: str, until: datetime, *, by: str, study: str | None = None
) -> AskedByHand:
    """Send nothing about an open check-in before `until` (a wall time where they live), and one reminder then.

    Raises NotFound, Conflict; BadInput for a time that is past, in quiet hours, or too near to the end of the window.
    """
    async with rt.database.transaction() as tx:
        desk, case, row = await _open_check_in(tx, rt, code, check_in, study)
        zone = ZoneInfo(case.person.zone)
        last = row.closes_at - BEFORE_CLOSING
        at = resolve(until, zone)
        if not desk.now < at <= last:
            told = f"expected a time after now, and at the latest {last.astimezone(zone):%Y-%m-%d %H:%M %Z}"
            raise BadInput([Problem("", None, "until", told)])
        if case.silence(row).covers(wall_time(at, zone)) is not None:
            raise BadInput([Problem("", None, "until", "this lies in quiet hours")])
        await put_off(desk, case, row, at, "put_off_by_team", by=by)
        await save(desk)
        return _asked(case, row, at, desk.now)


async def open_interview(rt: Runtime, code: str, check_in: str, *, by: str, study: str | None = None) -> str:
    """The address of the form into which the team enters the answers that somebody gives on the telephone.

    For a check-in that still takes answers, late ones too. Raises NotFound, Conflict.
    """
    async with rt.database.transaction() as tx:
        desk, case, row = await _open_check_in(tx, rt, code, check_in, study, late=True)
        if not may_be_interviewed(case, row):
            raise Conflict(f"{code}: {row.assessment} takes no answers any more")
        desk.links.append(LinkRow(token_hash(links.call_token(rt, row.id)), row.id, None, "call"))
        desk.note(row, "interview", by=by)
        await save(desk)
        return links.call_url(rt, row.id)


def may_be_interviewed(case: Case, row: OccasionRow) -> bool:
    """Whether a check-in has questions that the team may still ask; its answers must be in the case."""
    if row.state in ("planned", "cancelled") or row.opened_at is None:
        return False
    survey = case.survey(row)
    return case.now < survey.late_until and bool(open_places(survey))


async def _open_check_in(
    tx: Tx, rt: Runtime, code: str, check_in: str, study: str | None, *, late: bool = False
) -> tuple[Desk, Case, OccasionRow]:
    """The one open check-in of a participant that is meant; `late`: or one that takes late answers.

    Raises NotFound, Conflict.
    """
    person = await find_participant(tx, code, study)
    rows = (await occasions.of_participants(tx, [person.id]))[person.id]
    meant = [row for row in rows if check_in and (str(row.id).startswith(check_in) or row.assessment == check_in)]
    if not meant:
        raise NotFound(f"{code} has no check-in {check_in!r}; see: pro-collector why {code}")
    now = rt.clock.now()
    waiting = [row for row in meant if _takes_answers(row, now, late=late)]
    if not waiting:
        raise Conflict(f"{code}: {meant[-1].assessment} is not open; it is {meant[-1].state}")
    if len(waiting) > 1:
        known = ", ".join(f"{str(row.id)[:8]} ({row.reporter})" for row in waiting)
        raise Conflict(f"{code} has several of these open: say which by the beginning of its id: {known}")
    desk = await open_desk(tx, rt, [person.id], waiting)
    case = desk.cases[person.id]
    return desk, case, case.occasions[waiting[0].id]


def _takes_answers(row: OccasionRow, now: datetime, *, late: bool) -> bool:
    if late:
        return row.opened_at is not None and row.state != "cancelled" and now < row.late_until
    return row.state in BEGUN and now < row.closes_at


def _check_sendable(case: Case, row: OccasionRow) -> None:
    """Raise Conflict if nothing about this check-in may be sent on any rung of its ladder."""
    if away := case.refusal("reminder", row.reporter, "call", row):
        raise Conflict(f"nothing is sent to {case.person.code}: {away}")
    ladder = case.version_of(row).study.assessment(row.assessment).ladder
    channels = [rung.channel for rung in ladder if rung.channel != "call"] or ["sms"]
    refused = {channel: case.refusal("question", row.reporter, channel, row) for channel in channels}
    if all(refused.values()):
        told = "; ".join(f"{channel}: {why}" for channel, why in refused.items())
        raise Conflict(f"{case.person.code} cannot be reached ({told}); call instead")


def _asked(case: Case, row: OccasionRow, at: datetime, now: datetime) -> AskedByHand:
    return AskedByHand(row.id, row.assessment, ZoneInfo(case.person.zone), at, at > now)
