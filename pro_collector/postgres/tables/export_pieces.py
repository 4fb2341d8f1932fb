"""Rows of `export_piece`: the files of exports, in pieces."""

from datetime import datetime
from uuid import UUID

from pro_collector.postgres.connection import Tx


async def clear(tx: Tx, job: UUID) -> None:
    """Delete the pieces of an export that is begun again."""
    await tx.execute("DELETE FROM export_piece WHERE job_id = %s", (job,))


async def add(tx: Tx, job: UUID, n: int, piece: bytes) -> None:
    """Add the piece `n` of the file, from 0."""
    await tx.execute("INSERT INTO export_piece (job_id, n, piece) VALUES (%s, %s, %s)", (job, n, piece))


async def find(tx: Tx, job: UUID, n: int) -> bytes | None:
    """The piece `n` of a file; None after the last one, and if the file was deleted."""
    rows = await tx.execute("SELECT piece FROM export_piece WHERE job_id = %s AND n = %s", (job, n))
    row = await rows.fetchone()
    return bytes(row["piece"]) if row else None


async def are_there(tx: Tx, jobs: list[UUID]) -> set[UUID]:
    """Those of these exports whose file is still there."""
    rows = await tx.execute("SELECT job_id FROM export_piece WHERE job_id = ANY(%s) AND n = 0", (jobs,))
    return {row["job_id"] for row in await rows.fetchall()}


async def forget(tx: Tx, before: datetime) -> int:
    """Delete the files of exports that ended before this, and what broken ones left; return how many pieces."""
    deleted = await tx.execute(
        "DELETE FROM export_piece p USING job j WHERE j.id = p.job_id AND coalesce(j.ended_at, j.asked_at) < %s",
        (before,),
    )
    return deleted.rowcount
