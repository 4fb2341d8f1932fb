"""Takes in a text: stored as it came, before anybody tries to understand it."""

from pro_collector.channels.twilio import Inbound
from pro_collector.domain.events import MessageReceived, derived_id
from pro_collector.postgres import contacts, inbound, outbox
from pro_collector.postgres.inbound import InboundRow
from pro_collector.runtime import Runtime


async def receive(rt: Runtime, text: Inbound) -> bool:
    """Store an inbound text and have it read; false when it was here before."""
    now = rt.clock.now()
    lookup = rt.vault.lookup(text.sender)
    id = derived_id("inbound", "twilio", text.provider_id)
    sealed = rt.vault.seal_json({**text.raw, "body": text.body, "sender": text.sender, "recipient": text.recipient})
    async with rt.database.transaction() as tx:
        row = InboundRow(id, "twilio", text.provider_id, text.at or now, lookup, sealed)
        if not await inbound.add(tx, row):
            return False
        known = await contacts.by_lookup(tx, lookup)
        if known:
            event = MessageReceived(
                id=derived_id("message.received", id),
                participant_id=known[0].participant_id,
                occurred_at=now,
                inbound_id=id,
            )
            await outbox.add(tx, [event])
        else:
            await inbound.understood(tx, id, "unknown sender", None)
    return True
