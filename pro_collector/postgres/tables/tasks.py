"""Rows of `task`: what a person of the study team must look at or do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString, TypedDict
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pro_collector.domain.task_kind import TaskKind
from pro_collector.postgres.connection import Tx

JOINED_KINDS: tuple[TaskKind, ...] = ("review", "question")
"""The kinds of task that several texts share: one open task of a kind for each participant and survey.

Those of a caregiver stand apart from those of the patient, so that what is written back goes to whoever wrote.
"""


class TaskDetail(TypedDict, total=False):
    """The details of a task: ids, codes and reasons, never an address or a patient's words."""

    reason: str
    inbound: str
    """The id of the newest text of the task."""
    earlier: list[str]
    """The ids of the texts before that one, oldest first."""
    stops: list[str]
    """The ids of those of its texts that may be a wish to stop; while the task is open, nothing is sent unasked."""
    caregiver: bool
    """True: it is about what a caregiver wrote, or was asked, about themselves."""
    item: str
    """The open question when the text came, as instrument/item."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task of the study team. `importance`: how much the words of its texts may matter; 0 without words."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    kind: TaskKind
    raised_at: datetime
    detail: TaskDetail
    importance: int = 0
    done_at: datetime | None = None
    done_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that is not done, with the participant's code."""

    id: UUID
    study: str
    code: str
    kind: TaskKind
    detail: TaskDetail
    raised_at: datetime
    occasion_id: UUID | None


_SELECT: LiteralString = """
SELECT id, participant_id, occasion_id, kind, raised_at, detail, importance, done_at, done_by, note FROM task
"""
_BY_PREFIX = f"{_SELECT} WHERE starts_with(id::text, %s) ORDER BY raised_at, id LIMIT 20"
_LOAD = f"{_SELECT} WHERE id = ANY(%s)"
_UNATTENDED = f"{_SELECT} WHERE done_at IS NULL AND kind = ANY(%s) AND raised_at < %s ORDER BY raised_at, id"
_ADD = """
WITH joined AS (
    UPDATE task SET detail = detail || %(detail)s || jsonb_build_object(
        'reason', CASE WHEN strpos(detail->>'reason', %(reason)s) > 0 THEN detail->>'reason'
                       ELSE concat_ws('; ', detail->>'reason', %(reason)s) END,
        'earlier', coalesce(detail->'earlier', '[]') || coalesce(detail->'inbound', '[]'),
        'stops', coalesce(detail->'stops', '[]') || coalesce(%(detail)s::jsonb->'stops', '[]')),
        importance = greatest(importance, %(importance)s)
    WHERE %(joins)s AND participant_id = %(participant)s AND occasion_id IS NOT DISTINCT FROM %(occasion)s
      AND (detail ? 'caregiver') = (%(detail)s::jsonb ? 'caregiver')
      AND kind = %(kind)s AND done_at IS NULL AND id <> %(id)s
    RETURNING id)
INSERT INTO task (id, participant_id, occasion_id, kind, raised_at, detail, importance)
SELECT %(id)s, %(participant)s, %(occasion)s, %(kind)s, %(raised)s, %(detail)s, %(importance)s
WHERE NOT EXISTS (SELECT FROM joined)
ON CONFLICT (id) DO NOTHING
"""


async def add(tx: Tx, rows: Sequence[TaskRow]) -> None:
    """Create tasks; idempotent, because ids are derived.

    A text for a person to read is added to the open task of its kind and survey: `inbound` is the newest, `earlier` has
    the others, oldest first; the importance of the task only rises.
    """
    if not rows:
        return
    async with tx.cursor() as cursor:
        await cursor.executemany(
            _ADD,
            [
                {
                    "id": r.id, "participant": r.participant_id, "occasion": r.occasion_id, "kind": r.kind,
                    "raised": r.raised_at, "detail": Jsonb(r.detail), "reason": str(r.detail.get("reason", "")),
                    "joins": r.kind in JOINED_KINDS and "inbound" in r.detail, "importance": r.importance,
                }
                for r in rows
            ],
        )  # fmt: skip


def texts_of(detail: TaskDetail) -> list[UUID]:
    """The ids of the texts and mails of a task, oldest first."""
    return [UUID(id) for id in (*detail.get("earlier", ()), *([detail["inbound"]] if "inbound" in detail else ()))]


async def load_open(tx: Tx) -> list[OpenTask]:
    """All tasks that are not done, oldest first."""
    async with tx.cursor(row_factory=class_row(OpenTask)) as cursor:
        await cursor.execute(
            """
            SELECT t.id, p.study, p.code, t.kind, t.detail, t.raised_at, t.occasion_id
            FROM task t JOIN participant p ON p.id = t.participant_id WHERE t.done_at IS NULL ORDER BY t.raised_at, t.id
            """
        )
        return await cursor.fetchall()


async def is_open(tx: Tx, kind: TaskKind, reason: str) -> bool:
    """Whether a task of this kind and for this reason is open, about anybody."""
    rows = await tx.execute(
        "SELECT FROM task WHERE kind = %s AND detail ->> 'reason' = %s AND done_at IS NULL LIMIT 1", (kind, reason)
    )
    return await rows.fetchone() is not None


async def find_by_prefix(tx: Tx, start: str) -> list[TaskRow]:
    """Up to 20 tasks whose id begins with `start`, done ones included."""
    async with tx.cursor(row_factory=class_row(TaskRow)) as cursor:
        await cursor.execute(_BY_PREFIX, (start,))
        return await cursor.fetchall()


async def load(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, TaskRow]:
    """The tasks with these ids, by id."""
    async with tx.cursor(row_factory=class_row(TaskRow)) as cursor:
        await cursor.execute(_LOAD, (list(ids),))
        return {row.id: row async for row in cursor}


async def participants_with(tx: Tx, participants: Sequence[UUID], kind: TaskKind) -> set[UUID]:
    """Those of these participants who have a task of this kind that is not done."""
    rows = await tx.execute(
        "SELECT DISTINCT participant_id FROM task WHERE participant_id = ANY(%s) AND kind = %s AND done_at IS NULL",
        (list(participants), kind),
    )
    return {row["participant_id"] for row in await rows.fetchall()}


async def unattended(tx: Tx, kinds: Sequence[TaskKind], raised_before: datetime) -> list[TaskRow]:
    """The tasks of these kinds that are not done and were created before `raised_before`, oldest first."""
    async with tx.cursor(row_factory=class_row(TaskRow)) as cursor:
        await cursor.execute(_UNATTENDED, (list(kinds), raised_before))
        return await cursor.fetchall()


async def mark_done(tx: Tx, id: UUID, by: str, note: str, now: datetime) -> bool:
    """Mark a task done; false if it was already done."""
    rows = await tx.execute(
        "UPDATE task SET done_at = %s, done_by = %s, note = %s, done_client = came_from()"
        " WHERE id = %s AND done_at IS NULL",
        (now, by, note or None, id),
    )
    return rows.rowcount == 1


async def close_needless_calls(tx: Tx, why: Mapping[UUID, str], now: datetime) -> None:
    """Close the call tasks of these occasions, because the calls are no longer needed; `why`: the reason of each."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            """
            UPDATE task SET done_at = %s, done_by = 'system', note = %s
            WHERE occasion_id = %s AND kind = 'call' AND done_at IS NULL
            """,
            [(now, reason, occasion) for occasion, reason in why.items()],
        )


async def close_tasks_of(tx: Tx, people: Sequence[UUID], why: str, now: datetime) -> None:
    """Close all tasks to reach these people, but for what is still asked of a caregiver who goes on without them."""
    await tx.execute(
        """
        UPDATE task SET done_at = %s, done_by = 'system', note = %s
        WHERE participant_id = ANY(%s) AND kind IN ('call', 'contact') AND done_at IS NULL
          AND NOT EXISTS (SELECT FROM occasion o WHERE o.id = task.occasion_id AND o.reporter = 'caregiver'
            AND o.state IN ('open', 'invited', 'started'))
        """,
        (now, why, list(people)),
    )


async def close_releases(tx: Tx, occasions: Sequence[UUID], why: str, now: datetime, by: str = "system") -> None:
    """Close the tasks to decide whether these occasions are asked."""
    await tx.execute(
        """
        UPDATE task SET done_at = %s, done_by = %s, note = %s
        WHERE occasion_id = ANY(%s) AND kind = 'release' AND done_at IS NULL
        """,
        (now, by, why, list(occasions)),
    )


async def close_decisions(tx: Tx, people: Sequence[UUID], why: str, now: datetime) -> None:
    """Close the tasks to decide whether the caregivers of these people go on."""
    await tx.execute(
        """
        UPDATE task SET done_at = %s, done_by = 'system', note = %s
        WHERE participant_id = ANY(%s) AND kind = 'caregiver' AND done_at IS NULL
        """,
        (now, why, list(people)),
    )


async def close_confirmed(tx: Tx, people: Sequence[UUID], still: Sequence[UUID], why: str, now: datetime) -> None:
    """Close the tasks about expected events of these people, except those in `still`."""
    await tx.execute(
        """
        UPDATE task SET done_at = %s, done_by = 'system', note = %s
        WHERE participant_id = ANY(%s) AND kind = 'unconfirmed' AND done_at IS NULL AND id <> ALL(%s)
        """,
        (now, why, list(people), list(still)),
    )


async def close_late_calls(tx: Tx, why: str, now: datetime) -> int:
    """Close the call tasks of occasions that take no answers any more, not even late ones. Returns how many."""
    rows = await tx.execute(
        """
        UPDATE task t SET done_at = %s, done_by = 'system', note = %s FROM occasion o
        WHERE t.done_at IS NULL AND t.kind = 'call' AND o.id = t.occasion_id
          AND o.ended_at IS NOT NULL AND o.late_until <= %s
        """,
        (now, why, now),
    )
    return rows.rowcount
