"""The channel ladder: speak on the first rung from here on that reaches somebody; the last is a call by a person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.conversation.permission import NO_TEXTS
from pro_collector.domain.conversation.survey import Say, Step
from pro_collector.domain.events import SurveyReminderDue, derived_id
from pro_collector.postgres.tables.agenda import Entry
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from scheduler.person import SUPPRESSING


def say_on_ladder(desk: Desk, case: Case, row: OccasionRow, step: Step, *, from_rung: int) -> OccasionRow:
    """Carry out `step` on the first rung from `from_rung` on that reaches the reporter.

    A call rung raises a task for the team and speaks to nobody. When no rung reaches anybody, the team is asked for
    an address; the occasion stays open, so that a form opened by hand or a later address still serves. A question
    waits while another survey has the floor of the phone.
    """
    for number, channel, contact in _rungs(case, row, from_rung):
        if channel == "call":
            row = desk.change(case, replace(row, rung=number))
            desk.note(row, "call", rung=number)
            desk.ask_person(case, row, "call", "nobody answered by message", row.id)
            return row
        if contact is not None:
            row = desk.change(case, replace(row, rung=number))
            desk.note(row, "rung", rung=number, channel=channel)
            free = desk.phones.free_at(case, row, contact) if channel == "sms" and _asks(step) else desk.now
            return desk.take(case, row, step, contact=contact) if free <= desk.now else hold(desk, row, free)
        desk.note(row, "rung_skipped", rung=number, channel=channel, reason=why_not(case, row.reporter, channel))
    desk.ask_person(case, row, "contact", "no way left to reach this person", row.id)
    return row


def free_at(desk: Desk, case: Case, row: OccasionRow) -> datetime:
    """When the invitation of a survey may go: later than now while another has the floor of the phone it goes to."""
    reached = ((channel, contact) for _, channel, contact in _rungs(case, row, 0) if contact or channel == "call")
    channel, contact = next(reached, ("", None))
    if channel != "sms" or contact is None or not case.conversation(row):
        return desk.now
    return desk.phones.free_at(case, row, contact)


def go_on(desk: Desk, case: Case, row: OccasionRow, step: Step) -> OccasionRow:
    """Carry out what follows from a reply that was read later: by text, when the phone may ring and is free.

    A question waits for that moment; thanks that would come in the night are not worth it.
    """
    contact = case.contact(row.reporter, "sms")
    if contact is None or case.state(SUPPRESSING) or not step.effects:
        return row
    allowed = case.allowed(row) or row.closes_at
    free = desk.phones.free_at(case, row, contact) if _asks(step) else desk.now
    if max(allowed, free) <= desk.now:
        return desk.take(case, row, step, contact=contact)
    if not _asks(step):
        return row
    reason = "quiet_hours" if allowed > desk.now else "phone_in_use"
    return hold(desk, row, max(allowed, free), reason)


def call_rung(case: Case, row: OccasionRow) -> int:
    """The rung on which the team calls; where the ladder has none, the one the occasion has come to."""
    return next((number for number, channel, _ in _rungs(case, row, 0) if channel == "call"), row.rung)


def hold(desk: Desk, row: OccasionRow, until: datetime, reason: str = "phone_in_use") -> OccasionRow:
    """Ask when the phone is free; whoever has the floor may also pass it on before."""
    desk.note(row, "postponed", reason=reason, until=until.isoformat())
    if until < row.closes_at:
        id = derived_id("survey.reminder_due", row.id, "resumed", until)
        payload = {"n": 0, "rung": None, "resumes": True}
        desk.plan(Entry(id, until, SurveyReminderDue.type, row.participant_id, row.id, payload))
    return row


def _rungs(case: Case, row: OccasionRow, start: int) -> Iterator[tuple[int, str, ContactRow | None]]:
    rungs = case.version_of(row).study.assessments[row.assessment].ladder
    channels = [rung.channel for rung in rungs] or ["sms"]
    for number, channel in enumerate(channels[start:], start=start):
        yield number, channel, None if channel == "call" else case.contact(row.reporter, channel)


def _asks(step: Step) -> bool:
    return any(isinstance(effect, Say) and effect.place is not None for effect in step.effects)


def why_not(case: Case, reporter: str, channel: str) -> str:
    """Why a channel cannot be used for a reporter."""
    if channel == "sms" and case.state(NO_TEXTS):
        return "asked for no texts"
    for contact in case.contacts:
        if (contact.reporter, contact.channel) == (reporter, channel):
            return "opted out" if contact.opted_out_at else "the address does not work"
    return "no address"
