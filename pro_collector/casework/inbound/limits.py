"""Applies the rate limit of replies to an address, counting everybody who shares it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.domain.conversation.reply_limit import DAY, Sent, last_reply, may_reply
from pro_collector.domain.conversation.survey import Effect, Say, Step
from pro_collector.postgres.tables import messages
from pro_collector.postgres.tables.contacts import ContactRow

UNLIMITED: frozenset[MessagePurpose] = frozenset({"question", "clarification", "explanation", "thanks"})
"""Purposes without a limit: an answer causes each of them, or each question causes one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What was sent to the addresses of a batch within the last day, by lookup and purpose."""

    desk: Desk
    sent: Mapping[tuple[bytes, MessagePurpose], Sent]

    def allow(self, purpose: MessagePurpose, contact: ContactRow) -> bool:
        """Whether one more message of this purpose may go to an address now."""
        lookups = {each.id: each.lookup for case in self.desk.cases.values() for each in case.contacts}
        unsent = [each.purpose for each in self.desk.messages if lookups.get(each.contact_id) == contact.lookup]
        sent = {name: each for (lookup, name), each in self.sent.items() if lookup == contact.lookup}
        count = unsent.count(purpose) + (sent[purpose].count if purpose in sent else 0)
        return may_reply(purpose, count, last_reply(purpose, sent, unsent, self.desk.now), self.desk.now)

    def within(self, step: Step, contact: ContactRow) -> Step:
        """The step without the messages that the limit does not allow now."""
        return replace(step, effects=tuple(effect for effect in step.effects if self._keeps(effect, contact)))

    def _keeps(self, effect: Effect, contact: ContactRow) -> bool:
        limited = isinstance(effect, Say) and effect.purpose not in UNLIMITED
        return not limited or (isinstance(effect, Say) and self.allow(effect.purpose, contact))


async def load_limits(desk: Desk, lookups: Collection[bytes]) -> Limits:
    """Load what was sent to these addresses within the last day."""
    return Limits(desk, await messages.sent_by_purpose(desk.tx, sorted(lookups), desk.now - DAY))
