"""Rows of `feed`: the feeds that are read by themselves, when each is due, and what somebody asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.feeds import RunKind

_COLUMNS: LiteralString = """study, name, document, applied_at, applied_by, every_minutes, silent_minutes, due_at,
    seen_at IS NOT NULL AS running, asked, asked_by, asked_whole, asked_run"""


@dataclass(frozen=True, slots=True)
class AppliedFeed:
    """A feed with its mapping file. `due_at`: when it is read next by itself; None: it was stopped.

    `running`: a process reads it now. `asked`: what somebody asked for, `asked_whole` with everything in it; in
    `asked_run`, a look, they confirmed what was shown.
    """

    study: str
    name: str
    document: str
    applied_at: datetime
    applied_by: str
    every_minutes: int
    silent_minutes: int
    due_at: datetime | None
    running: bool
    asked: RunKind | None
    asked_by: str | None
    asked_whole: bool
    asked_run: UUID | None


async def put(tx: Tx, feed: AppliedFeed) -> None:
    """Put a mapping file in force instead of the one before."""
    await tx.execute(
        """
        INSERT INTO feed (study, name, document, applied_at, applied_by, every_minutes, silent_minutes, due_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (study, name) DO UPDATE SET document = excluded.document, applied_at = excluded.applied_at,
            applied_by = excluded.applied_by, every_minutes = excluded.every_minutes,
            silent_minutes = excluded.silent_minutes, due_at = excluded.due_at, asked = NULL, asked_by = NULL
        """,
        (feed.study, feed.name, feed.document, feed.applied_at, feed.applied_by, feed.every_minutes,
         feed.silent_minutes, feed.due_at),
    )  # fmt: skip


async def studies(tx: Tx) -> frozenset[str]:
    """The studies that have feeds, also stopped ones."""
    rows = await tx.execute("SELECT DISTINCT study FROM feed")
    return frozenset([row["study"] for row in await rows.fetchall()])


async def of_study(tx: Tx, study: str | None = None, name: str | None = None) -> list[AppliedFeed]:
    """The feeds; of one study or name, if given."""
    async with tx.cursor(row_factory=class_row(AppliedFeed)) as cursor:
        await cursor.execute(
            f"""
            SELECT {_COLUMNS} FROM feed WHERE (%(study)s::text IS NULL OR study = %(study)s)
            AND (%(name)s::text IS NULL OR name = %(name)s) ORDER BY study, name
            """,  # noqa: S608  # the columns are a constant
            {"study": study, "name": name},
        )
        return await cursor.fetchall()


async def stop(tx: Tx, study: str, name: str) -> None:
    """Read a feed no more by itself."""
    await tx.execute("UPDATE feed SET due_at = NULL WHERE study = %s AND name = %s", (study, name))


async def hasten(tx: Tx, study: str, name: str, at: datetime) -> None:
    """Read a feed at `at`, if it would be read later by itself."""
    await tx.execute(
        "UPDATE feed SET due_at = %s WHERE study = %s AND name = %s AND due_at > %s", (at, study, name, at)
    )


async def ask(tx: Tx, study: str, name: str, what: RunKind, by: str, *, whole: bool, run: UUID | None) -> bool:
    """Ask for a look or a reading as soon as possible; false if somebody has asked already."""
    rows = await tx.execute(
        "UPDATE feed SET asked = %s, asked_by = %s, asked_whole = %s, asked_run = %s"
        " WHERE study = %s AND name = %s AND asked IS NULL RETURNING name",
        (what, by, whole, run, study, name),
    )
    return await rows.fetchone() is not None


async def claim(tx: Tx, now: datetime, lease: timedelta) -> AppliedFeed | None:
    """Begin a feed that somebody asked for or that is due, and that no process reads; None if there is none."""
    async with tx.cursor(row_factory=class_row(AppliedFeed)) as cursor:
        await cursor.execute(
            f"""
            UPDATE feed SET seen_at = clock_timestamp() WHERE (study, name) = (
                SELECT study, name FROM feed WHERE (asked IS NOT NULL OR due_at <= %(now)s)
                AND (seen_at IS NULL OR seen_at NOT BETWEEN clock_timestamp() - %(lease)s AND clock_timestamp())
                ORDER BY asked IS NULL, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING {_COLUMNS}
            """,  # noqa: S608  # the columns are a constant
            {"now": now, "lease": lease},
        )
        return await cursor.fetchone()


async def beat(tx: Tx, study: str, name: str) -> None:
    """Say that this process still reads a feed."""
    await tx.execute("UPDATE feed SET seen_at = clock_timestamp() WHERE study = %s AND name = %s", (study, name))


async def finish(tx: Tx, feed: AppliedFeed, now: datetime) -> None:
    """Note that a feed was read as it was claimed; what somebody asked for since stays, and so does another file."""
    await tx.execute(
        """
        UPDATE feed SET seen_at = NULL, asked = CASE WHEN %(asked)s::text IS NULL THEN asked END,
            asked_by = CASE WHEN %(asked)s::text IS NULL THEN asked_by END,
            due_at = CASE WHEN due_at IS NULL OR applied_at <> %(applied)s OR %(asked)s::text = 'look' THEN due_at
                          ELSE %(now)s + every_minutes * interval '1 minute' END
        WHERE study = %(study)s AND name = %(name)s
        """,
        {"study": feed.study, "name": feed.name, "asked": feed.asked, "applied": feed.applied_at, "now": now},
    )


async def release(tx: Tx, study: str, name: str) -> None:
    """Let another process read a feed: the one that did so ends."""
    await tx.execute("UPDATE feed SET seen_at = NULL WHERE study = %s AND name = %s", (study, name))
