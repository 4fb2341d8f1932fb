"""The exports of a study that were made in the background, and the file of one."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pro_collector.commands.export_job import KEPT
from pro_collector.errors import NotFound
from pro_collector.postgres.tables import export_pieces, jobs
from pro_collector.postgres.tables.jobs import JobHead, JobRow
from pro_collector.runtime import Runtime

SHOWN = 30


@dataclass(frozen=True, slots=True)
class ExportShown:
    """An export: what was asked for, how far it is, and of one that is done its file. `until`: when it is deleted."""

    head: JobHead
    dataset: str
    format: str
    as_of: datetime | None
    file: str | None
    size: int | None
    sha256: str | None
    rows: Mapping[str, int]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The file of an export, in pieces."""

    name: str
    size: int
    pieces: AsyncIterator[bytes]


async def exports_of_study(rt: Runtime, study: str) -> list[ExportShown]:
    """The newest exports of a study, the newest first."""
    async with rt.database.transaction() as tx:
        heads = [head for head in await jobs.of_study(tx, study) if head.kind == "export"][:SHOWN]
        found = [await jobs.find(tx, study, head.id) for head in heads]
        there = await export_pieces.are_there(tx, [head.id for head in heads])
    return [_shown(row, has_file=row.head.id in there) for row in found if row is not None]


async def export_file(rt: Runtime, study: str, id: UUID) -> ExportFile:
    """The file of an export. Raises NotFound if there is none, or it was deleted."""
    async with rt.database.transaction() as tx:
        row = await jobs.find(tx, study, id)
        if row is None or row.head.kind != "export" or not row.result or not await export_pieces.are_there(tx, [id]):
            raise NotFound("there is no such file any more")

    async def pieces() -> AsyncIterator[bytes]:
        n = 0
        while True:
            async with rt.database.transaction() as tx:
                piece = await export_pieces.find(tx, id, n)
            if piece is None:
                return
            yield piece
            n += 1

    return ExportFile(row.result["file"], row.result["size"], pieces())


def _shown(row: JobRow, *, has_file: bool) -> ExportShown:
    result, as_of = row.result or {}, row.input["as_of"]
    ended = row.head.ended_at
    return ExportShown(
        row.head, row.input["dataset"], row.input["format"], datetime.fromisoformat(as_of) if as_of else None,
        result.get("file") if has_file else None, result.get("size"), result.get("sha256"), result.get("rows", {}),
        ended + KEPT if has_file and ended else None,
    )  # fmt: skip
