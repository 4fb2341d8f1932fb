"""Reads what the judge needs from the database, and how old the oldest waiting work is. Imports no product code."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.chaos.judge import Record

_INBOUND = "SELECT provider_id, outcome FROM vault.inbound WHERE provider = 'twilio'"
_ANSWERS = """
SELECT i.provider_id, a.occasion_id, a.item, a.value FROM answer a JOIN vault.inbound i ON i.id = a.inbound_id
WHERE a.absent IS NULL ORDER BY a.seq
"""
_FORM_ANSWERS = """
SELECT nonce, occasion_id, item, value FROM answer WHERE inbound_id IS NULL AND absent IS NULL ORDER BY seq
"""
_MESSAGES = "SELECT id, participant_id, occasion_id, contact_id, state, claimed_at FROM message"
_ENDS = """
SELECT participant_id, kind, pg_xact_commit_timestamp(xmin) AS ended_at
FROM participant_state WHERE kind IN ('withdrew', 'died')
"""
_STOPS = """
SELECT o.contact_id, i.provider_id, pg_xact_commit_timestamp(o.xmin) AS stopped_at
FROM opt_out o JOIN vault.inbound i ON i.id = o.inbound_id
"""
_VISITS = "SELECT id, participant_id, assessment, anchor_key, state FROM occasion"
_RESPONSES = "SELECT id, occasion_id FROM response"
_SCORES = "SELECT response_id, scale, value, superseded_at IS NULL AS standing FROM score"
_DEAD = "SELECT count(*) AS n FROM dead_letter d WHERE EXISTS (SELECT FROM outbox o WHERE o.event_id = d.event_id)"
_UNFINISHED = """
SELECT (SELECT count(*) FROM outbox WHERE handled_at IS NULL OR published_at IS NULL) AS events,
       (SELECT count(*) FROM agenda a WHERE due_at < now() - interval '10 s' OR (due_at < now() + interval '90 s'
               AND EXISTS (SELECT FROM occasion o WHERE o.id = a.occasion_id AND state = 'planned'))) AS agenda,
       (SELECT count(*) FROM message WHERE state IN ('requested', 'claimed', 'unknown')) AS texts
"""
_IN_CONVERSATION = """
SELECT p.code FROM participant p JOIN message m ON m.participant_id = p.id
WHERE m.item IS NOT NULL AND NOT EXISTS (SELECT FROM participant_state s WHERE s.participant_id = p.id)
  AND NOT EXISTS (SELECT FROM opt_out o WHERE o.participant_id = p.id)
GROUP BY p.code ORDER BY max(m.requested_at) DESC, p.code LIMIT 5
"""
_STORED = "SELECT count(*) AS n FROM vault.inbound WHERE provider = 'twilio'"
_AGES = """
SELECT coalesce(extract(epoch FROM now() - (SELECT min(recorded_at) FROM outbox WHERE handled_at IS NULL)), 0)
           AS events,
       coalesce(extract(epoch FROM now() - (SELECT min(coalesce(not_before, requested_at)) FROM message
                WHERE state = 'requested')), 0) AS texts,
       coalesce(extract(epoch FROM now() - (SELECT min(due_at) FROM agenda)), 0) AS agenda
"""

Connection = psycopg.Connection[dict[str, Any]]


def connect(url: str) -> Connection:
    """A connection of the judge's own, past the proxy; it works on a read-only server too."""
    settings = "-c statement_timeout=5000 -c default_transaction_read_only=off"
    return psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=5, options=settings)


def record(connection: Connection) -> Record:
    """All that the judge holds against the log."""

    def rows(query: str) -> Sequence[dict[str, Any]]:
        return connection.execute(query.encode()).fetchall()

    return Record(
        inbound=rows(_INBOUND),
        answers=rows(_ANSWERS),
        form_answers=rows(_FORM_ANSWERS),
        messages=rows(_MESSAGES),
        stops=rows(_STOPS),
        ends=rows(_ENDS),
        visits=rows(_VISITS),
        responses=rows(_RESPONSES),
        scores=rows(_SCORES),
        unfinished=rows(_UNFINISHED)[0],
        dead=rows(_DEAD)[0]["n"],
    )


def unfinished(connection: Connection) -> dict[str, int]:
    """How many `events`, entries of the `agenda` and `texts` still wait for a part."""
    return connection.execute(_UNFINISHED.encode()).fetchall()[0]


def in_conversation(url: str) -> list[str]:
    """The codes of those who were asked something last."""
    with connect(url) as connection:
        return [row["code"] for row in connection.execute(_IN_CONVERSATION.encode()).fetchall()]


def stored(connection: Connection) -> int:
    """How many replies are stored."""
    return int(connection.execute(_STORED.encode()).fetchall()[0]["n"])


def ages(connection: Connection) -> dict[str, float]:
    """Seconds that the oldest `events`, `texts` and `agenda` have waited."""
    found = connection.execute(_AGES.encode()).fetchall()[0]
    return {name: float(seconds) for name, seconds in found.items()}
