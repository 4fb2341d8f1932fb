"""Rows of `report`: the delivery reports of providers, each once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from pro_collector.postgres.connection import Tx


async def add(
    tx: Tx, message: UUID, provider_id: str, status: str, error: str | None, fields: Mapping[str, str], now: datetime,
) -> bool:  # fmt: skip
    """Store a delivery report; false if it is already stored, because providers repeat reports."""
    rows = await tx.execute(
        """
        INSERT INTO report (message_id, provider_id, status, error_code, received_at, fields)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (message, provider_id, status, error, now, Jsonb(dict(fields))),
    )
    return rows.rowcount == 1


async def exists(tx: Tx, message: UUID, provider_id: str, statuses: Sequence[str]) -> bool:
    """Whether a report of this attempt with one of these statuses is stored."""
    rows = await tx.execute(
        "SELECT 1 FROM report WHERE message_id = %s AND provider_id = %s AND status = ANY(%s) LIMIT 1",
        (message, provider_id, list(statuses)),
    )
    return await rows.fetchone() is not None
