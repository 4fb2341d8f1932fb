"""Which messages may have left before the database was restored, although it says that they wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_collector.domain.conversation.permission import MessagePurpose
from scheduler.rules import Channel

OVERDUE_FOR = timedelta(days=1)
"""For how long after the restart an overdue survey is still asked for the first time: quiet hours end within a day."""
OF_THE_CLOCK: frozenset[MessagePurpose] = frozenset({"invitation", "question", "reminder"})
"""Purposes that the clock can bring up, without any message of the person."""

BEFORE_RESUME: frozenset[MessagePurpose] = frozenset({"emergency"})
"""Purposes that leave before anybody resumes: a danger waits for nobody."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """The last restoration: the moment that the backup shows, when it was restored, and when messages left again."""

    backup_at: datetime
    restored_at: datetime
    resumed_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingSince:
    """A message that waits: when it was requested, when its survey was due, when the provider was asked about it.

    `due_at`: None if it is about no survey; `looked_for_at`: None if nobody has asked.
    """

    channel: Channel
    purpose: MessagePurpose
    requested_at: datetime
    due_at: datetime | None
    looked_for_at: datetime | None


def may_have_left(message: WaitingSince, restoration: Restoration) -> bool:
    """Whether a message that waits may have been sent between the backup and the restoration.

    That is a message which waited in the backup, one about a survey that became due before the restoration, and a text
    that was requested before the restart: it may be a reply to a text that was read from the carrier's log again.
    Nobody can lose an answer by that: the provider is asked, and what did not leave leaves later.
    """
    if message.looked_for_at is not None and message.looked_for_at >= restoration.restored_at:
        return False
    if message.requested_at < restoration.restored_at:
        return True
    restart = restoration.resumed_at or message.requested_at + OVERDUE_FOR
    if message.channel == "sms" and message.requested_at <= restart:
        return True
    overdue = message.due_at is not None and message.due_at < restoration.restored_at
    return overdue and message.purpose in OF_THE_CLOCK and message.requested_at < restart + OVERDUE_FOR
