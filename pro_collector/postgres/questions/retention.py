"""Deletes rows that were kept for as long as the settings say; never what belongs to a participant."""

from datetime import datetime

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import data_keys


async def forget_strangers(tx: Tx, before: datetime) -> int:
    """Delete texts and mails from addresses that nobody has; return how many. Only their ids stay.

    The ids keep the carrier's log from bringing them back. The keys of these addresses are destroyed.
    """
    rows = await tx.execute(
        """
        WITH old AS (
            DELETE FROM vault.inbound i WHERE received_at < %s AND outcome = 'unknown sender'
            AND NOT EXISTS (SELECT FROM vault.contact c WHERE c.lookup = i.sender_lookup)
            AND NOT EXISTS (SELECT FROM outbox e WHERE e.type = 'message.received' AND e.handled_at IS NULL
                            AND e.payload ->> 'inbound_id' = i.id::text)
            RETURNING id)
        INSERT INTO vault.erased_text (id) SELECT id FROM old ON CONFLICT DO NOTHING
        """,
        (before,),
    )
    if rows.rowcount:
        await data_keys.destroy(tx)
    return rows.rowcount


async def forget_dead_letters(tx: Tx, before: datetime) -> int:
    """Delete dead letters that were settled before this; return how many.

    A dismissed event that nobody has handled stays: without its dead letter it would be published again.
    """
    rows = await tx.execute(
        """
        DELETE FROM dead_letter d WHERE coalesce(dismissed_at, redriven_at) < %s
        AND NOT EXISTS (SELECT FROM outbox e WHERE e.event_id = d.event_id AND e.handled_at IS NULL)
        """,
        (before,),
    )
    return rows.rowcount


async def forget_sessions(tx: Tx, before: datetime) -> int:
    """Delete sessions of own pages that began before this; return how many."""
    return (await tx.execute("DELETE FROM own_page_session WHERE began_at < %s", (before,))).rowcount
