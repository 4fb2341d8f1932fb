"""Whether the whole pipeline is idle, so that a simulated clock may jump ahead."""

from datetime import UTC, datetime

from pro_collector.postgres.connection import Tx

NEVER = datetime.max.replace(tzinfo=UTC)

_IDLE = """
SELECT EXISTS (SELECT FROM outbox o WHERE (o.handled_at IS NULL OR o.published_at IS NULL)
               AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = o.event_id AND d.redriven_at IS NULL))
    OR EXISTS (SELECT FROM message WHERE state = 'claimed') AS busy,
    (SELECT min(due_at) FROM agenda) AS following
"""


async def next_due_if_idle(tx: Tx, now: datetime) -> datetime | None:
    """None while an event or message is in progress or something is due; else the time of the next agenda entry.

    NEVER if the agenda is empty.
    """
    row = await (await tx.execute(_IDLE)).fetchone()
    if row is None or row["busy"] or (row["following"] is not None and row["following"] <= now):
        return None
    return row["following"] or NEVER
