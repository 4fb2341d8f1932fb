"""Records that a provider has passed a message on, or delivered it, and says which reports have more consequences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

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


@dataclass(frozen=True, slots=True)
class PassedOn:
    """How far a message has come, and the code that the provider gave, if any."""

    message: ReportedMessage
    state: MessageState
    code: str | None


async def advance(tx: Tx, passed: Sequence[PassedOn], now: datetime) -> set[UUID]:
    """Store the states of different messages, each with a line in the history; not where a later state is known.

    Returns the ids of the messages that have the new state.
    """
    if not passed:
        return set()
    advanced = await messages.advance(tx, [(each.message.id, each.state, each.code) for each in passed], now)
    await note(tx, [each for each in passed if each.message.id in advanced], now)
    return advanced


async def note(tx: Tx, passed: Sequence[PassedOn], now: datetime) -> None:
    """Add a line about the state of each message to the history of its occasion."""
    await occasions.log(tx, [
        LogRow(
            each.message.occasion_id, each.message.participant_id, now, each.state,
            {"channel": each.message.channel, "purpose": each.message.purpose, "code": each.code},
        )
        for each in passed
        if each.message.occasion_id is not None
    ])  # fmt: skip
