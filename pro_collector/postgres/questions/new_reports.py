"""Stores a delivery report, and says what is known of its message, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.messages import ReportedMessage


@dataclass(frozen=True, slots=True)
class NewReport:
    """A delivery report to store. `ended_by`: the statuses after which this attempt had ended, and it says nothing."""

    message: UUID
    provider_id: str
    status: str
    error_code: str | None
    fields: Mapping[str, str]
    received_at: datetime
    ended_by: Sequence[str]


async def add(tx: Tx, report: NewReport) -> tuple[ReportedMessage, bool] | None:
    """Store a delivery report: the message as it is known, and whether the report counts; None for an unknown message.

    It does not count if it is stored already, because providers repeat reports, or if its attempt had ended.
    """
    rows = await tx.execute(
        """
        WITH stored AS (
            INSERT INTO report (message_id, provider_id, status, error_code, received_at, fields)
            SELECT id, %(provider)s, %(status)s, %(error)s, %(now)s, %(fields)s FROM message WHERE id = %(message)s
            ON CONFLICT DO NOTHING RETURNING message_id)
        SELECT id, participant_id, occasion_id, contact_id, channel, purpose, rung, item, state, attempts, provider_id,
               held_since, EXISTS (SELECT FROM stored) AND NOT EXISTS (
                   SELECT FROM report r WHERE r.message_id = m.id AND r.provider_id = %(provider)s
                   AND r.status = ANY(%(ended)s)) AS counts
        FROM message m WHERE id = %(message)s
        """,
        {
            "message": report.message, "provider": report.provider_id, "status": report.status,
            "error": report.error_code, "now": report.received_at, "fields": Jsonb(dict(report.fields)),
            "ended": list(report.ended_by),
        },
    )  # fmt: skip
    row = await rows.fetchone()
    if row is None:
        return None
    counts = bool(row.pop("counts"))
    return ReportedMessage(**row), counts
