"""Queries for the pages of a study: how many people are under which version, and which codes somebody may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class PeopleOfVersion:
    """How many people are under a version of a study."""

    study_version: str
    people: int


async def people_by_version(tx: Tx, study: str, sites: Sequence[str] | None) -> list[PeopleOfVersion]:
    """How many people at these sites (None: all) are under each version."""
    async with tx.cursor(row_factory=class_row(PeopleOfVersion)) as cursor:
        await cursor.execute(
            """
            SELECT study_version, count(*)::int AS people FROM participant
            WHERE study = %(study)s AND (%(sites)s::text[] IS NULL OR site = ANY(%(sites)s)) GROUP BY 1 ORDER BY 1
            """,
            {"study": study, "sites": None if sites is None else list(sites)},
        )
        return await cursor.fetchall()


async def codes(tx: Tx, study: str, ids: Sequence[UUID], sites: Sequence[str] | None) -> dict[UUID, str]:
    """The codes of those of these participants who are at these sites (None: all), in the order of the codes."""
    rows = await tx.execute(
        """
        SELECT id, code FROM participant WHERE study = %(study)s AND id = ANY(%(ids)s)
          AND (%(sites)s::text[] IS NULL OR site = ANY(%(sites)s)) ORDER BY code
        """,
        {"study": study, "ids": list(ids), "sites": None if sites is None else list(sites)},
    )
    return {row["id"]: row["code"] for row in await rows.fetchall()}
