"""Draw figures for publications as SVG: the flow of participants, completion, and endpoints by arm."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from pro_collector.commands.export_endpoints import ComputedEndpoint, compute_endpoints
from pro_collector.domain.document import Document
from pro_collector.domain.research import consort, missingness
from pro_collector.domain.research.endpoint_tables import ChangeAtVisit, DeteriorationOfParticipant
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit
from pro_collector.figures.curves import change_figure, completion_figure, time_figure
from pro_collector.figures.flow import flow_figure
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.research.files import WrittenFile, write_file

Row = TypeVar("Row")


async def draw_table(
    database: Database, what: str, to: Path, *, study: str, as_of: datetime | None = None
) -> WrittenFile:  # fmt: skip
    """Draw `consort` or `completion` of a study into the file `to`. Raises BadInput, NotMigrated, Misconfigured."""
    async with database.snapshot() as tx:
        await research.see(tx, as_of)
        of = study if (sites := await research.sites(tx)) is None else f"{study}, {', '.join(sites)}"
        people, visits = (
            await research.rows(tx, ParticipantOfStudy, study),
            await research.rows(tx, PlannedVisit, study),
        )
    if what == "consort":
        return await _write(to, flow_figure(of, list(consort.flow(people, visits))))
    return await _write(to, completion_figure(of, list(missingness.completion(people, visits))))


async def draw_endpoints(
    database: Database, document: Document, to: Path, *, study: str, as_of: datetime | None = None
) -> list[WrittenFile]:
    """Draw each change and each time to deterioration of a definition file into the folder `to`."""
    async with database.snapshot() as tx:
        await research.see(tx, as_of)
        found = await compute_endpoints(tx, document, study)
    return [
        await _write(to / f"{one.endpoint.id}.svg", drawn)
        for one in found
        if (drawn := endpoint_figure(one)) is not None
    ]


def endpoint_figure(one: ComputedEndpoint) -> str | None:
    """The figure of an endpoint as SVG; None for a kind that has none."""
    title = one.endpoint.title or one.endpoint.id
    if one.endpoint.kind == "change":
        return change_figure(title, _of(one.rows, ChangeAtVisit))
    if one.endpoint.kind == "time-to-deterioration":
        return time_figure(title, _of(one.rows, DeteriorationOfParticipant))
    return None


def _of(rows: Sequence[object], kind: type[Row]) -> list[Row]:
    return [row for row in rows if isinstance(row, kind)]


async def _write(to: Path, svg: str) -> WrittenFile:
    async def fill(stream: BinaryIO) -> int:
        stream.write(svg.encode())
        return 1

    return await write_file(to, fill)
