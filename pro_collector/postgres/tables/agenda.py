"""Rows of `agenda`: future events, each moved to the outbox when it is due."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from pro_collector.domain.events import FOLLOW_UPS, Event, SurveyEvent
from pro_collector.postgres.connection import Tx, notify_after_commit
from pro_collector.postgres.tables import outbox

CHANNEL = "agenda"
"""The NOTIFY channel of the scheduler."""
_IN_COLUMNS = {"id", "occurred_at", "participant_id", "occasion_id"}


async def put(tx: Tx, events: Sequence[Event]) -> None:
    """Schedule events, each for the instant at which it occurs; an event already scheduled moves to its new time."""
    if not events:
        return
    async with tx.cursor() as cursor:
        await cursor.execute(
            """
            INSERT INTO agenda (event_id, due_at, type, participant_id, occasion_id, payload)
            SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::uuid[], %s::uuid[], %s::jsonb[])
            ON CONFLICT (event_id) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload
            """,
            (
                [event.id for event in events],
                [event.occurred_at for event in events],
                [event.type for event in events],
                [event.participant_id for event in events],
                [event.occasion_id if isinstance(event, SurveyEvent) else None for event in events],
                [Jsonb(event.model_dump(mode="json", exclude=_IN_COLUMNS)) for event in events],
            ),
        )
    notify_after_commit(tx, CHANNEL)


async def drop(tx: Tx, occasions: Sequence[UUID]) -> None:
    """Delete all agenda entries of these occasions."""
    if not occasions:
        return
    await tx.execute("DELETE FROM agenda WHERE occasion_id = ANY(%s)", (list(occasions),))


async def drop_follow_ups(tx: Tx, occasions: Sequence[UUID]) -> None:
    """Delete the follow-ups of these occasions from the agenda."""
    if occasions:
        types = [event.type for event in FOLLOW_UPS]
        await tx.execute("DELETE FROM agenda WHERE occasion_id = ANY(%s) AND type = ANY(%s)", (list(occasions), types))


async def clear_until(tx: Tx, occasion: UUID, at: datetime, next_rung: datetime, closes_at: datetime) -> None:
    """Delete the follow-ups of an occasion before `at`; its rungs before `next_rung` move to it and after it,
    if the occasion is open then.
    """
    ids = {"occasion": occasion, "at": at, "next": next_rung, "closes": closes_at}
    await tx.execute(
        """
        DELETE FROM agenda WHERE occasion_id = %(occasion)s AND (
            (type IN ('survey.reminder_due', 'survey.resume_due', 'survey.retry_due') AND due_at <= %(at)s)
            OR (type = 'survey.rung_due' AND due_at < %(next)s AND %(next)s >= %(closes)s))
        """,
        ids,
    )
    await tx.execute(
        """
        UPDATE agenda SET due_at = due_at + (%(next)s - (
            SELECT min(due_at) FROM agenda WHERE occasion_id = %(occasion)s AND type = 'survey.rung_due'))
        WHERE occasion_id = %(occasion)s AND type = 'survey.rung_due' AND due_at < %(next)s
        """,
        ids,
    )


async def cancel(tx: Tx, events: Sequence[UUID]) -> None:
    """Delete single entries from the agenda, by the ids of their events."""
    await tx.execute("DELETE FROM agenda WHERE event_id = ANY(%s)", (list(events),))


async def drop_for(tx: Tx, participants: Sequence[UUID], type: str) -> None:
    """Delete the entries of one type that belong to these participants and to no occasion."""
    await tx.execute(
        "DELETE FROM agenda WHERE participant_id = ANY(%s) AND occasion_id IS NULL AND type = %s",
        (list(participants), type),
    )


async def next_due(tx: Tx) -> datetime | None:
    """The instant of the next entry; None if the agenda is empty."""
    rows = await tx.execute("SELECT due_at FROM agenda ORDER BY due_at LIMIT 1")
    row = await rows.fetchone()
    return row["due_at"] if row else None


FIRE = """
WITH due AS (
    DELETE FROM agenda WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM agenda WHERE due_at <= %(now)s
        ORDER BY due_at, event_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
    RETURNING *
), fired AS (
    INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload)
    SELECT event_id, type, participant_id, %(now)s, payload || jsonb_strip_nulls(jsonb_build_object(
        'id', event_id, 'participant_id', participant_id, 'occasion_id', occasion_id,
        'occurred_at', %(now)s::timestamptz))
    FROM due WHERE NOT EXISTS (SELECT FROM outbox there WHERE there.event_id = due.event_id)
    ORDER BY due_at, event_id
    ON CONFLICT (event_id) DO NOTHING
)
SELECT count(*) AS n FROM due
"""
"""One statement, so that after a crash an entry is either still on the agenda or in the outbox.

Rows are deleted by ctid, which cannot change while the row is locked: looking up 1,000 random ids again would cost more
the longer the agenda is.
"""


async def fire(tx: Tx, now: datetime, limit: int) -> int:
    """Move up to `limit` entries that are due to the outbox, the earliest first. Returns how many."""
    rows = await tx.execute(FIRE, {"now": now, "limit": limit})
    row = await rows.fetchone()
    fired = int(row["n"]) if row else 0
    if fired:
        notify_after_commit(tx, outbox.CHANNEL)
    return fired
