"""Stores delivery reports, and says what is known of their messages, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
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


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A message as it was known before the report, and whether the report counts.

    It does not count if it is stored already, because providers repeat reports, or if its attempt had ended.
    """

    message: ReportedMessage
    counts: bool


async def add(tx: Tx, reports: Sequence[NewReport]) -> list[StoredReport | None]:
    """Store delivery reports, in their order; None for each about an unknown message. Locks the messages."""
    rows = await tx.execute(
        """
        WITH new AS (
            SELECT * FROM unnest(%(message)s::uuid[], %(provider)s::text[], %(status)s::text[], %(error)s::text[],
                                 %(at)s::timestamptz[], %(fields)s::jsonb[]) WITH ORDINALITY
                AS new (message_id, provider_id, status, error_code, received_at, fields, place)),
        known AS MATERIALIZED (
            SELECT * FROM message WHERE id = ANY(%(message)s) ORDER BY id FOR NO KEY UPDATE),
        stored AS (
            INSERT INTO report (message_id, provider_id, status, error_code, received_at, fields)
            SELECT n.message_id, n.provider_id, n.status, n.error_code, n.received_at, n.fields
            FROM new n JOIN known ON known.id = n.message_id ORDER BY n.place
            ON CONFLICT DO NOTHING RETURNING message_id, provider_id, status)
        SELECT n.place, m.id, m.participant_id, m.occasion_id, m.contact_id, m.channel, m.purpose, m.rung, m.item,
               m.state, m.attempts, m.provider_id, m.held_since,
               EXISTS (SELECT FROM stored s WHERE s.message_id = n.message_id AND s.provider_id = n.provider_id
                       AND s.status = n.status) AS is_new,
               ARRAY(SELECT r.status FROM report r WHERE r.message_id = n.message_id
                     AND r.provider_id = n.provider_id) AS before
        FROM new n JOIN known m ON m.id = n.message_id
        """,
        {
            "message": [each.message for each in reports], "provider": [each.provider_id for each in reports],
            "status": [each.status for each in reports], "error": [each.error_code for each in reports],
            "at": [each.received_at for each in reports], "fields": [Jsonb(dict(each.fields)) for each in reports],
        },
    )  # fmt: skip
    found = {row["place"]: row for row in await rows.fetchall()}
    said: dict[tuple[UUID, str], set[str]] = {}
    return [_judged(report, found.get(place), said) for place, report in enumerate(reports, 1)]


def _judged(
    report: NewReport, row: dict[str, Any] | None, said: dict[tuple[UUID, str], set[str]]
) -> StoredReport | None:
    """What became of one of several reports. `said`: the statuses of each attempt, with those of the reports before."""
    if row is None:
        return None
    del row["place"]
    is_new, before = row.pop("is_new"), row.pop("before")
    statuses = said.setdefault((report.message, report.provider_id), set(before))
    counts = is_new and report.status not in statuses and not statuses & set(report.ended_by)
    statuses.add(report.status)
    return StoredReport(ReportedMessage(**row), counts)
