"""Sets aside messages that may have left before the database was restored: the provider is asked before they leave."""

from collections.abc import Sequence

from pro_collector.domain.conversation.after_restore import Restoration, may_have_left
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import doubtful_messages
from pro_collector.postgres.tables.messages import Claimed


async def set_aside(tx: Tx, claimed: Sequence[Claimed], restoration: Restoration | None) -> list[Claimed]:
    """Return the messages that surely have not left since the database was last restored, if ever.

    The others become doubtful, and the reconciler settles them.
    """
    if restoration is None or not claimed:
        return list(claimed)
    waiting = await doubtful_messages.waiting_since(tx, [message.id for message in claimed])
    doubtful = {id for id, message in waiting.items() if may_have_left(message, restoration)}
    await doubtful_messages.doubt(tx, sorted(doubtful), restoration.backup_at)
    return [message for message in claimed if message.id not in doubtful]
