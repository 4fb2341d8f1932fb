"""Records that a provider has passed a message on, or delivered it, and says which reports have more consequences."""

from datetime import datetime
from typing import Literal

from pro_collector.channels.twilio import FINAL_RANK, RANKS
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import messages, occasions
from pro_collector.postgres.tables.messages import MessageState, ReportedMessage
from pro_collector.postgres.tables.occasions import LogRow

SENT = RANKS["sent"]
DELIVERED = RANKS["partially_delivered"]


def passed_on(rank: int) -> Literal["sent", "delivered"] | None:
    """How far a message has come by a report of this rank that is no failure; None while it has not left."""
    if rank >= DELIVERED:
        return "delivered"
    return "sent" if rank >= SENT else None


def has_consequences(message: ReportedMessage, rank: int) -> bool:
    """Whether more follows from a report than the state of its message.

    After a failure, the next way is taken. That a message left which a channel has held may end the hold.
    """
    return FINAL_RANK <= rank < DELIVERED or (message.held_since is not None and passed_on(rank) is not None)


async def advance(tx: Tx, message: ReportedMessage, state: MessageState, code: str | None, now: datetime) -> bool:
    """Store the state of a report, with a line in the history; false if a later state is known."""
    if not await messages.advance(tx, message.id, state, code, now):
        return False
    await note(tx, message, state, code, now)
    return True


async def note(tx: Tx, message: ReportedMessage, state: MessageState, code: str | None, now: datetime) -> None:
    """Add a line about the state of a message to the history of its occasion."""
    if message.occasion_id is not None:
        detail = {"channel": message.channel, "purpose": message.purpose, "code": code}
        await occasions.log(tx, [LogRow(message.occasion_id, message.participant_id, now, state, detail)])
