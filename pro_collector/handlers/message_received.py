"""message.received: understand what came in, and carry out what follows."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from pro_collector import languages, rendering
from pro_collector.casework.desk import Case, Desk, desk
from pro_collector.casework.speech import Line, Speech
from pro_collector.domain.conversation import Reaction, question, react
from pro_collector.domain.events import MessageReceived
from pro_collector.domain.replies import Reading, understand
from pro_collector.postgres import contacts, inbound, messages
from pro_collector.postgres.contacts import ContactRow
from pro_collector.postgres.database import Tx
from pro_collector.postgres.inbound import InboundRow
from pro_collector.postgres.occasions import OccasionRow
from pro_collector.runtime import Runtime

SAME_REPLY_A_DAY = 3
REPLY_WITHIN = timedelta(hours=6)
"""How long an answer to a text is worth sending."""

Floor = tuple[Case, OccasionRow]
"""Whose question is waiting for an answer at an address."""


async def handle(events: Sequence[MessageReceived], rt: Runtime) -> None:
    """Take each text in the order it came."""
    async with rt.database.once(events) as (tx, fresh):
        texts = await inbound.load(tx, [event.inbound_id for event in fresh])
        reach = {id: await contacts.by_lookup(tx, text.sender_lookup) for id, text in texts.items()}
        table = await desk(tx, rt, {contact.participant_id for found in reach.values() for contact in found})
        for event in fresh:
            await _take(tx, table, texts[event.inbound_id], reach[event.inbound_id])
        await table.save()


async def _take(tx: Tx, table: Desk, text: InboundRow, reach: Sequence[ContactRow]) -> None:
    own = [contact for contact in reach if contact.channel == "sms"] or list(reach)
    if not own:
        await inbound.understood(tx, text.id, "unknown sender", None)
        return
    floor = _floor(table, own)
    case = floor[0] if floor else table.cases[own[0].participant_id]
    contact = next(each for each in own if each.participant_id == case.person.id)
    reading = _read(table, text, case, floor, contact)
    survey = case.survey(floor[1]) if floor else None
    reaction = react(reading, survey, table.now, opted_out=contact.opted_out_at is not None)
    await _carry_out(tx, table, text.id, reaction, case, floor, contact)
    await inbound.understood(tx, text.id, reaction.outcome, floor[1].id if floor else None)


def _floor(table: Desk, own: Sequence[ContactRow]) -> Floor | None:
    """The survey whose question was asked last at this address."""
    waiting = [
        (table.cases[contact.participant_id], row)
        for contact in own
        for row in table.cases[contact.participant_id].occasions.values()
        if row.reporter == contact.reporter and row.asked and row.asked_at
    ]
    return max(waiting, key=lambda each: (each[1].asked_at, each[1].due_at), default=None)


def _read(table: Desk, text: InboundRow, case: Case, floor: Floor | None, contact: ContactRow) -> Reading:
    fields = table.rt.vault.unseal_json(text.sealed)
    language = (floor[1].language if floor else None) or case.person.language
    asked = None
    if floor is not None:
        survey = case.survey(floor[1])
        speech = Speech(case.force_of(floor[1]), floor[1], survey, table.now)
        wording = speech.wording(survey.asked) if survey.asked else None
        asked = question(wording) if wording else None
    opted_out = contact.opted_out_at is not None
    return understand(fields["body"], asked, languages.language(language), opted_out=opted_out)


async def _carry_out(
    tx: Tx, table: Desk, inbound_id: UUID, reaction: Reaction, case: Case, floor: Floor | None, contact: ContactRow
) -> None:
    row = floor[1] if floor else None
    if reaction.step is not None and row is not None:
        row = table.take(case, row, reaction.step, mode="sms", contact=contact, source=inbound_id)
    for kind, reason in reaction.tasks:
        table.ask_person(case, row, kind, reason, inbound_id)
    if reaction.reply is not None and await _worth_saying(tx, table, reaction.reply, contact):
        table.say(case, contact, _line(table, case, reaction.reply), None)
    if reaction.texting == "off":
        await contacts.opt_out(tx, contact.lookup, table.now)
    elif reaction.texting == "on":
        await contacts.opt_in(tx, contact.lookup)
    if row is not None and reaction.outcome not in ("answer", "skip", "back"):
        table.note(row, "heard", outcome=reaction.outcome)


async def _worth_saying(tx: Tx, table: Desk, reply: str, contact: ContactRow) -> bool:
    """Whether this was not said too often of late: two machines must not talk to each other all night."""
    return await messages.recent(tx, contact.id, reply, table.now - timedelta(days=1)) < SAME_REPLY_A_DAY


def _line(table: Desk, case: Case, name: str) -> Line:
    study = case.force.study
    language = case.person.language if case.person.language in rendering.languages() else study.languages[0]
    body = rendering.sms(
        language,
        name,
        sender=study.sender,
        phone=study.contact.phone,
        title=study.sender,
        emergency=study.emergency.get(language, ""),
    )
    return Line(name, language, body, table.now + REPLY_WITHIN)
