"""What the page of a study's feeds shows of people at some sites: where a feed contradicts a person, and looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class FeedConflict:
    """A record of a feed that contradicts what a person recorded. `on`: None if the source deleted it."""

    feed: str
    code: str
    kind: str
    on: date | None
    why: str


@dataclass(frozen=True, slots=True)
class LookRow:
    """What a look has shown of one participant."""

    code: str
    changes: Mapping[str, Any]


async def conflicts(tx: Tx, study: str, sites: Sequence[str] | None) -> list[FeedConflict]:
    """Where feeds contradict people, of participants at these sites (None: all)."""
    async with tx.cursor(row_factory=class_row(FeedConflict)) as cursor:
        await cursor.execute(
            """
            SELECT f.feed, p.code, f.kind, CASE WHEN NOT f.deleted THEN f.happened_on END AS on, f.why
            FROM feed_record f JOIN participant p ON p.id = f.participant_id
            WHERE p.study = %(study)s AND f.standing = 'conflict'
              AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s)) ORDER BY f.feed, p.code, f.kind, f.happened_on
            """,
            {"study": study, "sites": None if sites is None else list(sites)},
        )
        return await cursor.fetchall()


async def look(tx: Tx, run: UUID, sites: Sequence[str] | None) -> list[LookRow]:
    """What a look has shown of participants at these sites (None: all)."""
    async with tx.cursor(row_factory=class_row(LookRow)) as cursor:
        await cursor.execute(
            """
            SELECT p.code, l.changes FROM feed_look l JOIN participant p ON p.id = l.participant_id
            WHERE l.run_id = %(run)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s)) ORDER BY p.code
            """,
            {"run": run, "sites": None if sites is None else list(sites)},
        )
        return await cursor.fetchall()
