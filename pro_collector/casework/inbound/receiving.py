"""Stores inbound texts and mails as they arrived, before anything reads them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog

from pro_collector import languages
from pro_collector.casework.inbound.reporting import report
from pro_collector.channels.bounce import Bounce
from pro_collector.channels.inbound_mail import InboundMail
from pro_collector.channels.mail_reader import read_apart
from pro_collector.channels.mime import shorten
from pro_collector.channels.twilio import RANKS, Inbound, Report
from pro_collector.domain.conversation.stranger import stranger_id
from pro_collector.domain.events import MessageReceived, MessageUrgent, derived_id
from pro_collector.domain.reply.quoting import new_part
from pro_collector.domain.reply.urgency import is_urgent
from pro_collector.postgres.questions import alerts
from pro_collector.postgres.tables import contacts, data_keys, inbound, outbox
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.runtime import Runtime
from pro_collector.vault import owner_of

log = structlog.get_logger(__name__)

NOT_OURS = "bounce of no delivery of ours"
TEXT = "twilio"
"""The provider of inbound texts, in `vault.inbound`."""
MAIL = "mail"
"""The provider of inbound mail, in `vault.inbound`."""
PAGE = "page"
"""The provider of what a person writes on their own page, in `vault.inbound`."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A text or mail to store: its row, the fields that are to be sealed in it, and whether it overtakes others."""

    row: InboundRow
    fields: Mapping[str, Any]
    urgent: bool


async def receive(rt: Runtime, text: Inbound) -> bool:
    """Store an inbound text and request its reading; false when it was stored before (idempotent)."""
    (new,) = await receive_all(rt, [text])
    return new


async def receive_all(rt: Runtime, texts: Sequence[Inbound]) -> list[bool]:
    """Store inbound texts, in their order, and request their reading; for each, whether it is new."""
    return [known is not None for known in await _store(rt, [_arrived(rt, text) for text in texts])]


def _arrived(rt: Runtime, text: Inbound) -> Arrived:
    fields = {"body": text.body, "sender": text.sender, "recipient": text.recipient, "NumMedia": str(text.media_count)}
    lookup = rt.vault.lookup(text.sender)
    row = InboundRow(_id_of(text), TEXT, text.provider_id, text.at or rt.clock.now(), lookup, b"")
    urgent = is_urgent(text.body, languages.language(languages.available()[0]))
    return Arrived(row, {**text.raw, **fields}, urgent)


async def only_missed(rt: Runtime, texts: Sequence[Inbound]) -> list[Inbound]:
    """Those of these texts that never reached us; one query finds the known ones."""
    async with rt.database.transaction() as tx:
        known = await inbound.already_stored(tx, [_id_of(text) for text in texts])
    return [text for text in texts if _id_of(text) not in known]


async def receive_missed(rt: Runtime, texts: Sequence[Inbound]) -> int:
    """Store texts that never reached us, in the order in which people wrote them; return how many are new."""
    now = rt.clock.now()
    in_order = sorted(texts, key=lambda text: (text.at or now, text.provider_id))
    return sum([await receive(rt, text) for text in in_order])


async def receive_mail(rt: Runtime, content: bytes, envelope_to: str = "") -> str:
    """Take in a mail and return its kind: a bounce becomes a delivery report, any other mail is stored to be read.

    `envelope_to` is the address it was delivered to, if the mail server says so. The kind reveals no content. Large
    parts are not stored: most of each attached file, and everything after the part that can be read.
    """
    short = shorten(content)
    mail, bounce = await read_apart(short.content, envelope_to)
    if bounce is not None:
        return await _receive_bounce(rt, bounce, mail.key)
    id, lookup = derived_id("inbound", MAIL, mail.key), rt.vault.lookup(mail.sender)
    fields: dict[str, Any] = {"mail": short.content.decode("latin-1"), "sender": mail.sender, "recipient": envelope_to}
    if not short.whole:
        fields |= {"size": len(content), "cut": short.cut}
    row = InboundRow(id, MAIL, mail.key, rt.clock.now(), lookup, b"")
    (known,) = await _store(rt, [Arrived(row, fields, await asyncio.to_thread(_is_urgent, mail))])
    return "mail that was here before" if known is None else "mail" if known else "mail of an unknown sender"


def _is_urgent(mail: InboundMail) -> bool:
    """Whether a mail is urgent by its subject or its words; our own words in a quotation do not count."""
    language = languages.language(languages.available()[0])
    return is_urgent(f"{mail.subject}\n{new_part(mail.text, language).new}", language)


def _id_of(text: Inbound) -> UUID:
    return derived_id("inbound", TEXT, text.provider_id)


async def _receive_bounce(rt: Runtime, bounce: Bounce, key: str) -> str:
    kind = f"bounce: {bounce.action} {bounce.status}"
    if bounce.delivery_id is None:
        return NOT_OURS
    if await report(rt, bounce.delivery_id, _bounce_report(key, bounce)):
        return kind
    async with rt.database.transaction() as tx:
        alert = await alerts.exists(tx, bounce.delivery_id)
    if alert:
        log.error("an alert came back: see that the team hears of it", task=str(bounce.delivery_id))
    return kind if alert else NOT_OURS


def _bounce_report(key: str, bounce: Bounce) -> Report:
    """A bounce as a delivery report. Each attempt at a delivery may bounce, so `key` is the key of the bounce."""
    fields = {"action": bounce.action, "status": bounce.status}
    rank = RANKS.get(bounce.action, 0)
    return Report(key, bounce.action, rank, bounce.status, bounce.policy, bounce.retries, fields)


async def _store(rt: Runtime, arrived: Sequence[Arrived]) -> list[bool | None]:
    """Store texts and mails, with their fields sealed, and request their reading; an urgent one overtakes others.

    For each: false for an unknown sender, None when it was stored before.
    """
    async with rt.database.transaction() as tx:
        reach = await contacts.at_addresses(tx, [each.row.sender_lookup for each in arrived])
        keys = await data_keys.of(tx, [owner_of(each.row.row) for each in arrived], rt.vault.new_key)
        sealed = [
            replace(each.row, sealed=rt.vault.seal_json(each.fields, each.row.row, keys[owner_of(each.row.row)]))
            for each in arrived
        ]
        stored = await inbound.add(tx, sealed)
        fresh = [each for each in arrived if each.row.id in stored]
        for each in fresh:
            if not reach[each.row.sender_lookup]:
                await inbound.record_outcome(tx, each.row.id, inbound.STRANGER, None)
        await outbox.add(tx, [event for each in fresh for event in _events(rt, each, reach[each.row.sender_lookup])])
        return [bool(reach[each.row.sender_lookup]) if each.row.id in stored else None for each in arrived]


def _events(rt: Runtime, arrived: Arrived, known: Sequence[ContactRow]) -> list[MessageReceived | MessageUrgent]:
    """What requests the reading of a text or mail of an address that these contacts have."""
    row = arrived.row
    whose = known[0].participant_id if known else stranger_id(row.sender_lookup)
    kinds = (MessageUrgent, MessageReceived) if arrived.urgent else (MessageReceived,)
    return [kind.of(row.id, whose, rt.clock.now()) for kind in kinds]
