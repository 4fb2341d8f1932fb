"""Records the outcomes of attempts to send: accepted, retried, held for a fault of ours, or failed for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from pro_collector.casework.sending import holding
from pro_collector.channels.outcome import Accepted, NotSent, Outcome, Policy, Rejected, Unknown
from pro_collector.channels.policies import ruling
from pro_collector.domain.conversation.channel_hold import ONE_MESSAGE_WAIT, UNREACHABLE
from pro_collector.domain.events import Event, MessageReported, MessageRequested
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, holds, messages, occasions, outbox
from pro_collector.postgres.tables.messages import Claimed, Settled
from pro_collector.postgres.tables.occasions import LogRow
from pro_collector.runtime import Runtime

log = structlog.get_logger(__name__)

RETRY_AFTER = timedelta(seconds=20)
"""The wait before the retry of a message that certainly did not leave, if the provider names none."""
MAX_ATTEMPTS = 6
"""The most attempts at a message that certainly did not leave."""
PROVING_POLICIES = frozenset({Policy.STOP_ADDRESS, Policy.OPTED_OUT})
"""Refusals because of the recipient: they prove that the provider accepts our account and settings."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of ours that stopped a message; `holds_channel`: it stops every message on the channel."""

    reason: str
    holds_channel: bool


async def record(results: Sequence[tuple[Claimed, Outcome]], rt: Runtime) -> None:
    """Store the outcomes of attempts and their consequences, in one transaction."""
    now = rt.clock.now()
    faults = {message.id: fault for message, outcome in results if (fault := _fault(message, outcome))}
    async with rt.database.transaction() as tx:
        await _hold([(message, faults[message.id]) for message, _ in results if message.id in faults], tx, now)
        await holding.end_holds(tx, {message.channel for message, outcome in results if _proves(outcome)}, now)
        await _record([(message, outcome) for message, outcome in results if message.id not in faults], tx, now)


async def _record(results: Sequence[tuple[Claimed, Outcome]], tx: Tx, now: datetime) -> None:
    if results:
        accepted = [message for message, outcome in results if isinstance(outcome, Accepted)]
        invited = [message.occasion_id for message in accepted if message.occasion_id]
        lines = [
            LogRow(message.occasion_id, message.participant_id, now, _log_word(outcome), _log_detail(message, outcome))
            for message, outcome in results
            if message.occasion_id is not None
        ]
        retries = [
            _retry_ticket(message, outcome, now) for message, outcome in results if _is_retried(message, outcome)
        ]
        refusals = [_refusal(m, o, now) for m, o in results if isinstance(o, Rejected) or _given_up(m, o)]
        async with tx.pipeline():  # nobody reads a result, so all of it is one round trip
            await messages.settle(tx, [_settled(message, outcome, now) for message, outcome in results], now)
            await holds.record_left(tx, [message.id for message in accepted], now)
            await occasions.mark_invited(tx, invited)
            await occasions.log(tx, lines)
            await agenda.put(tx, retries)
            await outbox.add(tx, refusals)


async def _hold(faults: Sequence[tuple[Claimed, Fault]], tx: Tx, now: datetime) -> None:
    """Hold what a fault of ours stopped: the whole channel, or this message alone for a while."""
    for message, fault in faults:
        at = None if fault.holds_channel else now + ONE_MESSAGE_WAIT
        await holds.put_back(tx, [message.id], fault.reason, at)
        await holding.note(tx, [message.id], fault.reason, now)
        if fault.holds_channel:
            await holding.begin(tx, message.channel, fault.reason, now)
        else:
            log.error("a provider refuses a message for a reason in settings or its console", channel=message.channel,
                      code=fault.reason)  # fmt: skip
            await agenda.put(tx, [_ticket(message, now + ONE_MESSAGE_WAIT, "held", now)])


def _fault(message: Claimed, outcome: Outcome) -> Fault | None:
    """The fault of ours that stopped a message; None when it left or had another reason."""
    if isinstance(outcome, Rejected) and outcome.policy in (Policy.HALT_ACCOUNT, Policy.FIX_CONFIG):
        halted = outcome.policy is Policy.HALT_ACCOUNT
        return Fault(outcome.code, halted or ruling(message.channel, outcome.code).holds_channel)
    if isinstance(outcome, NotSent) and outcome.unreachable and _given_up(message, outcome):
        return Fault(UNREACHABLE, True)
    return None


def _proves(outcome: Outcome) -> bool:
    """Whether an outcome proves that the provider accepts our messages."""
    return isinstance(outcome, Accepted) or (isinstance(outcome, Rejected) and outcome.policy in PROVING_POLICIES)


def _settled(message: Claimed, outcome: Outcome, now: datetime) -> Settled:
    match outcome:
        case Accepted(provider_id, segments):
            return Settled(message.id, "accepted", None, provider_id, segments)
        case Rejected(code, policy):
            return Settled(message.id, "failed", f"{code} {policy.value}")
        case NotSent(reason) if _given_up(message, outcome):
            return Settled(message.id, "failed", reason)
        case NotSent(reason):
            return Settled(message.id, "requested", reason, not_before=_retry_at(outcome, now))
        case Unknown(reason):
            return Settled(message.id, "unknown", reason)


def _log_word(outcome: Outcome) -> str:
    return {Accepted: "sent", Rejected: "refused", NotSent: "not_sent", Unknown: "unknown"}[type(outcome)]


def _log_detail(message: Claimed, outcome: Outcome) -> dict[str, str]:
    detail: dict[str, str] = {"channel": message.channel, "purpose": message.purpose}
    if isinstance(outcome, Rejected):
        return {**detail, "code": outcome.code, "policy": outcome.policy.value}
    return detail if isinstance(outcome, Accepted) else {**detail, "reason": outcome.reason}


def _given_up(message: Claimed, outcome: Outcome) -> bool:
    return isinstance(outcome, NotSent) and message.attempts >= MAX_ATTEMPTS


def _is_retried(message: Claimed, outcome: Outcome) -> bool:
    return isinstance(outcome, NotSent) and not _given_up(message, outcome)


def _retry_at(outcome: Outcome, now: datetime) -> datetime:
    return now + (outcome.retry_after if isinstance(outcome, NotSent) and outcome.retry_after else RETRY_AFTER)


def _retry_ticket(message: Claimed, outcome: Outcome, now: datetime) -> MessageRequested:
    return _ticket(message, _retry_at(outcome, now), message.attempts)


def _ticket(message: Claimed, at: datetime, *which: object) -> MessageRequested:
    return MessageRequested.of(message.id, message.participant_id, message.channel, at, *which)


def _refusal(message: Claimed, outcome: Outcome, now: datetime) -> Event:
    code = outcome.code if isinstance(outcome, Rejected) else "not-sent"
    which = ("refused", message.attempts)
    return MessageReported.of(message.id, message.participant_id, now, "failed", code, *which)
