"""Carries out the reaction to a text or mail: answers, opt-outs, pauses, tasks for the team, and replies."""

from uuid import UUID

from pro_collector.casework.desk.bundle_turn import answer_in_bundle
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.inbound.language_switch import switch_language
from pro_collector.casework.inbound.limits import Limits
from pro_collector.casework.inbound.pausing import pause_participants
from pro_collector.casework.inbound.putting_off import put_off
from pro_collector.casework.inbound.replying import repeat_question, reply, resend_link
from pro_collector.casework.inbound.stopping import end_contact_at, opt_in_address, opt_out_address
from pro_collector.domain.conversation.caregiver import about_themselves
from pro_collector.domain.conversation.reaction import Reaction
from pro_collector.domain.conversation.reading_list import MAY_STOP
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.opt_outs import StopCause

REPLY_FIRST = frozenset(
    {"emergency", "crisis", "bereaved", "question_noted", "language_changed", "language_not_offered"}
)
"""Replies that are sent before the next question of a survey."""


async def act_on(
    desk: Desk, inbound_id: UUID, reaction: Reaction, case: Case, row: OccasionRow | None, contact: ContactRow,
    limits: Limits,
) -> None:  # fmt: skip
    """Carry out the reaction to a text or mail from this contact; `row` is the survey it is about, if any."""
    reaction = about_themselves(reaction, contact.reporter)
    if reaction.pauses:
        await pause_participants(desk, contact)
    if reaction.language is not None:
        await switch_language(desk, contact, reaction.language)
        row = case.occasions[row.id] if row else None
    if reaction.reply in REPLY_FIRST:
        reply(desk, case, contact, reaction.reply, limits, reaction.reply_language)
    if reaction.put_off_to is not None and row is not None:
        row = await put_off(desk, case, row, reaction.put_off_to)
    if reaction.step is not None and row is not None:
        step = limits.within(reaction.step, contact)
        if case.flagged(row, step):
            reply(desk, case, contact, "emergency", limits)  # the web form shows it on every page
        row = answer_in_bundle(desk, case, row, step, contact=contact, inbound=inbound_id)
    for kind, reason in reaction.tasks:
        wording = _reason_with_codes(desk, contact, reason)
        desk.raise_task(case, row, kind, wording, inbound=inbound_id, may_stop=reason == MAY_STOP,
                        caregiver=contact.reporter == "caregiver")  # fmt: skip
    await _switch_messages(desk, inbound_id, contact, reaction, limits)
    afterwards = None if reaction.reply in REPLY_FIRST else reaction.reply
    if afterwards is not None and not resend_link(desk, contact, reaction, limits):
        reply(desk, case, contact, afterwards, limits, when=reaction.put_off_to)
    if row is not None:
        _note(desk, row, reaction)


async def _switch_messages(
    desk: Desk, inbound_id: UUID, contact: ContactRow, reaction: Reaction, limits: Limits
) -> None:
    """Record that this address opts out of messages, or opts in again, with the text or mail that says so."""
    cause = StopCause(reaction.way, inbound_id=inbound_id)
    if reaction.texting == "off":
        await opt_out_address(desk, contact, cause, everywhere=reaction.everywhere)
        if reaction.everywhere:
            await end_contact_at(desk, contact)
    elif reaction.texting == "on":
        await opt_in_address(desk, contact, cause)
        repeat_question(desk, contact, limits)


def _note(desk: Desk, row: OccasionRow, reaction: Reaction) -> None:
    if reaction.cancels_reminders:
        desk.stop_reminders(row)
    if reaction.outcome not in ("answer", "skip", "back"):
        desk.note(row, "heard", outcome=reaction.outcome)


def _reason_with_codes(desk: Desk, contact: ContactRow, reason: str) -> str:
    """The reason of a task; when several people share the address, with the codes of all of them."""
    codes = sorted(
        case.person.code for case in desk.cases.values() if any(each.lookup == contact.lookup for each in case.contacts)
    )
    address = "phone" if contact.channel == "sms" else "mailbox"
    return reason if len(codes) < 2 else f"{reason} (one {address} for {', '.join(codes)})"
