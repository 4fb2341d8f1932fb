"""Rows of `job`: background work that somebody of the team asked for, from the request to its result."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pro_collector.postgres.connection import Tx, notify_after_commit

CHANNEL = "job"
"""The NOTIFY channel of whoever does jobs."""
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
_LOCK_SPACE = 0x6A6F  # "jo"; different from all other advisory locks


@dataclass(frozen=True, slots=True)
class JobHead:
    """A job without its input and result. `done` of `total` is its progress; `total` 0: not known yet."""

    id: UUID
    study: str
    kind: str
    asked_by: str
    asked_at: datetime
    state: JobState
    starts: int
    done: int
    total: int
    cancelled_by: str | None
    ended_at: datetime | None
    error: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.ended_at is not None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job with its input, and its result if it is done. `client`: where whoever asked for it was."""

    head: JobHead
    input: Mapping[str, Any]
    result: Mapping[str, Any] | None
    client: str


async def add(tx: Tx, id: UUID, study: str, kind: str, input: Mapping[str, Any], by: str, now: datetime) -> None:
    """Add a job that waits for a process."""
    await tx.execute(
        "INSERT INTO job (id, study, kind, input, asked_by, asked_at, state)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'waiting')",
        (id, study, kind, Jsonb(input), by, now),
    )
    notify_after_commit(tx, CHANNEL)


async def find(tx: Tx, study: str, id: UUID) -> JobRow | None:
    """A job of a study; None if there is none."""
    rows = await tx.execute("SELECT * FROM job WHERE study = %s AND id = %s", (study, id))
    row = await rows.fetchone()
    return _read(row) if row else None


async def of_study(tx: Tx, study: str, limit: int = 20, kind: str | None = None) -> list[JobHead]:
    """The newest jobs of a study; `kind`: of this kind alone."""
    async with tx.cursor(row_factory=class_row(JobHead)) as cursor:
        await cursor.execute(
            """
            SELECT id, study, kind, asked_by, asked_at, state, starts, done, total, cancelled_by, ended_at, error
            FROM job WHERE study = %(study)s AND (%(kind)s::text IS NULL OR kind = %(kind)s)
            ORDER BY asked_at DESC, id LIMIT %(limit)s
            """,
            {"study": study, "kind": kind, "limit": limit},
        )
        return await cursor.fetchall()


async def claim(tx: Tx, lease: timedelta) -> JobRow | None:
    """Begin the oldest job that waits, or whose process has not been heard of for `lease`; None if there is none.

    Of each study one runs at a time. The lock makes claims of several processes wait for each other.
    """
    await let_none_begin(tx)
    rows = await tx.execute(
        """
        UPDATE job SET state = 'running', starts = starts + 1, seen_at = clock_timestamp(), done = 0, total = 0
        WHERE id = (
            SELECT id FROM job j
            WHERE state = 'running' AND seen_at < clock_timestamp() - %s::interval
               OR state = 'waiting' AND NOT EXISTS (SELECT FROM job o WHERE o.study = j.study AND o.state = 'running')
            ORDER BY asked_at, id LIMIT 1)
        RETURNING *
        """,
        (lease,),
    )
    row = await rows.fetchone()
    return _read(row) if row else None


async def let_none_begin(tx: Tx) -> None:
    """Let no job begin until this transaction ends; waits for those that begin now."""
    await tx.execute("SELECT pg_advisory_xact_lock(%s, 0)", (_LOCK_SPACE,))


async def beat(tx: Tx, id: UUID, starts: int, done: int, total: int) -> bool:
    """Say that the process still does the job, and how far it is; false if it must stop.

    It must stop if the job was cancelled, or if another process began it meanwhile (`starts` differs).
    """
    rows = await tx.execute(
        "UPDATE job SET seen_at = clock_timestamp(), done = %s, total = %s"
        " WHERE id = %s AND starts = %s AND state = 'running' AND cancelled_by IS NULL RETURNING id",
        (done, total, id, starts),
    )
    return await rows.fetchone() is not None


async def release(tx: Tx, id: UUID, starts: int) -> None:
    """Let another process begin the job again: the one that did it ends."""
    await tx.execute(
        "UPDATE job SET state = 'waiting' WHERE id = %s AND starts = %s AND state = 'running'", (id, starts)
    )
    notify_after_commit(tx, CHANNEL)


async def finish(tx: Tx, id: UUID, starts: int, result: Mapping[str, Any], total: int, now: datetime) -> None:
    """Record the result of a job; all of `total` is done."""
    await tx.execute(
        "UPDATE job SET state = 'done', result = %s, ended_at = %s, done = %s, total = %s"
        " WHERE id = %s AND starts = %s AND state = 'running'",
        (Jsonb(result), now, total, total, id, starts),
    )


async def fail(tx: Tx, id: UUID, starts: int, error: str, now: datetime) -> None:
    """Record why a job cannot be done."""
    await tx.execute(
        "UPDATE job SET state = 'failed', error = %s, ended_at = %s"
        " WHERE id = %s AND starts = %s AND state = 'running'",
        (error, now, id, starts),
    )


async def cancel(tx: Tx, study: str, id: UUID, by: str, now: datetime) -> bool:
    """Cancel a job. One that waits ends at once, the process of a running one is told. False if it has ended."""
    rows = await tx.execute(
        """
        UPDATE job SET cancelled_by = %(by)s, state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END,
               ended_at = CASE state WHEN 'waiting' THEN %(now)s END
        WHERE study = %(study)s AND id = %(id)s AND ended_at IS NULL AND cancelled_by IS NULL RETURNING id
        """,
        {"by": by, "now": now, "study": study, "id": id},
    )
    return await rows.fetchone() is not None


async def end_cancelled(tx: Tx, id: UUID, now: datetime) -> None:
    """Record that a cancelled job has ended."""
    await tx.execute(
        "UPDATE job SET state = 'cancelled', ended_at = %s"
        " WHERE id = %s AND state = 'running' AND cancelled_by IS NOT NULL",
        (now, id),
    )


def _read(row: Mapping[str, Any]) -> JobRow:
    head = {name: row[name] for name in JobHead.__dataclass_fields__}
    return JobRow(JobHead(**head), row["input"], row["result"], row["client"] or "")
