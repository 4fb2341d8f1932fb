"""How often an address gets a reply: a person is never met with silence, and two machines cannot talk all night.

A machine answers each message of ours within seconds, and is answered a few times a day only. Whoever writes minutes
after our last reply is likely a person, and is answered more often. After an hour everybody is answered once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_collector.domain.conversation.permission import UNSOLICITED, MessagePurpose

QUICK_REPLIES_A_DAY = 3
"""How many replies of one purpose an address gets in a day, however fast it writes."""
MORE_QUICK_REPLIES: Mapping[MessagePurpose, int] = {"emergency": 20, "again": 12}
"""Purposes with more quick replies."""
REPLIES_A_DAY = 12
"""How many replies of one purpose an address gets in a day if it writes minutes after our last reply."""
MINUTES = timedelta(minutes=5)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
"""The span in which replies are counted."""
MOST_A_DAY = REPLIES_A_DAY + DAY // HOUR
"""No address gets more replies of one purpose in a day, except where more quick replies are allowed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How many messages of one purpose were sent to an address within a day, and when the last one was."""

    count: int
    last: datetime


def may_reply(purpose: MessagePurpose, count: int, last_reply: datetime | None, now: datetime) -> bool:
    """Whether an address gets one more reply now.

    `count`: its replies of this purpose within a day; `last_reply`: when it had its last reply of any purpose.
    """
    if count < MORE_QUICK_REPLIES.get(purpose, QUICK_REPLIES_A_DAY):
        return True
    silence = now - last_reply if last_reply else DAY
    return silence >= HOUR or (count < REPLIES_A_DAY and silence >= MINUTES)


def last_reply(
    purpose: MessagePurpose, sent: Mapping[MessagePurpose, Sent], unsent: Collection[MessagePurpose], now: datetime
) -> datetime | None:
    """When an address had its last reply: now, if one of the messages that are about to be sent is a reply.

    An invitation or a reminder is no reply, unless the reply to send is of this `purpose`: a link that is sent again.
    """
    if any(each == purpose or each not in UNSOLICITED for each in unsent):
        return now
    replies = [each.last for name, each in sent.items() if name == purpose or name not in UNSOLICITED]
    return max(replies, default=None)
