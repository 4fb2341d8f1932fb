"""Rows of `task`: what a person of the study team must see or do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One thing for a person; `detail` never holds an address or a patient's words, only ids, codes and reasons."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    kind: str
    raised_at: datetime
    detail: dict[str, Any] = field(default_factory=dict)


async def add(tx: AsyncConnection[DictRow], rows: Sequence[TaskRow]) -> None:
    """Raise tasks; deterministic ids keep one from being raised twice."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO task (id, participant_id, occasion_id, kind, raised_at, detail)
            VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
            """,
            [(r.id, r.participant_id, r.occasion_id, r.kind, r.raised_at, Jsonb(r.detail)) for r in rows],
        )


async def exists(tx: AsyncConnection[DictRow], id: UUID) -> bool:
    """Whether this is the id of a task."""
    rows = await tx.execute("SELECT 1 FROM task WHERE id = %s", (id,))
    return await rows.fetchone() is not None


async def waiting(tx: AsyncConnection[DictRow]) -> list[DictRow]:
    """Those not done, oldest first, with the participant's code."""
    rows = await tx.execute(
        """
        SELECT t.id, p.study, p.code, t.kind, t.detail, t.raised_at, t.occasion_id
        FROM task t JOIN participant p ON p.id = t.participant_id WHERE t.done_at IS NULL ORDER BY t.raised_at
        """
    )
    return await rows.fetchall()
