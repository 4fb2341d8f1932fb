"""A person writes a question to the team on their own page; words of an emergency are heard as in a mail."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

from pro_collector import languages
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound.consequences import act_on
from pro_collector.casework.inbound.limits import load_limits
from pro_collector.casework.inbound.receiving import PAGE
from pro_collector.domain.conversation.correspondence import react_to_mail, read_mail
from pro_collector.domain.conversation.reaction import Reaction
from pro_collector.domain.events import derived_id
from pro_collector.domain.reply.question import Reading
from pro_collector.postgres.tables import data_keys, inbound
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.runtime import Runtime
from pro_collector.second_reader import mark_of
from pro_collector.vault import owner_of
from scheduler.rules import Reporter

LONGEST_QUESTION = 2000
"""The most characters of one question."""
MOST_QUESTIONS = 10
"""The most questions from one address in 24 hours."""
ASKED = "asked on their own page"
Refused = Literal["empty", "long", "many"]
"""Why a question was not taken: no words, more than LONGEST_QUESTION characters, more than MOST_QUESTIONS a day."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A question that the team will read. `emergency`: it has words of an emergency; the team is alerted."""

    emergency: Literal["urgent", "crisis", ""] = ""


async def ask_team(
    rt: Runtime, participant: UUID, reporter: Reporter, words: str, nonce: str, *, channel: str = ""
) -> Taken | Refused:
    """Store a question, sealed, and raise a task for the team; the same `nonce` again stores nothing (idempotent).

    It is read like a mail: an emergency alerts, a stop stops, a death pauses; else it is a task `question`. `channel`:
    of the address at which the person is signed in.
    """
    text = words.strip()
    if not text or len(text) > LONGEST_QUESTION:
        return "long" if text else "empty"
    async with rt.database.transaction() as tx:
        desk = await open_desk(tx, rt, [participant])
        case = desk.cases[participant]
        contact = _address([each for each in case.contacts if each.reporter == reporter], channel)
        earlier = await inbound.count_from(tx, contact.lookup, PAGE, desk.now - timedelta(days=1))
        if earlier >= MOST_QUESTIONS:
            return "many"
        reading = read_mail("", text, languages.language(case.person.language_of(reporter)), (), mark_of)
        kind = _emergency(reading)
        id = derived_id("inbound", PAGE, participant, nonce)
        key = f"{participant}/{id}"  # erasing finds whose question it is, whoever else has the address
        name = inbound.row_name(id, PAGE, contact.lookup)
        sealed = rt.vault.seal_json({"body": text}, name, await data_keys.one(tx, owner_of(name), rt.vault.new_key))
        row = InboundRow(id, PAGE, key, desk.now, contact.lookup, sealed)
        if not await inbound.add(tx, [row]):
            return Taken(kind)
        stopped = contact.opted_out_at is not None
        reaction = _asked(react_to_mail(reading, desk.now, opted_out=stopped, reporter=reporter))
        await act_on(desk, id, reaction, case, None, contact, await load_limits(desk, [contact.lookup]))
        await inbound.record_outcome(tx, id, reaction.outcome, None)
        await save(desk)
        return Taken(kind)


def _emergency(reading: Reading) -> Literal["urgent", "crisis", ""]:
    intents = (reading.outcome, *reading.also)
    if "crisis" in intents:
        return "crisis"
    return "urgent" if "urgent" in intents or reading.flag == "emergency" else ""


def _asked(reaction: Reaction) -> Reaction:
    """The reaction to a mail, but whatever a person must read is a question: they wrote to the team on purpose."""
    needs = tuple(each for each in reaction.tasks if each[0] != "review")
    return replace(reaction, tasks=needs or (("question", ASKED),), way="page")


def _address(own: list[ContactRow], channel: str) -> ContactRow:
    """Where an answer to an emergency goes: the address of this channel, else the phone, else any."""
    return min(own, key=lambda each: (each.channel != channel, each.channel != "sms"))
