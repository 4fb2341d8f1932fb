"""The oldest work that waits for a part, for the watchdog; each query reads a partial index of waiting rows only."""

from collections.abc import Collection
from datetime import datetime

from pro_collector.postgres.connection import Tx


async def due(tx: Tx, now: datetime) -> str | None:
    """The id of the first event that is due and not yet in the outbox: work of the scheduler."""
    rows = await tx.execute(
        "SELECT event_id AS id FROM agenda WHERE due_at <= %s ORDER BY due_at, event_id LIMIT 1", (now,)
    )
    return _id(await rows.fetchone())


async def unpublished(tx: Tx) -> str | None:
    """The id of the first event that is not yet published: work of the relay."""
    rows = await tx.execute("SELECT id FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 1")
    return _id(await rows.fetchone())


async def unhandled(tx: Tx, types: Collection[str]) -> str | None:
    """The id of the first event of these types that is published and not yet handled: work of a consumer."""
    rows = await tx.execute(
        """
        SELECT id FROM outbox o WHERE handled_at IS NULL AND published_at IS NOT NULL AND type = ANY(%s)
          AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = o.event_id AND d.redriven_at IS NULL)
        ORDER BY id LIMIT 1
        """,
        (sorted(types),),
    )
    return _id(await rows.fetchone())


def _id(row: dict[str, object] | None) -> str | None:
    return str(row["id"]) if row else None
