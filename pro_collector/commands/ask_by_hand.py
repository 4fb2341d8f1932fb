"""A person of the team has somebody asked: now, once more, later, on the telephone, or on a device at the hospital.

Nothing is sent in quiet hours, to somebody who is away, or to an address that stopped messages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.ladder import free_at, say_on_ladder
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.opened import has_words_for, open_occasion
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound.putting_off import put_off
from pro_collector.casework.speaking import links
from pro_collector.commands.record_treatment import find_participant
from pro_collector.commands.report_now import open_report
from pro_collector.domain.conversation.put_off import BEFORE_CLOSING
from pro_collector.domain.conversation.survey import BEGUN, invite, open_places
from pro_collector.domain.conversation.unprompted import NoReport
from pro_collector.domain.events import SurveyRetryDue
from pro_collector.domain.near import did_you_mean
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, occasions
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


@dataclass(frozen=True, slots=True)
class InClinic:
    """A check-in that is open, and the address of its form for a device at the hospital."""

    occasion_id: UUID
    assessment: str
    reporter: Reporter
    url: str


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
        check_sendable(case, row)
        _check_not_quiet(case, row)
        say_on_ladder(desk, case, row, invite(case.survey(row)), from_rung=0)
        await save(desk)
        return _asked(case, row, desk.now, desk.now)


async def ask_early(rt: Runtime, code: str, check_in: str, *, by: str, study: str | None = None) -> AskedByHand:
    """Open a planned check-in whose window has opened, before it is due, and send its invitation now.

    `check_in`: as for `ask_again`. Raises NotFound, and Conflict if its window is not open, or nothing may be sent now.
    """
    async with rt.database.transaction() as tx:
        desk, case, row = await _check_in_of(tx, rt, code, check_in, study, may_be_opened)
        check_at_once(desk, case, row)
        row = await _opened(desk, case, row)
        check_sendable(case, row)
        desk.note(row, "asked_by_hand", by=by)
        say_on_ladder(desk, case, row, invite(case.survey(row)), from_rung=0)
        await save(desk)
        return _asked(case, row, desk.now, desk.now)


async def ask_again(rt: Runtime, code: str, check_in: str, *, by: str, study: str | None = None) -> AskedByHand:
    """Send the waiting question or link of an open check-in again: now, or when the quiet hours end.

    `check_in`: the beginning of its id, or an assessment with one open check-in. Raises NotFound, Conflict.
    """
    async with rt.database.transaction() as tx:
        desk, case, row = await _check_in_of(tx, rt, code, check_in, study, _is_open)
        row = case.speaking(row)
        check_sendable(case, row)
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
        desk, case, row = await _check_in_of(tx, rt, code, check_in, study, _is_open)
        row = case.speaking(row)
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
        desk, case, row = await _check_in_of(tx, rt, code, check_in, study, _takes_late_answers)
        if not may_be_interviewed(case, row):
            raise Conflict(f"{code}: {row.assessment} takes no answers any more")
        desk.links.append(LinkRow(token_hash(links.call_token(rt, row.id)), row.id, None, "call"))
        desk.note(row, "interview", by=by)
        await save(desk)
        return links.call_url(rt, row.id)


async def ask_in_clinic(
    rt: Runtime, code: str, check_in: str | None = None, *, by: str, study: str | None = None
) -> InClinic:
    """Open a check-in that may be answered now, without sending anything, and return the address of its form.

    It is one that is open, or that is planned and whose window has opened. `check_in`: as for `ask_again`, or None if
    only one can be meant. Raises NotFound, and Conflict, also if the person has left the study.
    """
    async with rt.database.transaction() as tx:
        desk, case, row = await _check_in_of(tx, rt, code, check_in, study, may_be_answered)
        if case.standing_of(row.reporter).is_over:
            raise Conflict(f"{code} has left the study")
        if row.state == "planned":
            row = await _opened(desk, case, row)
        desk.links.append(LinkRow(token_hash(links.clinic_token(rt, row.id)), row.id, None, "clinic"))
        desk.note(row, "in_clinic", by=by)
        await save(desk)
        return InClinic(row.id, row.assessment, row.reporter, links.clinic_url(rt, row.id))


def may_be_interviewed(case: Case, row: OccasionRow) -> bool:
    """Whether a check-in has questions that the team may still ask; its answers must be in the case."""
    if row.state in ("planned", "cancelled") or row.opened_at is None:
        return False
    survey = case.survey(row)
    return case.now < survey.late_until and bool(open_places(survey))


def may_be_answered(row: OccasionRow, now: datetime) -> bool:
    """Whether a check-in can be answered at the hospital: it is open, or its window is and nobody has asked it yet."""
    return _is_open(row, now) or may_be_opened(row, now)


def may_be_opened(row: OccasionRow, now: datetime) -> bool:
    """Whether a planned check-in can be asked by hand: its window is open."""
    return row.state == "planned" and row.opens_at <= now < row.closes_at


def _is_open(row: OccasionRow, now: datetime) -> bool:
    return row.state in BEGUN and now < row.closes_at


def _takes_late_answers(row: OccasionRow, now: datetime) -> bool:
    return row.opened_at is not None and row.state != "cancelled" and now < row.late_until


async def _check_in_of(
    tx: Tx, rt: Runtime, code: str, check_in: str | None, study: str | None,
    fits: Callable[[OccasionRow, datetime], bool],
) -> tuple[Desk, Case, OccasionRow]:  # fmt: skip
    """The one check-in of a participant that is meant (None: any) and that fits now. Raises NotFound, Conflict."""
    person = await find_participant(tx, code, study)
    rows = (await occasions.of_participants(tx, [person.id]))[person.id]
    meant = [row for row in rows if _is_meant(row, check_in)]
    if not meant:
        near = did_you_mean(check_in or "", {row.assessment for row in rows})
        raise NotFound(f"{code} has no check-in {check_in!r}{near}; see: pro-collector why {code}")
    waiting = [row for row in meant if fits(row, rt.clock.now())]
    if not waiting and check_in is None:
        raise Conflict(f"{code} has no check-in that can be answered now: none is open, and no window has opened")
    if not waiting:
        raise Conflict(f"{code}: {_why_not(_nearest(meant, rt.clock.now()), rt.clock.now())}")
    if len(waiting) > 1:
        known = ", ".join(f"{str(row.id)[:8]} ({row.assessment}, {row.reporter})" for row in waiting)
        raise Conflict(f"{code} has several of these: say which by the beginning of its id: {known}")
    desk = await open_desk(tx, rt, [person.id], waiting)
    case = desk.cases[person.id]
    row = case.occasions[waiting[0].id]
    if not fits(row, desk.now):  # it changed before it was locked
        raise Conflict(f"{code}: {_why_not(row, desk.now)}")
    return desk, case, row


def _nearest(rows: Sequence[OccasionRow], now: datetime) -> OccasionRow:
    """The first of these check-ins that has not ended by itself; else the last. `rows` are in order of time."""
    return next((row for row in rows if now < row.closes_at), rows[-1])


def _is_meant(row: OccasionRow, check_in: str | None) -> bool:
    return check_in is None or (bool(check_in) and (str(row.id).startswith(check_in) or row.assessment == check_in))


def _why_not(row: OccasionRow, now: datetime) -> str:
    """Why a check-in cannot be asked as somebody wants to."""
    if _is_open(row, now):
        return f"{row.assessment} is open: ask it again"
    if may_be_opened(row, now):
        return f"{row.assessment} is not open; it is planned, and its window is open: ask it now"
    if row.state != "planned":
        return f"{row.assessment} is not open; it is {row.state}"
    opens = row.opens_at.astimezone(ZoneInfo(row.zone))
    return f"{row.assessment} is not open; it is planned, and its window opens {opens:%Y-%m-%d %H:%M %Z}"


async def _opened(desk: Desk, case: Case, row: OccasionRow) -> OccasionRow:
    """The planned check-in, opened before it is due. Raises Conflict if its reporter cannot answer it."""
    if not has_words_for(case, row):
        raise Conflict(f"{case.person.code}: {row.assessment} has no words for a proxy")
    await agenda.drop(desk.tx, [row.id])
    return open_occasion(desk, case, row)


def check_at_once(desk: Desk, case: Case, row: OccasionRow) -> None:
    """Raise Conflict if the invitation of this check-in would have to wait."""
    _check_not_quiet(case, row)
    if free_at(desk, case, row) > desk.now:
        raise Conflict(f"{case.person.code} is being asked something else by text; try again when that has ended")


def _check_not_quiet(case: Case, row: OccasionRow) -> None:
    allowed = case.earliest_send(row)
    if allowed is None or allowed > case.now:
        raise Conflict(f"{case.person.code} has quiet hours now; nothing was asked")


def check_sendable(case: Case, row: OccasionRow) -> None:
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
