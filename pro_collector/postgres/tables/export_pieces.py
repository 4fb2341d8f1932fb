"""Rows of `export_piece`: the files of exports, in pieces."""

from datetime import datetime
from uuid import UUID

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import jobs


async def clear(tx: Tx, job: UUID) -> None:
    """Delete the pieces of an export that is begun again."""
    await tx.execute("DELETE FROM export_piece WHERE job_id = %s", (job,))


async def add(tx: Tx, job: UUID, starts: int, n: int, piece: bytes) -> bool:
    """Add the piece `n` of the file, from 0; false if the export is to be made anew, or another process makes it."""
    added = await tx.execute(
        "INSERT INTO export_piece (job_id, n, piece)"
        " SELECT id, %s, %s FROM job WHERE id = %s AND starts = %s AND state = 'running' FOR SHARE",
        (n, piece, job, starts),
    )
    return added.rowcount == 1


async def withdraw(tx: Tx, study: str, *, of_some_sites: bool) -> None:
    """Delete the files of a study's exports; what is being made is made anew, with what is recorded then.

    `of_some_sites`: only of those that were asked for some of its sites. Until the transaction ends no job begins, so
    that none reads the record as it was before.
    """
    of = {"study": study, "any": not of_some_sites}
    await jobs.let_none_begin(tx)
    await tx.execute(
        "UPDATE job SET state = 'waiting' WHERE kind = 'export' AND state = 'running' AND study = %(study)s"
        " AND (%(any)s OR jsonb_typeof(input -> 'sites') = 'array')",
        of,
    )
    await tx.execute(
        "DELETE FROM export_piece p USING job j WHERE j.id = p.job_id AND j.study = %(study)s"
        " AND (%(any)s OR jsonb_typeof(j.input -> 'sites') = 'array')",
        of,
    )


async def find(tx: Tx, job: UUID, n: int) -> bytes | None:
    """The piece `n` of a file; None after the last one, and if the file was deleted."""
    rows = await tx.execute("SELECT piece FROM export_piece WHERE job_id = %s AND n = %s", (job, n))
    row = await rows.fetchone()
    return bytes(row["piece"]) if row else None


async def are_there(tx: Tx, exports: list[UUID]) -> set[UUID]:
    """Those of these exports whose file is still there."""
    rows = await tx.execute("SELECT job_id FROM export_piece WHERE job_id = ANY(%s) AND n = 0", (exports,))
    return {row["job_id"] for row in await rows.fetchall()}


async def forget(tx: Tx, before: datetime) -> int:
    """Delete the files of exports that ended before this, and what broken ones left; return how many pieces."""
    deleted = await tx.execute(
        "DELETE FROM export_piece p USING job j WHERE j.id = p.job_id AND coalesce(j.ended_at, j.asked_at) < %s",
        (before,),
    )
    return deleted.rowcount
