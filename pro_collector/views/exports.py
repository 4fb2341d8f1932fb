"""The exports of a study that were made in the background, and the file of one."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pro_collector.commands.export_job import KEPT
from pro_collector.commands.write_export import ToExport
from pro_collector.domain.account.permission import Sites
from pro_collector.errors import NotFound
from pro_collector.postgres.tables import export_pieces, jobs
from pro_collector.postgres.tables.jobs import JobHead, JobRow
from pro_collector.runtime import Runtime

SHOWN = 30


@dataclass(frozen=True, slots=True)
class ExportShown:
    """An export: what was asked for, how far it is, and of one that is done its file. `until`: when it is deleted.

    `sites`: those whose participants it has; null: of all.
    """

    head: JobHead
    dataset: str
    format: str
    as_of: datetime | None
    sites: list[str] | None
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


async def exports_of_study(rt: Runtime, study: str, sites: Sites) -> list[ExportShown]:
    """The newest exports of a study that have nobody of other sites than these, the newest first."""
    async with rt.database.transaction() as tx:
        heads = await jobs.of_study(tx, study, SHOWN, "export")
        found = [await jobs.find(tx, study, head.id) for head in heads]
        there = await export_pieces.are_there(tx, [head.id for head in heads])
    covered = [row for row in found if row is not None and sites.cover(_sites_of(row))]
    return [_shown(row, has_file=row.head.id in there) for row in covered]


async def export_file(rt: Runtime, study: str, id: UUID, sites: Sites) -> ExportFile:
    """The file of an export, for somebody who may take out the data of these sites.

    Raises NotFound if there is none, if it was deleted, or if it was asked for other sites too.
    """
    async with rt.database.transaction() as tx:
        row = await jobs.find(tx, study, id)
        if row is None or row.head.kind != "export" or not sites.cover(_sites_of(row)):
            raise NotFound("no such export")
        if not row.result or not await export_pieces.are_there(tx, [id]):
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


def _sites_of(row: JobRow) -> Sites:
    """The sites that an export was asked for; one that says nothing of sites is older, and of all."""
    return ToExport.of(row.input).sites


def _shown(row: JobRow, *, has_file: bool) -> ExportShown:
    result, asked, ended = row.result or {}, ToExport.of(row.input), row.head.ended_at
    return ExportShown(
        row.head, asked.dataset, asked.format, asked.as_of, asked.sites.listed,
        result.get("file") if has_file else None, result.get("size"), result.get("sha256"), result.get("rows", {}),
        ended + KEPT if has_file and ended else None,
    )  # fmt: skip
