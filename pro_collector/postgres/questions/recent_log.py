"""The newest lines of the occasion log of a study, for the live screen of the demo."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class RecentLogRow:
    """One line of the occasion log, with the participant's code and the assessment."""

    id: int
    at: datetime
    what: str
    detail: Mapping[str, Any]
    code: str
    assessment: str
    reporter: Reporter


async def since(tx: Tx, study: str, last: int, limit: int) -> list[RecentLogRow]:
    """Up to `limit` log lines with an id above `last`, oldest first."""
    async with tx.cursor(row_factory=class_row(RecentLogRow)) as cursor:
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
    """The code of each participant of a study, by id."""
    rows = await tx.execute("SELECT id, code FROM participant WHERE study = %s", (study,))
    return {row["id"]: row["code"] for row in await rows.fetchall()}
