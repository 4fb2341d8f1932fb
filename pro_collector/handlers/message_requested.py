"""message.requested: the sender, the only caller of the channels.

An event is a ticket for one message, redeemed for the most urgent that waits: a reply in a conversation goes before a
thousand invitations. A message is claimed in one transaction, sent outside any, and recorded in another; what becomes
of a claim that was never recorded is asked of the provider before anything is sent again.

A refusal for our account, settings or network holds the channel (`casework/holding.py`): the message waits, and no
other way is taken because of it. A refusal for our settings that concerns one message lets that one wait.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from pro_collector.casework import holding
from pro_collector.casework.claiming import claim
from pro_collector.casework.speaking.links import filled, unsubscribe
from pro_collector.channels.mail import Mail, build_email
from pro_collector.channels.outcome import ALTERED_ADDRESS, Accepted, NotSent, Outcome, Policy, Rejected, Unknown
from pro_collector.channels.policies import ruling
from pro_collector.clock import SteadyClock
from pro_collector.domain.conversation.channel_hold import ONE_MESSAGE, UNREACHABLE
from pro_collector.domain.conversation.permission import Refusal
from pro_collector.domain.events import Event, MessageReported, MessageRequested, OccasionRef, SurveyRetryDue
from pro_collector.domain.instrument.sms_text import segments
from pro_collector.errors import Altered
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, holds, messages, occasions, outbox
from pro_collector.postgres.tables.messages import Claimed, Settled, WaitingMessage
from pro_collector.postgres.tables.occasions import LogRow
from pro_collector.runtime import Runtime
from pro_collector.vault import row_of

log = structlog.get_logger(__name__)

PROVIDERS_CLOCK = SteadyClock()
"""A carrier counts real seconds: the product's clock may stand still while anybody works, the system's may be set."""
MAILS_TOGETHER = 25
"""How many mails are claimed at a time: one connection takes them all."""
AGAIN_AFTER = timedelta(seconds=20)
"""When a message that certainly did not leave is tried again, if the provider does not say."""
ATTEMPTS = 6
PROOF = frozenset({Policy.STOP_ADDRESS, Policy.OPTED_OUT})
"""Refusals for the recipient: whoever says so takes our account and settings."""


@dataclass(frozen=True, slots=True)
class Fault:
    """That a message did not leave for a fault of ours; `everything`: nothing else would on its channel."""

    reason: str
    everything: bool


async def handle(events: Sequence[MessageRequested], rt: Runtime) -> None:
    """Redeem tickets a few at a time."""
    for channel, together in (("sms", rt.pacer.together), ("email", MAILS_TOGETHER)):
        tickets = [event for event in events if event.channel == channel]
        for start in range(0, len(tickets), together):
            if channel == "sms":  # wait before the claim, never between claim and sending: STOP may come in between
                await PROVIDERS_CLOCK.sleep(rt.pacer.wait(PROVIDERS_CLOCK.now()))
            await _redeem(tickets[start : start + together], channel, rt)


async def _redeem(tickets: Sequence[MessageRequested], channel: str, rt: Runtime) -> None:
    async with rt.database.once(tickets) as (tx, fresh):
        now = rt.clock.now()
        claimed, refused = await _claim(tx, rt, channel, fresh, now) if fresh else ([], [])
        await occasions.log(
            tx,
            [
                LogRow(each.occasion_id, each.participant_id, now, "suppressed", _detail(each, reason))
                for each, reason in refused
                if each.occasion_id is not None
            ],
        )
        late = [each for each, reason in refused if reason is Refusal.TOO_LATE]
        await agenda.put(tx, [retry for each in late for retry in _another_time(each, now)])
    if claimed:
        outcomes = await (_send_texts if channel == "sms" else _send_mails)(claimed, rt)
        await record(list(zip(claimed, outcomes, strict=True)), rt)


async def _claim(
    tx: Tx, rt: Runtime, channel: str, tickets: Sequence[MessageRequested], now: datetime
) -> tuple[list[Claimed], list[tuple[WaitingMessage, Refusal]]]:
    """As many messages as there are tickets; of a channel that is held none, or one to see whether it is mended."""
    may_go = await holding.may_go(tx, rt, channel, now)
    if may_go is holding.ALL:
        return await claim(tx, rt, channel, len(tickets), now)
    claimed: list[Claimed] = []
    refused: list[tuple[WaitingMessage, Refusal]] = []
    while may_go and not claimed:
        claimed, others = await claim(tx, rt, channel, 1, now)
        refused += others
        if not claimed and not others:
            break
    await holding.note_waiting(tx, channel, [ticket.message_id for ticket in tickets], now)
    return claimed, refused


def _another_time(message: WaitingMessage, now: datetime) -> Iterator[SurveyRetryDue]:
    """Say what missed its time in our own queue when a message may go again."""
    if message.occasion_id is not None:
        occasion = OccasionRef(message.occasion_id, message.participant_id)
        yield SurveyRetryDue.of(occasion, now, "too late", message.id)


def _detail(message: WaitingMessage, reason: Refusal) -> dict[str, str]:
    return {"reason": reason, "purpose": message.purpose, "channel": message.channel}


async def _send_texts(claimed: Sequence[Claimed], rt: Runtime) -> list[Outcome]:
    rt.pacer.sent(sum(segments(message.body).count for message in claimed), PROVIDERS_CLOCK.now())
    return await asyncio.gather(*(_send_text(message, rt) for message in claimed))


async def _send_text(message: Claimed, rt: Runtime) -> Outcome:
    assert rt.twilio is not None  # noqa: S101  # nothing is claimed where it is not
    to = _recipient(message, rt)
    if isinstance(to, Rejected):
        return to
    return await rt.twilio.send(
        to=to,
        body=filled(rt, message.body, message.id),
        delivery_id=message.id,
        validity=message.expires_at - rt.clock.now(),
    )


async def _send_mails(claimed: Sequence[Claimed], rt: Runtime) -> list[Outcome]:
    assert rt.smtp is not None  # noqa: S101  # nothing is claimed where it is not
    recipients = [_recipient(message, rt) for message in claimed]
    mails = [_mail(m, to, rt) for m, to in zip(claimed, recipients, strict=True) if not isinstance(to, Rejected)]
    outcomes = iter(await rt.smtp.send(mails))
    return [to if isinstance(to, Rejected) else next(outcomes) for to in recipients]


def _recipient(message: Claimed, rt: Runtime) -> str | Rejected:
    """The address that was recorded for whom the message is about; none where the database was changed by hand."""
    row = row_of(message.participant_id, message.reporter, message.channel)
    try:
        return rt.vault.open_address(message.sealed, row, message.lookup)
    except Altered as error:
        log.error("an address is not the one that was recorded: nothing is sent", contact=str(message.contact_id),
                  message=str(message.id))  # fmt: skip
        return Rejected(ALTERED_ADDRESS, Policy.ALTERED, str(error))


def _mail(message: Claimed, to: str, rt: Runtime) -> Mail:
    return build_email(
        delivery_id=message.id,
        sender=rt.mail_sender,
        recipient=to,
        subject=message.subject or "",
        text=filled(rt, message.body, message.id),
        html=filled(rt, message.html or "", message.id),
        language=message.language,
        unsubscribe_url=unsubscribe(rt, message.id) if "{link}" in message.body else None,
        unsubscribe_address=rt.mail_sender.address,
        date=rt.clock.now(),
    )


async def record(results: Sequence[tuple[Claimed, Outcome]], rt: Runtime) -> None:
    """Write what became of attempts, and what follows from it."""
    now = rt.clock.now()
    faults = {message.id: fault for message, outcome in results if (fault := _fault(message, outcome))}
    async with rt.database.transaction() as tx:
        await _hold([(message, faults[message.id]) for message, _ in results if message.id in faults], tx, now)
        await holding.worked(tx, {message.channel for message, outcome in results if _proves(outcome)}, now)
        await _record([(message, outcome) for message, outcome in results if message.id not in faults], tx, now)


async def _record(results: Sequence[tuple[Claimed, Outcome]], tx: Tx, now: datetime) -> None:
    if results:
        await messages.settle(tx, [_settled(message, outcome, now) for message, outcome in results], now)
        invited = [message for message, outcome in results if isinstance(outcome, Accepted) and message.occasion_id]
        await holds.left(tx, [message.id for message, outcome in results if isinstance(outcome, Accepted)], now)
        await occasions.mark_invited(tx, [message.occasion_id for message in invited if message.occasion_id])
        await occasions.log(
            tx,
            [
                LogRow(message.occasion_id, message.participant_id, now, _word(outcome), _told(message, outcome))
                for message, outcome in results
                if message.occasion_id is not None
            ],
        )
        await agenda.put(
            tx, [_again(message, outcome, now) for message, outcome in results if _repeats(message, outcome)]
        )
        await outbox.add(tx, [_refusal(m, o, now) for m, o in results if isinstance(o, Rejected) or _given_up(m, o)])


async def _hold(faults: Sequence[tuple[Claimed, Fault]], tx: Tx, now: datetime) -> None:
    """Have what our own faults stopped wait: all of its channel, or this message alone for a while."""
    for message, fault in faults:
        at = None if fault.everything else now + ONE_MESSAGE
        await holds.put_back(tx, [message.id], fault.reason, at)
        await holding.note(tx, [message.id], fault.reason, now)
        if fault.everything:
            await holding.begin(tx, message.channel, fault.reason, now)
        else:
            log.error("a provider refuses a message for a reason in settings or its console", channel=message.channel,
                      code=fault.reason)  # fmt: skip
            await agenda.put(tx, [_ticket(message, now + ONE_MESSAGE, "held", now)])


def _fault(message: Claimed, outcome: Outcome) -> Fault | None:
    """Whether it was for a fault of ours that a message did not leave."""
    if isinstance(outcome, Rejected) and outcome.policy in (Policy.HALT_ACCOUNT, Policy.FIX_CONFIG):
        halted = outcome.policy is Policy.HALT_ACCOUNT
        return Fault(outcome.code, halted or ruling(message.channel, outcome.code).holds_channel)
    if isinstance(outcome, NotSent) and outcome.unreachable and _given_up(message, outcome):
        return Fault(UNREACHABLE, True)
    return None


def _proves(outcome: Outcome) -> bool:
    """Whether an answer shows that the provider takes what we send."""
    return isinstance(outcome, Accepted) or (isinstance(outcome, Rejected) and outcome.policy in PROOF)


def _settled(message: Claimed, outcome: Outcome, now: datetime) -> Settled:
    match outcome:
        case Accepted(provider_id, segments):
            return Settled(message.id, "accepted", None, provider_id, segments)
        case Rejected(code, policy):
            return Settled(message.id, "failed", f"{code} {policy.value}")
        case NotSent(reason) if _given_up(message, outcome):
            return Settled(message.id, "failed", reason)
        case NotSent(reason):
            return Settled(message.id, "requested", reason, not_before=_comes_back(outcome, now))
        case Unknown(reason):
            return Settled(message.id, "unknown", reason)


def _word(outcome: Outcome) -> str:
    return {Accepted: "sent", Rejected: "refused", NotSent: "not_sent", Unknown: "unknown"}[type(outcome)]


def _told(message: Claimed, outcome: Outcome) -> dict[str, str]:
    told = {"channel": message.channel, "purpose": message.purpose}
    if isinstance(outcome, Rejected):
        return {**told, "code": outcome.code, "policy": outcome.policy.value}
    return told if isinstance(outcome, Accepted) else {**told, "reason": outcome.reason}


def _given_up(message: Claimed, outcome: Outcome) -> bool:
    return isinstance(outcome, NotSent) and message.attempts >= ATTEMPTS


def _repeats(message: Claimed, outcome: Outcome) -> bool:
    return isinstance(outcome, NotSent) and not _given_up(message, outcome)


def _comes_back(outcome: Outcome, now: datetime) -> datetime:
    return now + (outcome.retry_after if isinstance(outcome, NotSent) and outcome.retry_after else AGAIN_AFTER)


def _again(message: Claimed, outcome: Outcome, now: datetime) -> MessageRequested:
    return _ticket(message, _comes_back(outcome, now), message.attempts)


def _ticket(message: Claimed, at: datetime, *which: object) -> MessageRequested:
    return MessageRequested.of(message.id, message.participant_id, message.channel, at, *which)


def _refusal(message: Claimed, outcome: Outcome, now: datetime) -> Event:
    code = outcome.code if isinstance(outcome, Rejected) else "not-sent"
    which = ("refused", message.attempts)
    return MessageReported.of(message.id, message.participant_id, now, "failed", code, *which)
