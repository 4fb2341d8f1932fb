"""message.reported: record the delivery status of a message; after a failure, go on to the next rung at once.

What only passes a message on is recorded as it arrives (`casework/inbound/reporting.py`), without an event.
"""

from collections.abc import Sequence
from datetime import datetime

from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.passing_on import DELIVERED, PassedOn, advance, note, passed_on
from pro_collector.casework.sending import holding
from pro_collector.casework.sending.failure import after_failure, ruling_of
from pro_collector.channels.outcome import Policy
from pro_collector.channels.twilio import FINAL_RANK, RANKS
from pro_collector.domain.events import MessageReported
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import messages, occasions
from pro_collector.postgres.tables.messages import MessageState, ReportedMessage
from pro_collector.runtime import Runtime


async def handle(events: Sequence[MessageReported], rt: Runtime) -> None:
    """Record reports by rank, not by arrival. Only failures need the cases of their participants."""
    async with rt.database.once(events) as (tx, fresh):
        messages_by_id = await messages.load(tx, [event.message_id for event in fresh])
        reports = [(messages_by_id[event.message_id], event) for event in fresh if event.message_id in messages_by_id]
        failures = [(message, event) for message, event in reports if _state(message, event) == "failed"]
        desk = await _desk(tx, rt, failures) if failures else None
        for message, event in reports:
            if await _fold(tx, message, event, rt.clock.now()) and desk and (message, event) in failures:
                await after_failure(desk, desk.cases[event.participant_id], message, event)
        if desk:
            await save(desk)
        confirmed = {message.channel for message, event in reports if message.held_since and _has_left(message, event)}
        await holding.end_holds(tx, confirmed, rt.clock.now(), reported=True)


async def _desk(tx: Tx, rt: Runtime, failures: Sequence[tuple[ReportedMessage, MessageReported]]) -> Desk:
    rows = await occasions.load(tx, [message.occasion_id for message, _ in failures if message.occasion_id])
    return await open_desk(tx, rt, [event.participant_id for _, event in failures], rows)


def _state(message: ReportedMessage, event: MessageReported) -> MessageState | None:
    """The state that a report gives its message; None when it says nothing new."""
    rank = RANKS.get(event.status, 0)
    if FINAL_RANK <= rank < DELIVERED and not _may_have_arrived(message, event):
        return "failed"
    return passed_on(rank)


def _has_left(message: ReportedMessage, event: MessageReported) -> bool:
    return _state(message, event) in ("sent", "delivered")


async def _fold(tx: Tx, message: ReportedMessage, event: MessageReported, now: datetime) -> bool:
    """Store the state of a report unless a later one is known; whether it counts."""
    state = _state(message, event)
    if state is None:
        return False
    if state == "failed" == message.state and message.provider_id is None:  # the sender has recorded it
        await note(tx, [PassedOn(message, state, event.error_code)], now)
        return True
    return message.id in await advance(tx, [PassedOn(message, state, event.error_code)], now)


def _may_have_arrived(message: ReportedMessage, event: MessageReported) -> bool:
    """Whether a failed message may have been read all the same: it is not sent again, since a reminder follows."""
    return ruling_of(message.channel, event.error_code).policy is Policy.AMBIGUOUS
