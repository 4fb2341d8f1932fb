"""How much work waits and for how long, for monitoring. Each count reads a partial index of waiting rows only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of one kind wait, and for how many seconds the oldest one waits (0 if none)."""

    kind: str
    n: int
    seconds: float


_BACKLOG: LiteralString = """
    SELECT 'scheduler' AS kind, count(*) AS n, %(now)s - min(due_at) AS age FROM agenda WHERE due_at <= %(now)s
    UNION ALL
    SELECT 'relay', count(*), clock_timestamp() - min(recorded_at) FROM outbox WHERE published_at IS NULL
    UNION ALL
    SELECT 'worker', count(*), clock_timestamp() - min(recorded_at) FROM outbox o
    WHERE handled_at IS NULL AND published_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = o.event_id AND d.redriven_at IS NULL)
    UNION ALL
    SELECT 'sender', count(*), %(now)s - min(greatest(requested_at, not_before)) FROM message
    WHERE state = 'requested' AND coalesce(not_before, requested_at) <= %(now)s
"""
_EXCEPTIONS: LiteralString = """
    SELECT 'dead_letter' AS kind, count(*) AS n, clock_timestamp() - min(died_at) AS age FROM dead_letter
    WHERE redriven_at IS NULL AND dismissed_at IS NULL
    UNION ALL
    SELECT 'message_of_unknown_outcome', count(*), clock_timestamp() - min(claimed_at) FROM message
    WHERE state = 'unknown'
    UNION ALL
    SELECT known.channel || '_held', count(m.id), %(now)s - min(m.held_since)
    FROM (VALUES ('sms'), ('email')) AS known (channel)
    LEFT JOIN message m ON m.channel = known.channel AND m.state = 'requested' AND m.held_since IS NOT NULL
    GROUP BY 1
    UNION ALL
    SELECT 'emergency_of_a_stranger', count(DISTINCT participant_id), %(now)s - min(occurred_at) FROM outbox
    WHERE type = 'alert.raised' AND payload ->> 'kind' = 'stranger' AND occurred_at > %(now)s - interval '3 hours'
"""
_TASKS: LiteralString = """
    SELECT kind, count(*) AS n, %(now)s - min(raised_at) AS age FROM task WHERE done_at IS NULL GROUP BY kind
"""


async def backlog(tx: Tx, now: datetime) -> Sequence[Waiting]:
    """How much work each part of the product has not yet done; `kind` is the part."""
    return await _waiting(tx, _BACKLOG, now)


async def exceptions(tx: Tx, now: datetime) -> Sequence[Waiting]:
    """How many exceptions need attention: dead letters, doubtful messages, messages held on each channel, strangers.

    An emergency that a stranger wrote of is counted for three hours, because nobody can mark it as done.
    """
    return await _waiting(tx, _EXCEPTIONS, now)


async def open_tasks(tx: Tx, now: datetime) -> Sequence[Waiting]:
    """How many tasks are open, by kind of task."""
    return await _waiting(tx, _TASKS, now)


async def _waiting(tx: Tx, query: LiteralString, now: datetime) -> Sequence[Waiting]:
    rows = await tx.execute(query, {"now": now})
    return [
        Waiting(row["kind"], row["n"], max(0.0, row["age"].total_seconds()) if row["age"] else 0.0)
        for row in await rows.fetchall()
    ]
