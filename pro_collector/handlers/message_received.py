"""message.received: understand what came in by text or mail, and carry out what follows."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pro_collector import languages, rendering
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk, open_desk
from pro_collector.casework.inbound import strangers
from pro_collector.casework.inbound.letters import understand_mail
from pro_collector.casework.inbound.pausing import pause_everybody
from pro_collector.casework.inbound.reading import read
from pro_collector.casework.inbound.receiving import MAIL
from pro_collector.casework.speaking.speech import REPLY_WITHIN, MessageText, Speech
from pro_collector.channels.twilio import Departure, Twilio
from pro_collector.domain.conversation.permission import ALWAYS_SAID
from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.conversation.reaction import Reaction, hear
from pro_collector.domain.conversation.survey import BEGUN, Effect, Say, Step, remind
from pro_collector.domain.events import MessageReceived
from pro_collector.errors import Unavailable
from pro_collector.postgres.questions import phones
from pro_collector.postgres.tables import contacts, inbound, messages
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime

SAME_REPLY_A_DAY = 3
"""How often one thing is said to a phone in a day: two machines must not talk to each other all night."""
MORE_OFTEN: Mapping[str, int] = {"emergency": 20, "again": 12}
LOOK_UP = 5.0
"""Seconds for which the carrier may think about one phone; after that nobody can tell what a text was written to."""
CONVERSATION = frozenset({"question", "clarification", "thanks"})
"""What only an answer brings about, or once for each question."""
PURPOSES: Mapping[str, str] = {
    "leave_noted": "stop_confirmed",
    "erase_noted": "stop_confirmed",
    "condolence": "stop_confirmed",
    "crisis": "emergency",
}
"""Other words of the same kind: what may still be said to somebody who has just said stop."""
SAID_FIRST = frozenset({"emergency", "crisis", "bereaved"})
"""What is said before the next question of a survey."""


@dataclass(frozen=True, slots=True)
class Times:
    """What the carrier's clock says where a reply may be meant for several questions.

    `written`: when each text was written; None: nobody can tell. `left`: whether each of the last questions was on its
    way to the phone by now; None: nobody can tell.
    """

    written: Mapping[UUID, datetime | None]
    left: Mapping[UUID, bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Texts that may be meant for several questions, and the questions whose way to the phone is not known to its end.

    Both by phone: what is sure of one phone does not wait for another.
    """

    texts: Mapping[bytes, Sequence[InboundRow]]
    underway: Mapping[bytes, Sequence[Mapping[str, Any]]]


async def handle(events: Sequence[MessageReceived], rt: Runtime) -> None:
    """Take each text in the order it came from its phone. What is clear does not wait for the carrier to be asked."""
    doubt = await _doubt(events, rt)
    doubtful = {text.id for texts in doubt.texts.values() for text in texts}
    clear = [event for event in events if event.inbound_id not in doubtful]
    if clear:
        await _take_all(clear, rt, Times({}))
    if doubtful and rt.twilio is not None:
        times = await _times(doubt, rt, rt.twilio)
        await _take_all([event for event in events if event.inbound_id in doubtful], rt, times)


async def _take_all(events: Sequence[MessageReceived], rt: Runtime, times: Times) -> None:
    async with rt.database.once(events) as (tx, fresh):
        texts = await inbound.load(tx, [event.inbound_id for event in fresh])
        reach = {id: await contacts.by_lookup(tx, text.sender_lookup) for id, text in texts.items()}
        people = {contact.participant_id for found in reach.values() for contact in found}
        desk = await open_desk(tx, rt, people, left=times.left)
        for event in fresh:
            text = texts[event.inbound_id]
            moment = times.written.get(text.id, text.received_at)
            landing = desk.phones.landing(text.sender_lookup, moment or text.received_at, certain=moment is not None)
            if moment is not None:
                text = replace(text, received_at=moment)
            await _take(desk, text, reach[text.id], landing)
        await desk.save()


async def _doubt(events: Sequence[MessageReceived], rt: Runtime) -> Doubt:
    """What the carrier must be asked about: where two questions could be meant. Of what was read before, nothing."""
    if rt.twilio is None:
        return Doubt({}, {})
    async with rt.database.transaction() as tx:
        texts = await inbound.load(tx, [event.inbound_id for event in events])
        unread = [text for text in texts.values() if text.outcome in (None, inbound.STRANGER)]
        since = rt.clock.now() - timedelta(days=1)
        lookups = sorted(await phones.ambiguous(tx, [text.sender_lookup for text in unread], since))
        underway = await phones.underway(tx, lookups, since)
    return Doubt(
        {lookup: [text for text in unread if text.sender_lookup == lookup] for lookup in lookups},
        {lookup: [row for row in underway if row["lookup"] == lookup] for lookup in lookups},
    )


async def _times(doubt: Doubt, rt: Runtime, twilio: Twilio) -> Times:
    """Ask the carrier when texts were written, and questions left: both may be hours late."""
    found = await asyncio.gather(
        *(_times_of_phone(twilio, texts, doubt.underway[lookup]) for lookup, texts in doubt.texts.items())
    )
    departures = {id: each for _, gone in found for id, each in gone.items()}
    async with rt.database.transaction() as tx:
        await messages.note_left(tx, [(id, each.at) for id, each in departures.items() if each.at is not None])
    return Times(
        {id: moment for written, _ in found for id, moment in written.items()},
        {id: each.left for id, each in departures.items()},
    )


async def _times_of_phone(
    twilio: Twilio, texts: Sequence[InboundRow], underway: Sequence[Mapping[str, Any]]
) -> tuple[dict[UUID, datetime | None], dict[UUID, Departure]]:
    """When its texts were written, and whether its questions left; where the carrier does not tell, nobody can."""
    try:
        async with asyncio.timeout(LOOK_UP):
            written, gone = await asyncio.gather(
                asyncio.gather(*(twilio.sent_at(text.provider_id) for text in texts)),
                asyncio.gather(*(_departure(twilio, row) for row in underway)),
            )
    except (Unavailable, TimeoutError):
        return dict.fromkeys((text.id for text in texts), None), {}
    return (
        {text.id: min(text.received_at, at or text.received_at) for text, at in zip(texts, written, strict=True)},
        {row["id"]: departure for row, departure in zip(underway, gone, strict=True)},
    )


async def _departure(twilio: Twilio, question: Mapping[str, Any]) -> Departure:
    """What left us is in the carrier's log; an attempt of which nothing is known may have left."""
    known = question["left"] and question["provider_id"]
    return await twilio.departure(question["provider_id"]) if known else Departure(question["left"])


async def _take(desk: Desk, text: InboundRow, reach: Sequence[ContactRow], landing: ReplyTarget) -> None:
    by_mail = text.provider == MAIL
    own = [contact for contact in reach if contact.channel == ("email" if by_mail else "sms")] or list(reach)
    if not own:
        await strangers.hear(desk.tx, desk.rt, text)
        await inbound.understood(desk.tx, text.id, inbound.STRANGER, None)
        return
    if by_mail:
        await _take_mail(desk, text, own)
        return
    found = desk.phones.of(landing.occasion_id)
    case, row = found if found else (desk.cases[own[0].participant_id], None)
    contact = _contact(case, row, own)
    reaction = await _understand(desk, text, case, row, landing, contact)
    await _carry_out(desk, text.id, reaction, case, row, contact)
    await inbound.understood(desk.tx, text.id, reaction.outcome, row.id if row else None)


async def _take_mail(desk: Desk, mail: InboundRow, own: Sequence[ContactRow]) -> None:
    case = desk.cases[own[0].participant_id]
    contact = _contact(case, None, own)
    reaction = await understand_mail(desk, mail, case, contact)
    await _carry_out(desk, mail.id, reaction, case, None, contact)
    await inbound.understood(desk.tx, mail.id, reaction.outcome, None)


def _contact(case: Case, row: OccasionRow | None, own: Sequence[ContactRow]) -> ContactRow:
    """The phone (or mailbox) that wrote, as that of the reporter who was asked."""
    mine = [each for each in case.contacts if each.id in {contact.id for contact in own}]
    return next((each for each in mine if row is not None and each.reporter == row.reporter), mine[0])


async def _understand(
    desk: Desk, text: InboundRow, case: Case, row: OccasionRow | None, landing: ReplyTarget, contact: ContactRow
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
    reaction = hear(said, survey, landing, desk.now, opted_out=contact.opted_out_at is not None)
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
    desk: Desk, inbound_id: UUID, reaction: Reaction, case: Case, row: OccasionRow | None, contact: ContactRow
) -> None:
    if reaction.pauses:
        await pause_everybody(desk, contact)
    if reaction.reply in SAID_FIRST:
        await _reply(desk, case, contact, reaction.reply)
    if reaction.step is not None and row is not None:
        step = await _bearable(desk, reaction.step, contact)
        if case.flagged(row, step):
            await _reply(desk, case, contact, "emergency")  # as the web form says it on every page
        row = desk.take(case, row, step, mode="sms", contact=contact, source=inbound_id)
    for kind, reason in reaction.tasks:
        desk.ask_person(case, row, kind, _of_whom(desk, contact, reason), inbound=inbound_id)
    await _turn(desk, contact, reaction)
    afterwards = None if reaction.reply in SAID_FIRST else reaction.reply
    if afterwards is not None and not await _link_again(desk, contact, reaction):
        await _reply(desk, case, contact, afterwards)
    if row is not None:
        _note(desk, row, reaction)


async def _turn(desk: Desk, contact: ContactRow, reaction: Reaction) -> None:
    """Turn messages to this address off or on."""
    if reaction.texting == "off":
        await _stop(desk, contact, everywhere=reaction.everywhere)
    elif reaction.texting == "on":
        await contacts.opt_in(desk.tx, contact.lookup)
        desk.reached(contact.lookup, None)
        await _ask_again(desk, contact)


def _note(desk: Desk, row: OccasionRow, reaction: Reaction) -> None:
    if reaction.spares:
        desk.spare(row)
    if reaction.outcome not in ("answer", "skip", "back"):
        desk.note(row, "heard", outcome=reaction.outcome)


def _of_whom(desk: Desk, contact: ContactRow, reason: str) -> str:
    """Why a person should look; at an address of several people, with everybody it may be about."""
    codes = sorted(
        case.person.code for case in desk.cases.values() if any(each.lookup == contact.lookup for each in case.contacts)
    )
    address = "phone" if contact.channel == "sms" else "mailbox"
    return reason if len(codes) < 2 else f"{reason} (one {address} for {', '.join(codes)})"


async def _stop(desk: Desk, contact: ContactRow, *, everywhere: bool) -> None:
    """No more to this phone or mailbox, whoever it belongs to; `everywhere`: nor elsewhere to whoever writes there."""
    stopped = {contact.lookup}
    if everywhere:
        reporters = {(c.participant_id, c.reporter) for c in _contacts(desk) if c.lookup == contact.lookup}
        stopped |= {c.lookup for c in _contacts(desk) if (c.participant_id, c.reporter) in reporters}
    for lookup in stopped:
        await contacts.opt_out(desk.tx, lookup, desk.now)
        desk.reached(lookup, desk.now)


async def _ask_again(desk: Desk, contact: ContactRow) -> None:
    """They take texts again: so is the question that was asked last, if it still waits."""
    waiting = {row.id: (case, row) for case, row in desk.phones.left_behind(contact.lookup)}
    last = next((each for each in reversed(desk.phones.asked(contact.lookup)) if each.occasion_id in waiting), None)
    if last is not None:
        case, row = waiting[last.occasion_id]
        phone = case.contact(row.reporter, "sms")
        step = remind(case.survey(row))
        if phone is not None and desk.now < row.closes_at:
            desk.take(case, row, await _bearable(desk, step, phone), contact=phone)


def _contacts(desk: Desk) -> list[ContactRow]:
    return [contact for case in desk.cases.values() for contact in case.contacts]


async def _reply(desk: Desk, case: Case, contact: ContactRow, name: str) -> None:
    if case.has_left and PURPOSES.get(name, name) not in ALWAYS_SAID:
        return
    if await _worth_saying(desk, PURPOSES.get(name, name), contact):
        line = _line if contact.channel == "sms" else _letter
        desk.say(case, contact, line(case, name, desk), None)


async def _link_again(desk: Desk, contact: ContactRow, reaction: Reaction) -> bool:
    """Send the link of the survey that waits at this phone again, to words that answer no question; whether it did."""
    asked_nothing = reaction.step is None and reaction.outcome in ("answer", "unclear", "skip", "back")
    answers_nothing = asked_nothing and reaction.reply in ("nothing_open", "review")
    waiting = _behind_link(desk, contact) if answers_nothing else None
    if waiting is not None:
        case, row = waiting
        desk.take(case, row, await _bearable(desk, remind(case.survey(row)), contact), contact=contact)
    return waiting is not None


def _behind_link(desk: Desk, contact: ContactRow) -> tuple[Case, OccasionRow] | None:
    """The survey opened last at this phone that is answered by a link."""
    found = [
        (case, row)
        for case, row in desk.phones.surveys(contact.lookup)
        if row.state in BEGUN and not case.conversation(row)
    ]
    return max(found, key=lambda each: (each[1].opened_at or desk.now, each[1].id), default=None)


async def _bearable(desk: Desk, step: Step, contact: ContactRow) -> Step:
    """The step without what was said too often today."""
    kept: list[Effect] = []
    for effect in step.effects:
        often = isinstance(effect, Say) and effect.purpose not in CONVERSATION
        if not often or await _worth_saying(desk, effect.purpose, contact):  # type: ignore[union-attr]  # it is a Say
            kept.append(effect)
    return replace(step, effects=tuple(kept))


async def _worth_saying(desk: Desk, purpose: str, contact: ContactRow) -> bool:
    said = await messages.count_sent_to_address(desk.tx, contact.id, purpose, desk.now - timedelta(days=1))
    return said < MORE_OFTEN.get(purpose, SAME_REPLY_A_DAY)


def _line(case: Case, name: str, desk: Desk) -> MessageText:
    body = rendering.sms(_language(case), name, **_names(case))
    return MessageText(PURPOSES.get(name, name), _language(case), body, desk.now + REPLY_WITHIN)


def _letter(case: Case, name: str, desk: Desk) -> MessageText:
    letter = rendering.email(_language(case), name, **_names(case))
    purpose, expires = PURPOSES.get(name, name), desk.now + REPLY_WITHIN
    return MessageText(purpose, _language(case), letter.text, expires, letter.subject, letter.html)


def _names(case: Case) -> dict[str, str]:
    """Whom an answer names, and what to do in an emergency where they are."""
    emergency = case.emergency(_language(case))
    return {
        "sender": case.current_version.study.sender,
        "phone": case.team.phone,
        "emergency": emergency.answer,
        "crisis": emergency.answer_to_despair,
    }


def _language(case: Case) -> str:
    own = case.person.language
    return own if own in rendering.languages() else case.current_version.study.languages[0]
