"""A person of the study team writes to somebody who takes part, on the channel on which they wrote last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector import rendering
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.speaking.filling import WRITTEN, open_nickname
from pro_collector.casework.speaking.speech import MessageText
from pro_collector.commands.record_treatment import find_participant
from pro_collector.commands.show_task import find_task
from pro_collector.domain.conversation.by_hand import addresses, mistakes
from pro_collector.domain.instrument.sms_text import Segments, segments
from pro_collector.errors import BadInput, Conflict, Outdated, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import data_keys, inbound, tasks
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.written import WrittenRow
from pro_collector.runtime import Runtime
from pro_collector.vault import written_row
from scheduler.rules import Channel, Reporter
from scheduler.values import ABOUT_PATIENT, REPORTERS

CHANNELS: Sequence[Channel] = ("sms", "email")
T = TypeVar("T")
SENT_WITHIN = timedelta(days=1)
"""How long after the first moment at which it may leave a message of the team may still be sent."""


@dataclass(frozen=True, slots=True)
class WrittenMessage:
    """A message as it is sent: to whom, how, its text and its size, and when it leaves at the earliest.

    `after`: how many messages this participant had before.
    """

    code: str
    zone: ZoneInfo
    reporter: Reporter
    channel: Channel
    text: str
    size: Segments
    leaves_at: datetime
    waits: bool
    after: int


def read_reporter(text: str | None) -> Reporter | None:
    """A reporter from the command line. Raises BadInput."""
    return _one_of("--reporter", text, REPORTERS)


def read_channel(text: str | None) -> Channel | None:
    """A channel of messages from the command line. Raises BadInput."""
    return _one_of("--channel", text, CHANNELS)


def _one_of(option: str, text: str | None, allowed: Sequence[T]) -> T | None:
    if text is not None and text not in allowed:
        raise BadInput([Problem(option, None, "", f"{text!r} is none of {', '.join(map(str, allowed))}")])
    return next((each for each in allowed if each == text), None)


async def write_to(
    rt: Runtime, code: str, words: str, *, by: str, task: str | None = None, urgent: bool = False,
    reporter: Reporter | None = None, channel: Channel | None = None, study: str | None = None, dry_run: bool = False,
    after: int | None = None,
) -> WrittenMessage:  # fmt: skip
    """Send `words` to a participant, marked as those of a person; in quiet hours they wait, unless `urgent`.

    `task`: the beginning of the id of the task that they answer. `reporter`: None is the patient or the proxy, whoever
    wrote last; as the answer to a task about the caregiver it is the caregiver. `dry_run`: send nothing. Raises
    NotFound; BadInput for words that must not be sent; Conflict when nothing may be sent to that person, or the task is
    somebody else's; Outdated if a message was requested since there were `after`, so that a form that is sent twice
    sends one.
    """
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study)
        answered = await find_task(tx, task) if task else None
        if answered is not None and answered.participant_id != person.id:
            raise Conflict(f"the task {task} is not about {code}")
        desk = await open_desk(tx, rt, [person.id])
        if after is not None and desk.cases[person.id].messages != after:
            raise Outdated(f"something was sent to {code} meanwhile: look at the conversation before you send this")
        sent = await write(tx, desk, desk.cases[person.id], words, by=by, task=answered.id if answered else None,
                           urgent=urgent, reporter=reporter, channel=channel, dry_run=dry_run)  # fmt: skip
        await save(desk)
        return sent


async def write(
    tx: Tx, desk: Desk, case: Case, words: str, *, by: str, task: UUID | None, urgent: bool = False,
    reporter: Reporter | None = None, channel: Channel | None = None, dry_run: bool = False,
) -> WrittenMessage:  # fmt: skip
    """Request the message at an open desk and store its words; with `dry_run` neither. Raises BadInput, Conflict."""
    words = words.strip()
    if wrong := list(_mistakes(desk.rt, case, words)):
        raise BadInput([Problem("--text", None, "", each) for each in wrong])
    whom = (reporter,) if reporter else await _asked_by(tx, task)
    contact = await _contact(tx, case, whom, channel)
    at = desk.now if urgent else case.earliest_by_hand()
    if at is None:
        raise Conflict(f"the quiet hours of {case.person.code} never end; send it with --urgent, or call")
    line = _line(case, contact, at + SENT_WITHIN)
    before = case.messages
    if not dry_run:
        id = desk.say(case, contact, line, None, not_before=at if at > desk.now else None)
        key = await data_keys.one(tx, str(case.person.id), desk.rt.vault.new_key)
        sealed = desk.rt.vault.seal(words, written_row(case.person.id, id), key)
        desk.written.append(WrittenRow(id, case.person.id, task, sealed, desk.now, by))
    text = line.body.replace(WRITTEN, words)
    return WrittenMessage(
        case.person.code, ZoneInfo(case.person.zone), contact.reporter, contact.channel, text, segments(text), at,
        at > desk.now, before,
    )  # fmt: skip


def _mistakes(rt: Runtime, case: Case, words: str) -> Iterator[str]:
    sealed = case.nickname
    nickname = open_nickname(rt, sealed, case.person.id) if sealed else ""
    yield from mistakes(words, (case.person.code, nickname))
    known = {each.lookup for each in case.contacts}
    if any(rt.vault.lookup(each) in known for each in addresses(words, case.team.phone)):
        yield "it has an address of the participant; whoever sees the phone can read it"


async def _asked_by(tx: Tx, task: UUID | None) -> Sequence[Reporter]:
    """Whom the answer to a task is for: what a caregiver confided is not for the patient, nor the other way round."""
    answered = (await tasks.load(tx, [task])).get(task) if task else None
    return ("caregiver",) if answered is not None and "caregiver" in answered.detail else ABOUT_PATIENT


async def _contact(tx: Tx, case: Case, whom: Sequence[Reporter], channel: Channel | None) -> ContactRow:
    """The address to write to: the one from which they wrote last, among those that are asked for. Raises Conflict."""
    found = [
        each
        for each in case.contacts
        if each.channel in ("sms", "email") and each.reporter in whom and channel in (None, each.channel)
    ]
    last = await inbound.last_sender(tx, [each.lookup for each in found])
    usual = sorted(found, key=lambda each: (each.lookup != last, each.reporter == "proxy", each.channel != "sms"))
    for contact in usual:
        why = case.refusal("person", contact.reporter, contact.channel)
        if why is None:
            return contact
        if contact.lookup == last or len(usual) == 1:
            raise Conflict(f"nothing may be sent to the {contact.column} of {case.person.code}: {why}")
    raise Conflict(f"{case.person.code} has no such address to which something may be sent; call instead")


def _line(case: Case, contact: ContactRow, expires_at: datetime) -> MessageText:
    names = {"sender": case.current_version.study.sender, "phone": case.team.phone, "words": WRITTEN}
    spoken, caregiver = case.language_of(contact.reporter), contact.reporter == "caregiver"
    if contact.channel == "sms":
        words = rendering.sms(spoken, "person", caregiver=caregiver, **names)
        return MessageText("person", spoken, words, expires_at)
    letter = rendering.email(spoken, "person", caregiver=caregiver, **names)
    return MessageText("person", spoken, letter.text, expires_at, letter.subject, letter.html)
