"""Claims waiting messages for the sender, after it has checked the permission of each again."""

from collections.abc import Collection
from datetime import datetime

from pro_collector.casework.consenting import Agreement, load_agreements
from pro_collector.casework.standing import standings_of
from pro_collector.domain.conversation.permission import (
    Address,
    MessagePurpose,
    OccasionStatus,
    OutgoingMessage,
    Refusal,
    Standing,
    refusal,
)
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import may_stop
from pro_collector.postgres.tables import messages, participants
from pro_collector.postgres.tables.messages import Claimed, WaitingMessage
from pro_collector.runtime import Runtime
from scheduler.after_end import covers, follows
from scheduler.rules import Channel


async def claim(
    tx: Tx, rt: Runtime, channel: Channel, limit: int, now: datetime, only: Collection[MessagePurpose] | None = None
) -> tuple[list[Claimed], list[tuple[WaitingMessage, Refusal]]]:
    """Lock up to `limit` messages that wait on a channel, the most urgent first; return the claimed and the refused.

    `only`: the purposes that may be claimed; None for all. Only this sender sends the claimed ones. The refused ones
    are suppressed, each with its reason. The rows are locked until the transaction ends.
    """
    waiting = await messages.lock_waiting(tx, channel, limit, now, only)
    ids = sorted({each.participant_id for each in waiting})
    persons = await participants.load_many(tx, ids)
    people, agreements = await standings_of(tx, rt, persons, now), await load_agreements(tx, rt, persons, now)
    stopping = await may_stop.reporters(tx, ids)
    whose = {
        each.id: people[each.participant_id].of(
            each.reporter,
            may_stop=each.reporter in stopping.get(each.participant_id, frozenset()),
            agrees=agreements[each.participant_id].agrees(each.reporter, covers(each.occasion_anchor or "")),
        )
        for each in waiting
    }
    reasons = {each.id: _refusal(each, whose[each.id], agreements[each.participant_id], now) for each in waiting}
    refused = [(each, reason) for each in waiting if (reason := reasons[each.id])]
    await messages.suppress(tx, [(each.id, reason) for each, reason in refused], now)
    return await messages.claim(tx, [each.id for each in waiting if not reasons[each.id]]), refused


def _refusal(message: WaitingMessage, whose: Standing, agreement: Agreement, now: datetime) -> Refusal | None:
    return refusal(
        whose,
        Address(message.opted_out, message.broken, message.of_patient),
        _status(message, agreement),
        OutgoingMessage(message.purpose, message.channel, message.item, message.expires_at),
        now,
    )


def _status(message: WaitingMessage, agreement: Agreement) -> OccasionStatus | None:
    if not message.occasion_state:
        return None
    after = follows(message.occasion_anchor or "")
    released = (
        after is None or message.occasion_released or not agreement.needs_release(message.occasion_assessment or "")
    )
    return OccasionStatus(message.occasion_state, message.occasion_reason, message.occasion_asked, after, released)
