"""Opts addresses out of messages and in again, for everybody who shares them, and records how."""

from typing import Literal

from pro_collector import rendering
from pro_collector.casework.consenting import end_contact
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.speaking.speech import REPLY_WITHIN, MessageText
from pro_collector.postgres.tables import opt_outs
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.opt_outs import StopCause

Way = Literal["page", "one-click"]
"""Our own page, or the button of a mail program (RFC 8058)."""


async def stop(desk: Desk, case: Case, row: OccasionRow, contact: ContactRow, way: Way) -> None:
    """Opt out an address for everybody who shares it; a repeat changes nothing (idempotent).

    `row` is the occasion whose link was used: its log gets the line. A phone gets the confirmation that STOP gets; a
    mailbox gets none, because the button of its mail program has confirmed it.
    """
    if not await opt_outs.begin(desk.tx, contact.lookup, StopCause(way), desk.now):
        return
    desk.set_opted_out(contact.lookup, desk.now)
    desk.note(row, "opted_out", channel=contact.channel, reporter=contact.reporter, way=way)
    if contact.channel == "sms":
        over = case.standing_of(contact.reporter).is_over
        language, words = case.language_of(contact.reporter), "stop_confirmed_left" if over else "stop_confirmed"
        sender, caregiver = case.current_version.study.sender, contact.reporter == "caregiver"
        body = rendering.sms(language, words, sender=sender, phone=case.team.phone, caregiver=caregiver)
        desk.say(case, contact, MessageText("stop_confirmed", language, body, desk.now + REPLY_WITHIN), None)


async def opt_out_address(desk: Desk, contact: ContactRow, cause: StopCause, *, everywhere: bool = False) -> None:
    """Opt out a phone or mailbox for everybody who shares it; `everywhere`: also the other addresses of its users."""
    known = [each for case in desk.cases.values() for each in case.contacts]
    stopped = {contact.lookup}
    if everywhere:
        reporters = {(each.participant_id, each.reporter) for each in known if each.lookup == contact.lookup}
        stopped |= {each.lookup for each in known if (each.participant_id, each.reporter) in reporters}
    for lookup in stopped:
        await opt_outs.begin(desk.tx, lookup, cause, desk.now)
        desk.set_opted_out(lookup, desk.now)


async def end_contact_at(desk: Desk, contact: ContactRow) -> None:
    """Whoever has this address leaves: they are not asked after the end of participation either."""
    for case in desk.cases.values():
        for each in case.contacts:
            if each.lookup == contact.lookup:
                by = "participant" if each.reporter == "self" else each.reporter
                await end_contact(desk.tx, case.person.id, case.today, desk.now, by, asked_by=each.reporter)


async def opt_in_address(desk: Desk, contact: ContactRow, cause: StopCause) -> None:
    """Opt in a phone or mailbox again, for everybody who shares it."""
    await opt_outs.end(desk.tx, contact.lookup, cause, desk.now)
    desk.set_opted_out(contact.lookup, None)
