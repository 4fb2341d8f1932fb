"""message.received: understand what came in by text or mail, and carry out what follows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from pro_collector import languages
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound import strangers
from pro_collector.casework.inbound.letters import understand_mail
from pro_collector.casework.inbound.limits import Limits, load_limits
from pro_collector.casework.inbound.pausing import pause_everybody
from pro_collector.casework.inbound.reading import read
from pro_collector.casework.inbound.receiving import MAIL
from pro_collector.casework.inbound.replying import ask_again, link_again, reply
from pro_collector.casework.inbound.stopping import stop_at
from pro_collector.casework.inbound.written_at import Times, ask_carrier, find_doubt
from pro_collector.casework.speaking.speech import Speech
from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.conversation.reaction import Reaction, hear
from pro_collector.domain.events import MessageReceived
from pro_collector.postgres.tables import contacts, inbound, messages
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime

SAID_FIRST = frozenset({"emergency", "crisis", "bereaved"})
"""What is said before the next question of a survey."""


async def handle(events: Sequence[MessageReceived], rt: Runtime) -> None:
    """Take each text in the order it came from its phone. What is clear does not wait for the carrier to be asked."""
    doubt = await find_doubt(events, rt)
    doubtful = {text.id for texts in doubt.texts.values() for text in texts}
    clear = [event for event in events if event.inbound_id not in doubtful]
    if clear:
        await _take_all(clear, rt, Times({}))
    if doubtful and rt.twilio is not None:
        times = await ask_carrier(doubt, rt, rt.twilio)
        await _take_all([event for event in events if event.inbound_id in doubtful], rt, times)


async def _take_all(events: Sequence[MessageReceived], rt: Runtime, times: Times) -> None:
    async with rt.database.once(events) as (tx, fresh):
        texts = await inbound.load(tx, [event.inbound_id for event in fresh])
        reach = {id: await contacts.by_lookup(tx, text.sender_lookup) for id, text in texts.items()}
        people = {contact.participant_id for found in reach.values() for contact in found}
        desk = await open_desk(tx, rt, people, left=times.left)
        limits = await load_limits(desk, {contact.lookup for found in reach.values() for contact in found})
        for event in fresh:
            text = texts[event.inbound_id]
            moment = times.written.get(text.id, text.received_at)
            target = desk.phones.landing(text.sender_lookup, moment or text.received_at, certain=moment is not None)
            if moment is not None:
                text = replace(text, received_at=moment)
            await _take(desk, text, reach[text.id], target, limits)
        await save(desk)


async def _take(desk: Desk, text: InboundRow, reach: Sequence[ContactRow], target: ReplyTarget, limits: Limits) -> None:
    by_mail = text.provider == MAIL
    own = [contact for contact in reach if contact.channel == ("email" if by_mail else "sms")] or list(reach)
    if not own:
        await strangers.hear(desk.tx, desk.rt, text)
        await inbound.understood(desk.tx, text.id, inbound.STRANGER, None)
        return
    if by_mail:
        await _take_mail(desk, text, own, limits)
        return
    found = desk.phones.of(target.occasion_id)
    case, row = found if found else (desk.cases[own[0].participant_id], None)
    contact = _contact(case, row, own)
    reaction = await _understand(desk, text, case, row, target, contact)
    await _carry_out(desk, text.id, reaction, case, row, contact, limits)
    await inbound.understood(desk.tx, text.id, reaction.outcome, row.id if row else None)


async def _take_mail(desk: Desk, mail: InboundRow, own: Sequence[ContactRow], limits: Limits) -> None:
    case = desk.cases[own[0].participant_id]
    contact = _contact(case, None, own)
    reaction = await understand_mail(desk, mail, case, contact)
    await _carry_out(desk, mail.id, reaction, case, None, contact, limits)
    await inbound.understood(desk.tx, mail.id, reaction.outcome, None)


def _contact(case: Case, row: OccasionRow | None, own: Sequence[ContactRow]) -> ContactRow:
    """The phone (or mailbox) that wrote, as that of the reporter who was asked."""
    mine = [each for each in case.contacts if each.id in {contact.id for contact in own}]
    return next((each for each in mine if row is not None and each.reporter == row.reporter), mine[0])


async def _understand(
    desk: Desk, text: InboundRow, case: Case, row: OccasionRow | None, target: ReplyTarget, contact: ContactRow
) -> Reaction:
    survey = case.survey(row) if row else None
    last = desk.phones.asked(text.sender_lookup)[-1:]
    said = read(
        desk.rt.vault.unseal_json(text.sealed),
        Speech(case.version_of(row), row, survey, desk.now) if row and survey else None,
        languages.language((row.language if row else None) or case.person.language),
        text.received_at - last[0].at if last else None,
        opted_out=contact.opted_out_at is not None,
        carrier_stops=desk.rt.settings.twilio_answers_keywords,
        carrier_starts=await _stopped_by_carrier(desk, contact),
        proxy=contact.reporter == "proxy",
    )
    reaction = hear(said, survey, target, desk.now, opted_out=contact.opted_out_at is not None)
    if reaction.outcome == "again" and await _said_before(desk, text):
        return Reaction("duplicate")
    return reaction


async def _stopped_by_carrier(desk: Desk, contact: ContactRow) -> bool:
    """Whether the carrier took the STOP of this phone, and so answers its START: we did not confirm it ourselves."""
    if contact.opted_out_at is None or not desk.rt.settings.twilio_answers_keywords:
        return False
    just_before = contact.opted_out_at - timedelta(seconds=1)
    return not await messages.count_sent_to_address(desk.tx, contact.id, "stop_confirmed", just_before)


async def _said_before(desk: Desk, text: InboundRow) -> bool:
    """Whether the same words came from the same phone a moment ago: some phones and carriers send twice."""
    before = await inbound.previous(desk.tx, text)
    bodies = [desk.rt.vault.unseal_json(each.sealed)["body"].strip() for each in (text, before) if each]
    return len(bodies) == 2 and bodies[0] == bodies[1]


async def _carry_out(
    desk: Desk, inbound_id: UUID, reaction: Reaction, case: Case, row: OccasionRow | None, contact: ContactRow,
    limits: Limits,
) -> None:  # fmt: skip
    if reaction.pauses:
        await pause_everybody(desk, contact)
    if reaction.reply in SAID_FIRST:
        reply(desk, case, contact, reaction.reply, limits)
    if reaction.step is not None and row is not None:
        step = limits.within(reaction.step, contact)
        if case.flagged(row, step):
            reply(desk, case, contact, "emergency", limits)  # as the web form says it on every page
        row = carry_out(desk, case, row, step, mode="sms", contact=contact, source=inbound_id)
    for kind, reason in reaction.tasks:
        desk.raise_task(case, row, kind, _of_whom(desk, contact, reason), inbound=inbound_id)
    await _turn(desk, contact, reaction, limits)
    afterwards = None if reaction.reply in SAID_FIRST else reaction.reply
    if afterwards is not None and not link_again(desk, contact, reaction, limits):
        reply(desk, case, contact, afterwards, limits)
    if row is not None:
        _note(desk, row, reaction)


async def _turn(desk: Desk, contact: ContactRow, reaction: Reaction, limits: Limits) -> None:
    """Turn messages to this address off or on."""
    if reaction.texting == "off":
        await stop_at(desk, contact, everywhere=reaction.everywhere)
    elif reaction.texting == "on":
        await contacts.opt_in(desk.tx, contact.lookup)
        desk.set_opted_out(contact.lookup, None)
        ask_again(desk, contact, limits)


def _note(desk: Desk, row: OccasionRow, reaction: Reaction) -> None:
    if reaction.spares:
        desk.stop_reminding(row)
    if reaction.outcome not in ("answer", "skip", "back"):
        desk.note(row, "heard", outcome=reaction.outcome)


def _of_whom(desk: Desk, contact: ContactRow, reason: str) -> str:
    """Why a person should look; at an address of several people, with everybody it may be about."""
    codes = sorted(
        case.person.code for case in desk.cases.values() if any(each.lookup == contact.lookup for each in case.contacts)
    )
    address = "phone" if contact.channel == "sms" else "mailbox"
    return reason if len(codes) < 2 else f"{reason} (one {address} for {', '.join(codes)})"
