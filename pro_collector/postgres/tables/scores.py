"""Rows of `score`, read back: what was scored, by which definition."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.rows import DictRow

from pro_collector.postgres.connection import Tx


async def responses(tx: Tx, instrument: str) -> list[DictRow]:
    """Every response to an instrument, oldest first."""
    rows = await tx.execute("SELECT * FROM response WHERE instrument = %s ORDER BY completed_at, id", (instrument,))
    return await rows.fetchall()


async def current(tx: Tx, instrument: str) -> dict[UUID, dict[str, DictRow]]:
    """The score that counts, by response and scale."""
    rows = await tx.execute("SELECT * FROM score_current WHERE instrument = %s", (instrument,))
    found: dict[UUID, dict[str, DictRow]] = {}
    for row in await rows.fetchall():
        found.setdefault(row["response_id"], {})[row["scale"]] = row
    return found


async def one(tx: Tx, response: UUID, scale: str) -> DictRow | None:
    """The score that counts of one response and scale."""
    rows = await tx.execute("SELECT * FROM score_current WHERE response_id = %s AND scale = %s", (response, scale))
    return await rows.fetchone()


async def scales(tx: Tx, response: UUID) -> set[str]:
    """The scales that a response was scored on."""
    rows = await tx.execute("SELECT DISTINCT scale FROM score WHERE response_id = %s", (response,))
    return {row["scale"] for row in await rows.fetchall()}


async def exported(tx: Tx, study: str | None) -> list[DictRow]:
    """Every response with the study version it was asked under, oldest first."""
    rows = await tx.execute(
        """
        SELECT r.*, o.study, o.study_version FROM response r JOIN occasion o ON o.id = r.occasion_id
        WHERE %s::text IS NULL OR o.study = %s ORDER BY r.completed_at, r.id
        """,
        (study, study),
    )
    return await rows.fetchall()


async def of_responses(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[DictRow]]:
    """The scores that count, by response."""
    rows = await tx.execute("SELECT * FROM score_current WHERE response_id = ANY(%s)", (list(ids),))
    found: dict[UUID, list[DictRow]] = {}
    for row in await rows.fetchall():
        found.setdefault(row["response_id"], []).append(row)
    return found


async def versions(tx: Tx, ids: Sequence[UUID], *, since: datetime) -> dict[UUID, str]:
    """The scoring version that counts of each response that was scored before; none was completed before `since`."""
    rows = await tx.execute(
        """
        SELECT DISTINCT ON (response_id) response_id, scoring_version FROM score
        WHERE response_id = ANY(%s) AND completed_at >= %s ORDER BY response_id, scored_at DESC
        """,
        (list(ids), since),
    )
    return {row["response_id"]: row["scoring_version"] for row in await rows.fetchall()}


async def on_treatment(tx: Tx, study: str | None) -> list[DictRow]:
    """The view `score_on_treatment`, oldest first; no ids but the participant's code and the response's."""
    rows = await tx.execute(
        """
        SELECT study, participant_code, site, arm, instrument, instrument_version, scale, value, answered, of, reason,
               band, reporter, mode, completed_at, study_day, cycle, cycle_day, assessment, days_since_anchor,
               days_since, response_id
        FROM score_on_treatment WHERE %s::text IS NULL OR study = %s ORDER BY completed_at, participant_code, scale
        """,
        (study, study),
    )
    return await rows.fetchall()
