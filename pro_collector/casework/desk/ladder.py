"""The channel ladder: sends on the first rung that reaches the reporter. The last rung is a call by a person."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out
from pro_collector.domain.conversation.channel_order import in_order
from pro_collector.domain.conversation.permission import Refusal
from pro_collector.domain.conversation.survey import Purpose, Say, Step, is_question
from pro_collector.domain.events import SurveyResumeDue
from pro_collector.postgres.tables import contacts
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from scheduler.rules import Channel


@dataclass(frozen=True, slots=True)
class RungReach:
    """One rung of an occasion's ladder: the contact it reaches, or why it reaches none. A call rung has no contact."""

    number: int
    channel: Channel
    contact: ContactRow | None
    refusal: Refusal | None


def say_on_ladder(desk: Desk, case: Case, row: OccasionRow, step: Step, *, from_rung: int) -> OccasionRow:
    """Carry out `step` on the first rung from `from_rung` on that reaches the reporter.

    A call rung raises a task for the team and sends no message. When no rung reaches the reporter, a task asks the team
    for an address; the occasion stays open, so that a form opened by hand or a later address can still be used. A
    question waits while another survey has its turn at the phone. A participant who is away gets no message at all.
    """
    purpose = _purpose(step)
    if away := case.refusal(purpose, row.reporter, "call", row):
        desk.note(row, "suppressed", reason=away, of=purpose)
        return row
    for rung in _rungs(case, row, from_rung):
        if rung.channel == "call":
            row = desk.change(case, replace(row, rung=rung.number))
            desk.note(row, "call", rung=rung.number)
            desk.raise_task(case, row, "call", "nobody answered by message", row.id)
            return row
        if rung.contact is not None:
            row = desk.change(case, replace(row, rung=rung.number))
            desk.note(row, "rung", rung=rung.number, channel=rung.channel)
            return _say_there(desk, case, row, step, rung.contact)
        desk.note(row, "rung_skipped", rung=rung.number, channel=rung.channel, reason=rung.refusal)
    desk.raise_task(case, row, "contact", "no way left to reach this person", row.id)
    return row


def _say_there(desk: Desk, case: Case, row: OccasionRow, step: Step, contact: ContactRow) -> OccasionRow:
    """Send to this contact; at a phone, a question waits for its turn."""
    asks = contact.channel == "sms" and _asks(step)
    free = desk.phones.free_at(case, row, contact) if asks else desk.now
    return carry_out(desk, case, row, step, contact=contact) if free <= desk.now else postpone_question(desk, row, free)


def free_at(desk: Desk, case: Case, row: OccasionRow) -> datetime:
    """When the invitation of a survey may be sent: after now while another survey has its turn at the same phone."""
    reached = (rung for rung in _rungs(case, row, 0) if rung.contact or rung.channel == "call")
    rung = next(reached, None)
    if rung is None or rung.channel != "sms" or rung.contact is None or not case.is_conversation(row):
        return desk.now
    return desk.phones.free_at(case, row, rung.contact)


def continue_by_text(desk: Desk, case: Case, row: OccasionRow, step: Step) -> OccasionRow:
    """Carry out the consequences of a reply that a person read later: by text, outside quiet hours, at a free phone.

    A question waits for that moment. Thanks are dropped rather than postponed.
    """
    contact = case.contact(row.reporter, "sms", row)
    if contact is None or case.refusal("reminder", row.reporter, "call", row) or not step.effects:
        return row
    allowed = case.earliest_send(row) or row.closes_at
    free = desk.phones.free_at(case, row, contact) if _asks(step) else desk.now
    if max(allowed, free) <= desk.now:
        return carry_out(desk, case, row, step, contact=contact)
    if not _asks(step):
        return row
    reason = "quiet_hours" if allowed > desk.now else "phone_in_use"
    return postpone_question(desk, row, max(allowed, free), reason)


def call_rung(case: Case, row: OccasionRow) -> int:
    """The number of the call rung; when the ladder has none, the present rung of the occasion."""
    return next((rung.number for rung in _rungs(case, row, 0) if rung.channel == "call"), row.rung)


def postpone_question(desk: Desk, row: OccasionRow, until: datetime, reason: str = "phone_in_use") -> OccasionRow:
    """Postpone a question. At a busy phone it may be asked earlier: when the other survey has its answer."""
    desk.note(row, "postponed", reason=reason, until=until.isoformat())
    if until < row.closes_at:
        desk.schedule(SurveyResumeDue.of(row, until))
    return row


def _rungs(case: Case, row: OccasionRow, start: int) -> Iterator[RungReach]:
    rungs = case.version_of(row).study.assessment(row.assessment).ladder
    channels = in_order([rung.channel for rung in rungs] or ["sms"], contacts.order_of(case.contacts, row.reporter))
    for number, channel in enumerate(channels[start:], start=start):
        contact = None if channel == "call" else case.contact(row.reporter, channel, row)
        yield RungReach(number, channel, contact, case.refusal("question", row.reporter, channel, row))


def _asks(step: Step) -> bool:
    return any(is_question(effect) for effect in step.effects)


def _purpose(step: Step) -> Purpose:
    return next((effect.purpose for effect in step.effects if isinstance(effect, Say)), "question")
