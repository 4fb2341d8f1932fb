"""message.received: understand an inbound text or mail, and carry out the reaction to it."""

from collections.abc import Sequence
from dataclasses import replace

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound import strangers
from pro_collector.casework.inbound.altered import report_altered
from pro_collector.casework.inbound.consequences import act_on
from pro_collector.casework.inbound.crossed import have_it_read
from pro_collector.casework.inbound.limits import Limits, load_limits
from pro_collector.casework.inbound.mails import understand_mail
from pro_collector.casework.inbound.receiving import MAIL
from pro_collector.casework.inbound.site_marks import Marks, site_marks
from pro_collector.casework.inbound.texts import understand_text
from pro_collector.casework.inbound.written_at import Times, ask_carrier, find_ambiguous
from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.events import MessageReceived
from pro_collector.domain.reply.second_reading import MarkOf, at_least
from pro_collector.errors import Altered
from pro_collector.postgres.tables import contacts, inbound
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from pro_collector.second_reader import mark_of


async def handle(events: Sequence[MessageReceived], rt: Runtime) -> None:
    """Handle the texts of each phone in their order. Clear texts do not wait for the query to the carrier."""
    marks = await site_marks(events, rt)
    doubt = await find_ambiguous(events, rt)
    doubtful = {text.id for texts in doubt.texts.values() for text in texts}
    clear = [event for event in events if event.inbound_id not in doubtful]
    if clear:
        await _handle_batch(clear, rt, Times({}), marks)
    if doubtful and rt.twilio is not None:
        times = await ask_carrier(doubt, rt, rt.twilio)
        await _handle_batch([event for event in events if event.inbound_id in doubtful], rt, times, marks)


async def _handle_batch(events: Sequence[MessageReceived], rt: Runtime, times: Times, marks: Marks) -> None:
    async with rt.database.once(events) as (tx, fresh):
        texts = await inbound.load(tx, [event.inbound_id for event in fresh])
        reach = await contacts.at_addresses(tx, [text.sender_lookup for text in texts.values()])
        people = {contact.participant_id for found in reach.values() for contact in found}
        desk = await open_desk(tx, rt, people, left=times.left)
        limits = await load_limits(desk, reach)
        for event in fresh:
            text = texts[event.inbound_id]
            moment = times.written.get(text.id, text.received_at)
            target = desk.phones.reply_target(
                text.sender_lookup, moment or text.received_at, certain=moment is not None
            )
            if moment is not None:
                text = replace(text, received_at=moment)
            try:
                own = reach[text.sender_lookup]
                await _handle_message(desk, text, own, target, limits, at_least(marks.get(text.id), mark_of))
            except Altered:  # raised while it is read, before anything follows from it
                await report_altered(desk, text, own)
        await save(desk)


async def _handle_message(
    desk: Desk, text: InboundRow, reach: Sequence[ContactRow], target: ReplyTarget, limits: Limits, mark_of: MarkOf
) -> None:
    by_mail = text.provider == MAIL
    own = [contact for contact in reach if contact.channel == ("email" if by_mail else "sms")] or list(reach)
    if not own:
        await strangers.alert_on_emergency(desk.tx, desk.rt, text, mark_of)
        await inbound.record_outcome(desk.tx, text.id, inbound.STRANGER, None)
        return
    if by_mail:
        await _handle_mail(desk, text, own, limits, mark_of)
        return
    survey = desk.phones.of(target.occasion_id)
    case, row = survey if survey else (desk.cases[own[0].participant_id], None)
    contact = _contact(case, row, own)
    reaction = await understand_text(desk, text, case, row, target, contact, mark_of)
    have_it_read(desk, text, reaction, target)
    await act_on(desk, text.id, reaction, case, row, contact, limits)
    await inbound.record_outcome(desk.tx, text.id, reaction.outcome, row.id if row else None)


async def _handle_mail(
    desk: Desk, mail: InboundRow, own: Sequence[ContactRow], limits: Limits, mark_of: MarkOf
) -> None:
    case = desk.cases[own[0].participant_id]
    contact = _contact(case, None, own)
    reaction = await understand_mail(desk, mail, case, contact, mark_of)
    await act_on(desk, mail.id, reaction, case, None, contact, limits)
    await inbound.record_outcome(desk.tx, mail.id, reaction.outcome, None)


def _contact(case: Case, row: OccasionRow | None, own: Sequence[ContactRow]) -> ContactRow:
    """The contact that wrote; where reporters share an address, that of the reporter who was asked."""
    mine = [each for each in case.contacts if each.id in {contact.id for contact in own}]
    return next((each for each in mine if row is not None and each.reporter == row.reporter), mine[0])
