"""Finds gaps in the record (holes): each query finds one kind of missing row."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import alerts
from scheduler.occasion import PLAN_REASONS


@dataclass(frozen=True, slots=True)
class HoleRow:
    """Something that should be in the record and is not, with its occasion and participant, if known."""

    kind: str
    occasion: UUID | None
    participant_id: UUID | None
    detail: str | None


QUERIES: dict[str, LiteralString] = {
    "planned, and nothing will open it": """
        SELECT o.id AS occasion, o.participant_id, o.due_at::text AS detail FROM occasion o WHERE o.state = 'planned'
          AND NOT EXISTS (SELECT FROM agenda a WHERE a.occasion_id = o.id AND a.type = 'survey.due'
            AND a.due_at <= o.closes_at)
          AND NOT EXISTS (SELECT FROM outbox b WHERE b.handled_at IS NULL AND b.payload->>'occasion_id' = o.id::text)
    """,
    "planned, and its moment has passed": """
        SELECT id AS occasion, participant_id, due_at::text AS detail FROM occasion o
        WHERE state = 'planned' AND due_at < %(now)s - interval '1 hour'
          AND NOT EXISTS (SELECT FROM agenda a WHERE a.occasion_id = o.id AND a.due_at > %(now)s)
    """,
    "ended, and it had not begun": """
        SELECT id AS occasion, participant_id, state || ': ' || coalesce(reason, '') AS detail FROM occasion
        WHERE state IN ('completed', 'partial', 'missed') AND opens_at > %(now)s
          AND coalesce(reason, '') <> ALL(%(planned_away)s)
    """,
    "planned for a year, and nothing will plan the next": """
        SELECT NULL::uuid AS occasion, p.id AS participant_id, p.planned_until::text AS detail FROM participant p
        WHERE p.planned_until IS NOT NULL
          AND NOT EXISTS (SELECT FROM agenda a WHERE a.participant_id = p.id AND a.type = 'timeline.changed')
          AND NOT EXISTS (SELECT FROM outbox b WHERE b.handled_at IS NULL AND b.participant_id = p.id)
    """,
    "open, and nothing will close it": """
        SELECT o.id AS occasion, o.participant_id, o.closes_at::text AS detail FROM occasion o
        WHERE o.state IN ('open', 'invited', 'started') AND (o.closes_at < %(now)s - interval '1 hour' OR NOT EXISTS
          (SELECT FROM agenda a WHERE a.occasion_id = o.id AND a.type = 'survey.expired'))
          AND NOT EXISTS (SELECT FROM outbox b WHERE b.handled_at IS NULL AND b.payload->>'occasion_id' = o.id::text)
    """,
    "open, and nobody was told": """
        SELECT o.id AS occasion, o.participant_id, o.opened_at::text AS detail FROM occasion o
        WHERE o.state = 'open' AND o.opened_at < %(now)s - interval '1 day'
          AND NOT EXISTS (SELECT FROM message m JOIN occasion told ON told.id = m.occasion_id
            WHERE told.participant_id = o.participant_id AND (told.id = o.id OR told.bundle = o.bundle))
          AND NOT EXISTS (SELECT FROM task t JOIN occasion told ON told.id = t.occasion_id
            WHERE told.participant_id = o.participant_id AND (told.id = o.id OR told.bundle = o.bundle))
    """,
    "a message was requested, and nobody sent it": """
        SELECT m.occasion_id AS occasion, m.participant_id, m.requested_at::text AS detail FROM message m
        WHERE m.state = 'requested' AND m.held_since IS NULL
          AND greatest(m.requested_at, m.not_before) < %(now)s - interval '6 hours'
    """,
    "messages wait until a fault of our own is mended": """
        SELECT NULL::uuid AS occasion, NULL::uuid AS participant_id,
          m.channel || ': ' || coalesce(h.reason, min(m.reason), 'restored') || ', since ' || min(m.held_since)::text
          || ', ' || count(*) || ' wait' AS detail
        FROM message m LEFT JOIN channel_hold h ON h.channel = m.channel
        WHERE m.state = 'requested' AND m.held_since IS NOT NULL GROUP BY m.channel, h.reason
    """,
    "a text was taken by the provider, and no report ever came": """
        SELECT m.occasion_id AS occasion, m.participant_id, m.requested_at::text AS detail FROM message m
        WHERE m.state = 'accepted' AND m.channel = 'sms' AND m.requested_at < %(now)s - interval '3 days'
          AND NOT EXISTS (SELECT FROM report r WHERE r.message_id = m.id)
    """,
    "answered, and no response was stored": """
        SELECT o.id AS occasion, o.participant_id, o.state AS detail FROM occasion o
        WHERE o.state IN ('completed', 'partial')
          AND EXISTS (SELECT FROM answer a WHERE a.occasion_id = o.id)
          AND NOT EXISTS (SELECT FROM response r WHERE r.occasion_id = o.id)
    """,
    "a response was stored, and it was not scored": """
        SELECT r.occasion_id AS occasion, r.participant_id, r.instrument AS detail FROM response r
        WHERE r.completed_at < %(now)s - interval '1 hour'
          AND NOT EXISTS (SELECT FROM score s WHERE s.response_id = r.id)
    """,
    "a text came in, and nobody read it": """
        SELECT i.occasion_id AS occasion, NULL::uuid AS participant_id, i.received_at::text AS detail
        FROM vault.inbound i WHERE i.outcome IS NULL AND i.received_at < %(now)s - interval '1 hour'
    """,
    "an event was recorded, and nobody handled it": """
        SELECT (payload->>'occasion_id')::uuid AS occasion, participant_id, type || ' ' || event_id AS detail
        FROM outbox o WHERE handled_at IS NULL AND recorded_at < clock_timestamp() - interval '1 hour'
          AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = o.event_id AND d.redriven_at IS NULL)
    """,
    "an alert of a rule is open, and nothing will tell of it": f"""
        SELECT NULL::uuid AS occasion, a.participant_id, a.rule || ', due ' || a.due_at::text AS detail
        FROM alert a WHERE {alerts.UNTOLD}
    """,  # noqa: S608  # no value in it
    "an event could not be handled": """
        SELECT NULL::uuid AS occasion, participant_id, id || ' ' || topic AS detail FROM dead_letter
        WHERE redriven_at IS NULL AND dismissed_at IS NULL
    """,
}


async def find(tx: Tx, now: datetime) -> list[HoleRow]:
    """All holes."""
    holes = []
    for kind, query in QUERIES.items():
        rows = await tx.execute(query, {"now": now, "planned_away": sorted(PLAN_REASONS)})
        holes += [HoleRow(kind, row["occasion"], row["participant_id"], row["detail"]) for row in await rows.fetchall()]
    return holes
