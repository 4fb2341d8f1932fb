"""Reads an inbound text as a reply to its reply target."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pro_collector import languages
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.inbound.language_switch import offered_languages
from pro_collector.casework.inbound.reading import read
from pro_collector.casework.speaking.speech import Speech
from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.conversation.put_off import ask_again_at
from pro_collector.domain.conversation.reaction import Reaction, react_to_text
from pro_collector.domain.reply.second_reading import MarkOf
from pro_collector.domain.reply.times import read_time
from pro_collector.domain.reply.tokens import tokens
from pro_collector.errors import Altered
from pro_collector.postgres.tables import inbound, messages
from pro_collector.postgres.tables import written as written_by_team
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.occasions import OccasionRow

ANSWERS_TEAM_WITHIN = timedelta(days=7)
"""How long after a person of the team wrote words are taken as an answer to them."""
SENT_TWICE = timedelta(seconds=3)
"""The same words sooner than this are one text, sent twice by the phone or the carrier. Later ones may be an answer."""


async def understand_text(
    desk: Desk, text: InboundRow, case: Case, row: OccasionRow | None, target: ReplyTarget, contact: ContactRow,
    mark_of: MarkOf,
) -> Reaction:  # fmt: skip
    """The reaction to a text from this contact, which is a reply to `target`. `mark_of`: the second reader."""
    survey = case.survey(row) if row else None
    last = desk.phones.asked(text.sender_lookup)[-1:]
    reply = read(
        desk.rt.vault.unseal_json(text.sealed, text.row),
        Speech(case.version_of(row), row, survey, desk.now) if row and survey else None,
        languages.language((row.language if row else None) or case.person.language_of(contact.reporter)),
        text.received_at - last[0].at if last else None,
        mark_of=mark_of,
        opted_out=contact.opted_out_at is not None,
        carrier_stops=desk.rt.settings.twilio_answers_keywords,
        carrier_starts=await _stopped_by_carrier(desk, contact),
        reporter=contact.reporter,
        offered=offered_languages(case, row, contact),
    )
    reply = replace(reply, to_team=await _answers_team(desk, contact, last[0].at if last else None))
    if row is not None and reply.readings[0].outcome in ("unclear", "pause"):
        reply = replace(reply, put_off_to=_put_off_to(desk, text, case, row), put_off_before=row.put_off)
    reaction = react_to_text(reply, survey, target, desk.now, opted_out=contact.opted_out_at is not None)
    if reaction.outcome == "again" and await _is_duplicate(desk, text):
        return Reaction("duplicate")
    return reaction


def _put_off_to(desk: Desk, text: InboundRow, case: Case, row: OccasionRow) -> datetime | None:
    """When this person wants to be asked again, if the whole text says so."""
    body = str(desk.rt.vault.unseal_json(text.sealed, text.row)["body"])
    wish = read_time(tokens(body), languages.language(row.language or case.person.language_of(row.reporter)))
    zone = ZoneInfo(case.person.zone)
    return ask_again_at(wish, desk.now, zone, row.due_local.time(), row.closes_at, case.silence(row)) if wish else None


async def _answers_team(desk: Desk, contact: ContactRow, asked_at: datetime | None) -> bool:
    """Whether the last that was sent to this address, a question or not, was written by a person of the team."""
    written = await written_by_team.latest_to(desk.tx, contact.lookup, desk.now - ANSWERS_TEAM_WITHIN)
    return written is not None and (asked_at is None or written.written_at > asked_at)


async def _stopped_by_carrier(desk: Desk, contact: ContactRow) -> bool:
    """Whether the carrier handled the STOP of this phone (we sent no confirmation), and so answers START itself."""
    if contact.opted_out_at is None or not desk.rt.settings.twilio_answers_keywords:
        return False
    just_before = contact.opted_out_at - timedelta(seconds=1)
    sent = await messages.sent_by_purpose(desk.tx, [contact.lookup], just_before)
    return (contact.lookup, "stop_confirmed") not in sent


async def _is_duplicate(desk: Desk, text: InboundRow) -> bool:
    """Whether the same words came from the same phone a moment ago: some phones and carriers send a text twice."""
    before = await inbound.previous(desk.tx, text, SENT_TWICE)
    try:
        bodies = [desk.rt.vault.unseal_json(each.sealed, each.row)["body"].strip() for each in (text, before) if each]
    except Altered:  # the one before; this one was opened to be read
        return False
    return len(bodies) == 2 and bodies[0] == bodies[1]
