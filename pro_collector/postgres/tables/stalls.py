"""Rows of `stall`: a process that does nothing although work waits for it."""

from collections.abc import Mapping
from uuid import UUID

from pro_collector.postgres.connection import Tx


async def replace(tx: Tx, instance: UUID, seconds: Mapping[str, float]) -> None:
    """Store for how many seconds each kind of work of a process has stalled; what is not named does not stall.

    Also deletes the rows of processes that ended an hour ago or earlier.
    """
    await tx.execute(
        "DELETE FROM stall WHERE instance = %s OR seen_at < clock_timestamp() - interval '1 hour'", (instance,)
    )
    await tx.execute(
        "INSERT INTO stall (instance, work, seconds, seen_at)"
        " SELECT %s, work, seconds, clock_timestamp() FROM unnest(%s::text[], %s::float8[]) AS now (work, seconds)",
        (instance, list(seconds), list(seconds.values())),
    )


async def longest(tx: Tx) -> dict[str, float]:
    """For how many seconds each kind of work has stalled, in the process where it has stalled for longest."""
    rows = await tx.execute(
        "SELECT work, max(seconds) AS seconds FROM stall"
        " WHERE seen_at > clock_timestamp() - interval '1 minute' GROUP BY work"
    )
    return {row["work"]: row["seconds"] for row in await rows.fetchall()}
