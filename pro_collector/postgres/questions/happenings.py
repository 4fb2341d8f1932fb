"""What has just happened to occasions, across a study: for a screen that shows the product at work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class HappeningRow:
    """One thing that happened to an occasion, with whom and what it is about."""

    id: int
    at: datetime
    what: str
    detail: Mapping[str, Any]
    code: str
    assessment: str
    reporter: Reporter


async def since(tx: Tx, study: str, last: int, limit: int) -> list[HappeningRow]:
    """Up to `limit` log lines after the line `last`, oldest first."""
    async with tx.cursor(row_factory=class_row(HappeningRow)) as cursor:
        await cursor.execute(
            """
            SELECT l.id, l.at, l.what, l.detail, p.code, o.assessment, o.reporter
            FROM occasion_log l JOIN occasion o ON o.id = l.occasion_id JOIN participant p ON p.id = l.participant_id
            WHERE p.study = %s AND l.id > %s AND l.what IN ('due', 'sent', 'answered', 'heard', 'completed', 'partial',
                                                             'missed', 'cancelled', 'call')
            ORDER BY l.id LIMIT %s
            """,
            (study, last, limit),
        )
        return await cursor.fetchall()


async def codes(tx: Tx, study: str) -> dict[UUID, str]:
    """The code of each participant."""
    rows = await tx.execute("SELECT id, code FROM participant WHERE study = %s", (study,))
    return {row["id"]: row["code"] for row in await rows.fetchall()}
