"""How long events and the steps that people notice have taken, from the timestamps of the rows themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

SETTLED = 60.0
"""Seconds after which an event is counted. What has not happened by then counts as longer than any bucket."""
MOST = 20_000
"""How many events one look reads at most."""


@dataclass(frozen=True, slots=True)
class EventDurations:
    """Seconds from recording an event; of what has not happened yet, the seconds until now.

    `step`: of `survey.due` until a sender takes its invitation; of `message.received` until a sender takes the next
    question; of `score.recorded` from the answer that completed the response until its scores are published. None for
    other events, and if nothing was to be sent. An event that was published again counts as not published.
    """

    id: int
    type: str
    to_published: float
    to_handled: float
    step: float | None


_SINCE: LiteralString = """
    WITH settled AS (
        SELECT id, type, participant_id, occurred_at, recorded_at, payload,
               CASE WHEN published > 1 THEN NULL ELSE published_at END AS published_at, handled_at
        FROM outbox WHERE id > %(after)s AND recorded_at < clock_timestamp() - make_interval(secs => %(settled)s)
        ORDER BY id LIMIT %(most)s
    )
    SELECT id, type,
           extract(epoch FROM coalesce(published_at, clock_timestamp()) - recorded_at)::float8 AS to_published,
           extract(epoch FROM coalesce(handled_at, clock_timestamp()) - recorded_at)::float8 AS to_handled,
           CASE type
           WHEN 'survey.due' THEN (
               SELECT CASE WHEN count(*) > 0
                      THEN extract(epoch FROM coalesce(min(m.claimed_at), clock_timestamp()) - recorded_at)::float8 END
               FROM message m WHERE m.occasion_id = (payload ->> 'occasion_id')::uuid
                 AND m.purpose = 'invitation' AND m.state <> 'suppressed')
           WHEN 'message.received' THEN (
               SELECT extract(epoch FROM coalesce(m.claimed_at, clock_timestamp()) - recorded_at)::float8
               FROM message m WHERE m.participant_id = settled.participant_id AND m.requested_at >= occurred_at
                 AND m.purpose IN ('question', 'again', 'clarification', 'explanation') AND m.state <> 'suppressed'
               ORDER BY m.requested_at LIMIT 1)
           WHEN 'score.recorded' THEN extract(
               epoch FROM coalesce(published_at, clock_timestamp()) - (payload ->> 'completed_at')::timestamptz)::float8
           END AS step
    FROM settled ORDER BY id
"""


async def newest(tx: Tx) -> int:
    """The id of the newest event that has settled; 0 if there is none."""
    rows = await tx.execute(
        "SELECT id FROM outbox WHERE recorded_at < clock_timestamp() - make_interval(secs => %s)"
        " ORDER BY id DESC LIMIT 1",
        (SETTLED,),
    )
    row = await rows.fetchone()
    return int(row["id"]) if row else 0


async def since(tx: Tx, after: int) -> Sequence[EventDurations]:
    """The events that have settled, from the first after the id `after` on, at most MOST."""
    async with tx.cursor(row_factory=class_row(EventDurations)) as cursor:
        await cursor.execute(_SINCE, {"after": after, "settled": SETTLED, "most": MOST})
        return await cursor.fetchall()
