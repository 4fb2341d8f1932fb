"""The open tasks whose words a person must read, for the reading list."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.task_kind import TaskKind
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.tasks import TaskDetail

_UNREAD: LiteralString = """
    SELECT t.id, t.participant_id, t.occasion_id, t.kind, t.importance, t.raised_at, t.detail,
           p.study, p.code, p.site, p.zone, o.assessment
    FROM task t JOIN participant p ON p.id = t.participant_id LEFT JOIN occasion o ON o.id = t.occasion_id
    WHERE t.done_at IS NULL AND t.importance > 0
      AND (%(study)s::text IS NULL OR p.study = %(study)s) AND (%(site)s::text IS NULL OR p.site = %(site)s)
"""


@dataclass(frozen=True, slots=True)
class UnreadTask:
    """An open task with words, whose it is, and the assessment of its survey, if it is about one."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    kind: TaskKind
    importance: int
    raised_at: datetime
    detail: TaskDetail
    study: str
    code: str
    site: str | None
    zone: str
    assessment: str | None


async def unread(tx: Tx, study: str | None, site: str | None) -> list[UnreadTask]:
    """The open tasks with words, of a study and a site if they are named, in no order."""
    async with tx.cursor(row_factory=class_row(UnreadTask)) as cursor:
        await cursor.execute(_UNREAD, {"study": study, "site": site})
        return await cursor.fetchall()
