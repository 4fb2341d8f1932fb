"""Hands claimed messages to the provider of their channel, each once. Addresses are unsealed only here."""

import asyncio
from collections.abc import Sequence

import structlog

from pro_collector.casework.speaking.filling import fill
from pro_collector.casework.speaking.links import unsubscribe_url
from pro_collector.channels.mail import Mail, build_email
from pro_collector.channels.outcome import ALTERED_ADDRESS, Outcome, Policy, Rejected
from pro_collector.clock import SteadyClock
from pro_collector.domain.instrument.sms_text import segments
from pro_collector.errors import Altered
from pro_collector.postgres.tables.messages import Claimed
from pro_collector.runtime import Runtime
from pro_collector.vault import row_name
from scheduler.rules import Channel

log = structlog.get_logger(__name__)

ALTERED = Rejected(ALTERED_ADDRESS, Policy.ALTERED, "it was not sealed for its row")
"""The outcome for an address, a nickname or words of the team that somebody changed in the database."""
PROVIDERS_CLOCK = SteadyClock()
"""The clock of a carrier's rate limit. The clock of the product may stand still, and the system clock may be set."""


async def hand_over(channel: Channel, claimed: Sequence[Claimed], rt: Runtime) -> list[Outcome]:
    """Send messages of one channel; return the provider's outcome of each, in the same order."""
    return await (_send_texts if channel == "sms" else _send_mails)(claimed, rt)


async def _send_texts(claimed: Sequence[Claimed], rt: Runtime) -> list[Outcome]:
    texts = [_opened(message, rt) for message in claimed]
    count = sum(segments(body).count for _, body in filter(None, texts))
    rt.pacer.record_sent(count, PROVIDERS_CLOCK.now())
    return await asyncio.gather(*(_send_text(*pair, rt) for pair in zip(claimed, texts, strict=True)))


async def _send_text(message: Claimed, opened: tuple[str, str] | None, rt: Runtime) -> Outcome:
    assert rt.twilio is not None  # noqa: S101  # without it nothing is claimed
    if opened is None:
        return ALTERED
    to, body = opened
    return await rt.twilio.send(to=to, body=body, delivery_id=message.id, validity=message.expires_at - rt.clock.now())


async def _send_mails(claimed: Sequence[Claimed], rt: Runtime) -> list[Outcome]:
    assert rt.smtp is not None  # noqa: S101  # without it nothing is claimed
    opened = [_opened(message, rt) for message in claimed]
    mails = [_mail(m, to[0], rt) for m, to in zip(claimed, opened, strict=True) if to is not None]
    outcomes = iter(await rt.smtp.send(mails))
    return [ALTERED if to is None else next(outcomes) for to in opened]


def _opened(message: Claimed, rt: Runtime) -> tuple[str, str] | None:
    """The address that was recorded for whom the message is about, and the text; None if one was changed by hand."""
    row = row_name(message.participant_id, message.reporter, message.channel)
    try:
        fill(rt, message.subject or "", message)  # raises as the body does
        return rt.vault.open_address(message.sealed, row, message.lookup), fill(rt, message.body, message)
    except Altered:
        log.error("an address is not the one that was recorded: nothing is sent", contact=str(message.contact_id),
                  message=str(message.id))  # fmt: skip
        return None


def _mail(message: Claimed, to: str, rt: Runtime) -> Mail:
    return build_email(
        delivery_id=message.id,
        sender=rt.mail_sender,
        recipient=to,
        subject=fill(rt, message.subject or "", message),
        text=fill(rt, message.body, message),
        html=fill(rt, message.html or "", message, html=True),
        language=message.language,
        unsubscribe_url=unsubscribe_url(rt, message.id) if "{link}" in message.body else None,
        unsubscribe_address=rt.mail_sender.address,
        date=rt.clock.now(),
    )
