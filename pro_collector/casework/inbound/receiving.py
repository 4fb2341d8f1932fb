"""Stores inbound texts, mails and delivery reports as they arrived, before anything reads them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from pro_collector import languages
from pro_collector.casework.alert_delivery import Means, not_delivered
from pro_collector.casework.passing_on import advance, has_consequences, passed_on
from pro_collector.channels.bounce import Bounce
from pro_collector.channels.inbound_mail import InboundMail
from pro_collector.channels.mail_reader import read_apart
from pro_collector.channels.mime import shorten
from pro_collector.channels.twilio import FINAL_RANK, RANKS, Inbound, Report
from pro_collector.domain.conversation.stranger import stranger_id
from pro_collector.domain.events import MessageReceived, MessageReported, MessageUrgent, derived_id
from pro_collector.domain.reply.quoting import new_part
from pro_collector.domain.reply.urgency import is_urgent
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import alerts, new_reports
from pro_collector.postgres.questions.new_reports import NewReport
from pro_collector.postgres.tables import contacts, data_keys, inbound, messages, outbox
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.messages import ReportedMessage
from pro_collector.runtime import Runtime
from pro_collector.vault import owner_of

log = structlog.get_logger(__name__)

STORED_REPORT_FIELDS = frozenset(
    {"MessageSid", "MessageStatus", "ErrorCode", "MessagingServiceSid", "RawDlrDoneDate", "action", "status"}
)
"""The fields of a delivery report that are stored. Others may identify a person, and providers add new ones."""
NOT_OURS = "bounce of no delivery of ours"
TEXT = "twilio"
"""The provider of inbound texts, in `vault.inbound`."""
MAIL = "mail"
"""The provider of inbound mail, in `vault.inbound`."""
NOT_ARRIVED = frozenset({"failed", "undelivered", "canceled"})
"""The statuses of a text or mail that will not arrive."""
PAGE = "page"
"""The provider of what a person writes on their own page, in `vault.inbound`."""


async def receive(rt: Runtime, text: Inbound) -> bool:
    """Store an inbound text and request its reading; false when it was stored before (idempotent)."""
    id = _id_of(text)
    fields = {"body": text.body, "sender": text.sender, "recipient": text.recipient, "NumMedia": str(text.media_count)}
    row = InboundRow(id, TEXT, text.provider_id, text.at or rt.clock.now(), rt.vault.lookup(text.sender), b"")
    urgent = is_urgent(text.body, languages.language(languages.available()[0]))
    return await _store(rt, row, {**text.raw, **fields}, urgent=urgent) is not None


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
    known = await _store(rt, row, fields, urgent=await asyncio.to_thread(_is_urgent, mail))
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


async def _store(rt: Runtime, row: InboundRow, fields: dict[str, Any], *, urgent: bool) -> bool | None:
    """Store an inbound row with these fields, sealed, and request its reading; an `urgent` one overtakes others.

    Returns false for an unknown sender, None when it was stored before.
    """
    async with rt.database.transaction() as tx:
        known = (await contacts.at_addresses(tx, [row.sender_lookup]))[row.sender_lookup]
        key = await data_keys.one(tx, owner_of(row.row), rt.vault.new_key)
        if not await inbound.add(tx, replace(row, sealed=rt.vault.seal_json(fields, row.row, key))):
            return None
        if not known:
            await inbound.record_outcome(tx, row.id, inbound.STRANGER, None)
        whose = known[0].participant_id if known else stranger_id(row.sender_lookup)
        kinds = (MessageUrgent, MessageReceived) if urgent else (MessageReceived,)
        await outbox.add(tx, [kind.of(row.id, whose, rt.clock.now()) for kind in kinds])
        return bool(known)


async def _of_alert(tx: Tx, rt: Runtime, id: UUID, said: Report) -> bool:
    """Record that a mail or text about an alert of a rule did not arrive; false if it is none of ours."""
    event = await alerts.notice(tx, id)
    if event is not None and said.status in NOT_ARRIVED:
        means: Means = "email" if "action" in said.raw else "sms"
        await not_delivered(tx, rt, event, means, said.error_code or said.status)
    return event is not None


async def report(rt: Runtime, message: UUID, said: Report) -> bool:
    """Store a delivery report and apply it unless it repeats a known one; false for an unknown message.

    A late report on an attempt that has ended must not count for the next attempt.
    """
    codes = {name: value for name, value in said.raw.items() if name in STORED_REPORT_FIELDS}
    ended = [status for status, rank in RANKS.items() if rank > said.rank and rank >= FINAL_RANK]
    row = NewReport(message, said.provider_id, said.status, said.error_code, codes, rt.clock.now(), ended)
    async with rt.database.transaction() as tx:
        stored = await new_reports.add(tx, row)
        if stored is None:
            return await _of_alert(tx, rt, message, said)
        about, counts = stored
        if counts:
            await _apply(tx, about, said, row.received_at)
        return True


async def _apply(tx: Tx, message: ReportedMessage, said: Report, now: datetime) -> None:
    """Give a message the state that a provider reports; what has more consequences is left to the worker."""
    if message.provider_id is None or message.state in ("claimed", "unknown"):
        await messages.identify(tx, message.id, said.provider_id)
    if has_consequences(message, said.rank):
        event = MessageReported.of(
            message.id, message.participant_id, now, said.status, said.error_code, said.provider_id, said.status
        )
        await outbox.add(tx, [event])
    elif (state := passed_on(said.rank)) is not None:
        await advance(tx, message, state, said.error_code, now)
