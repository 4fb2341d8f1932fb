"""How long ago each feed was last read without failure."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class FeedAge:
    """A feed that is polled. `read_at`: when it was read without failure; `since`: that, or when it was applied.

    `silent_minutes`: it must not be older than this. `conflicts`: how many of its records contradict a person.
    """

    study: str
    feed: str
    read_at: datetime | None
    since: datetime
    silent_minutes: int
    conflicts: int


async def ages(tx: Tx, study: str | None = None) -> list[FeedAge]:
    """The feeds that are read by themselves, and those that a command reads; those that were stopped are in no list.

    A file that was imported is no feed that is polled. A feed that is read by a command must be read every day.
    """
    async with tx.cursor(row_factory=class_row(FeedAge)) as cursor:
        await cursor.execute(
            """
            WITH good AS (
                SELECT DISTINCT ON (study, feed) study, feed, ended_at, read_until FROM feed_run
                WHERE failure = '' AND kind = 'read' ORDER BY study, feed, ended_at DESC
            ), known AS (
                SELECT f.study, f.name AS feed, g.ended_at, coalesce(g.ended_at, f.applied_at) AS since,
                       f.silent_minutes
                FROM feed f LEFT JOIN good g ON (g.study, g.feed) = (f.study, f.name) WHERE f.due_at IS NOT NULL
                UNION ALL
                SELECT study, feed, ended_at, ended_at, 1440 FROM good g WHERE read_until IS NOT NULL
                AND NOT EXISTS (SELECT FROM feed f WHERE (f.study, f.name) = (g.study, g.feed))
            )
            SELECT study, feed, ended_at AS read_at, since, silent_minutes,
                   (SELECT count(*) FROM feed_record r
                    WHERE (r.study, r.feed) = (k.study, k.feed) AND standing = 'conflict')::int AS conflicts
            FROM known k WHERE %(study)s::text IS NULL OR study = %(study)s ORDER BY study, feed
            """,
            {"study": study},
        )
        return await cursor.fetchall()
