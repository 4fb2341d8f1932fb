"""message.urgent: read a text that may be a stop, an emergency or news of a death before those of other people."""

from collections.abc import Sequence

from pro_collector.domain.events import MessageReceived, MessageUrgent
from pro_collector.handlers import message_received
from pro_collector.postgres.tables import inbound, outbox
from pro_collector.runtime import Runtime

MOST = 200
"""How many texts and mails are read in one batch; of a flood from one address the rest is read in its turn."""


async def handle(events: Sequence[MessageUrgent], rt: Runtime) -> None:
    """Read these texts, after those that came from the same address before them: each phone keeps its order.

    Their `message.received` events come later and find them handled.
    """
    async with rt.database.transaction() as tx:
        texts = await inbound.unread_with(tx, [event.inbound_id for event in events], MOST)
        rows = await outbox.unhandled(tx, [MessageReceived.id_of(id) for id in texts])
    await message_received.handle([MessageReceived.model_validate_json(row.payload) for row in rows], rt)
    async with rt.database.once(events):
        pass  # nothing is left to do
