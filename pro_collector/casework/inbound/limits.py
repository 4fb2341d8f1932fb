"""The rate limit of replies to an address: two automatic systems must not answer each other all night."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.domain.conversation.survey import Effect, Say, Step
from pro_collector.postgres.tables import messages
from pro_collector.postgres.tables.contacts import ContactRow

SAME_REPLY_A_DAY = 3
"""How many replies of one purpose an address gets in a day."""
HIGHER_LIMITS: Mapping[MessagePurpose, int] = {"emergency": 20, "again": 12}
"""Purposes with a higher limit."""
UNLIMITED: frozenset[MessagePurpose] = frozenset({"question", "clarification", "explanation", "thanks"})
"""Purposes without a limit: an answer causes each of them, or each question causes one."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often each purpose was sent to the addresses of a batch within the last day, by lookup and purpose."""

    desk: Desk
    said: Mapping[tuple[bytes, MessagePurpose], int]

    def allow(self, purpose: MessagePurpose, contact: ContactRow) -> bool:
        """Whether one more message of this purpose may go to an address today, counting everybody who shares it."""
        lookups = {each.id: each.lookup for case in self.desk.cases.values() for each in case.contacts}
        now = Counter((lookups.get(each.contact_id), each.purpose) for each in self.desk.messages)
        key = (contact.lookup, purpose)
        return self.said.get(key, 0) + now[key] < HIGHER_LIMITS.get(purpose, SAME_REPLY_A_DAY)

    def within(self, step: Step, contact: ContactRow) -> Step:
        """The step without the messages whose limit of today is reached."""
        return replace(step, effects=tuple(effect for effect in step.effects if self._keeps(effect, contact)))

    def _keeps(self, effect: Effect, contact: ContactRow) -> bool:
        limited = isinstance(effect, Say) and effect.purpose not in UNLIMITED
        return not limited or (isinstance(effect, Say) and self.allow(effect.purpose, contact))


async def load_limits(desk: Desk, lookups: Collection[bytes]) -> Limits:
    """Load how often each purpose was sent to these addresses within the last day."""
    return Limits(desk, await messages.count_by_purpose(desk.tx, sorted(lookups), desk.now - DAY))
