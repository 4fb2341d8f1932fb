"""Rows of `score`, read back: what was scored, by which definition."""

from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow


async def responses(tx: AsyncConnection[DictRow], instrument: str) -> list[DictRow]:
    """Every response to an instrument, oldest first."""
    rows = await tx.execute("SELECT * FROM response WHERE instrument = %s ORDER BY completed_at, id", (instrument,))
    return await rows.fetchall()


async def current(tx: AsyncConnection[DictRow], instrument: str) -> dict[tuple[UUID, str], float | None]:
    """The value that counts of each response and scale."""
    rows = await tx.execute("SELECT response_id, scale, value FROM score_current WHERE instrument = %s", (instrument,))
    return {(row["response_id"], row["scale"]): row["value"] for row in await rows.fetchall()}


async def one(tx: AsyncConnection[DictRow], response: UUID, scale: str) -> DictRow | None:
    """The score that counts of one response and scale."""
    rows = await tx.execute("SELECT * FROM score_current WHERE response_id = %s AND scale = %s", (response, scale))
    return await rows.fetchone()


async def scales(tx: AsyncConnection[DictRow], response: UUID) -> set[str]:
    """The scales that a response was scored on."""
    rows = await tx.execute("SELECT DISTINCT scale FROM score WHERE response_id = %s", (response,))
    return {row["scale"] for row in await rows.fetchall()}
