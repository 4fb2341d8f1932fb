"""The oldest work that waits for a part; each query reads a partial index of waiting rows only."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pro_collector.postgres.connection import Tx
from pro_collector.stall import OldestWork


async def due(tx: Tx, now: datetime) -> OldestWork | None:
    """The first event that is due and not yet in the outbox: work of the scheduler."""
    rows = await tx.execute(
        """
        SELECT event_id AS id, extract(epoch FROM %(now)s - due_at) AS seconds FROM agenda WHERE due_at <= %(now)s
        ORDER BY due_at, event_id LIMIT 1
        """,
        {"now": now},
    )
    return _oldest(await rows.fetchone())


async def unpublished(tx: Tx) -> OldestWork | None:
    """The first event that is not yet published: work of the relay."""
    rows = await tx.execute(
        """
        SELECT id, extract(epoch FROM clock_timestamp() - recorded_at) AS seconds FROM outbox
        WHERE published_at IS NULL ORDER BY id LIMIT 1
        """
    )
    return _oldest(await rows.fetchone())


async def unhandled(tx: Tx, types: Collection[str]) -> OldestWork | None:
    """The first event of these types that is published and not yet handled: work of a consumer."""
    rows = await tx.execute(
        """
        SELECT id, extract(epoch FROM clock_timestamp() - recorded_at) AS seconds FROM outbox o
        WHERE handled_at IS NULL AND published_at IS NOT NULL AND type = ANY(%s)
          AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = o.event_id AND d.redriven_at IS NULL)
        ORDER BY id LIMIT 1
        """,
        (sorted(types),),
    )
    return _oldest(await rows.fetchone())


def _oldest(row: dict[str, Any] | None) -> OldestWork | None:
    return OldestWork(str(row["id"]), float(row["seconds"])) if row else None
