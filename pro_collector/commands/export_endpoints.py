"""Compute the endpoints of a definition file from the research model, and write each into a file with its manifest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pro_collector.domain.document import Document
from pro_collector.domain.endpoints.definition import (
    ENROLMENT,
    AnyEndpoint,
    EndpointFile,
    choices,
    parse_endpoints,
    scale_of,
)
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.near import unknown
from pro_collector.domain.research.endpoint_tables import BY_KIND, AnyEndpointRow
from pro_collector.domain.research.endpoints import ObservedStudy, endpoint_rows
from pro_collector.domain.research.numbering import order_of_assessments
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit, ScaleValue, TimelineRecord
from pro_collector.errors import BadInput, NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.postgres.questions.research import StudyUsed
from pro_collector.research import manifest
from pro_collector.research.files import ENDINGS, FileFormat, WrittenFile, rows_as_csv, write_table


@dataclass(frozen=True, slots=True)
class ComputedEndpoint:
    """An endpoint with its rows, of all participants of all studies that were asked for."""

    endpoint: AnyEndpoint
    day_0: str
    rows: Sequence[AnyEndpointRow]


async def check_endpoints(database: Database, document: Document, study: str) -> None:
    """Check a definition file before its endpoints are computed. Raises BadInput with every mistake that it has."""
    async with database.snapshot() as tx:
        await research.see(tx, None)
        await _read(tx, document, study)


async def compute_endpoints(tx: Tx, document: Document, study: str | None = None) -> list[ComputedEndpoint]:
    """The endpoints of a definition file, as the record is seen by this transaction.

    Raises BadInput with every mistake in the file.
    """
    read, instruments, versions = await _read(tx, document, study)
    found = [await _observed(tx, name, versions) for name in sorted({version.study for version in versions})]
    return [
        ComputedEndpoint(endpoint, read.day_0, _rows(document, index, read, instruments[endpoint.instrument], found))
        for index, endpoint in enumerate(read.endpoints)
    ]


async def export_endpoints(
    database: Database, document: Document, to: Path, form: FileFormat, *, study: str | None = None,
    as_of: datetime | None = None, now: datetime,
) -> list[WrittenFile]:  # fmt: skip
    """Write each endpoint of a definition file into a file of its own in the folder `to`.

    The manifest has every choice, defaults included. Raises BadInput, NotMigrated, Misconfigured.
    """
    written = []
    async with database.snapshot() as tx:
        await research.see(tx, as_of)
        studies, instruments = await research.studies(tx, study), await research.instruments(tx, study)
        sites = await research.sites(tx)
        for one in await compute_endpoints(tx, document, study):
            table = BY_KIND[one.endpoint.kind]

            async def fill(stream: BinaryIO, one: ComputedEndpoint = one) -> int:
                return rows_as_csv(BY_KIND[one.endpoint.kind], one.rows, stream)

            done = await write_table(table, fill, to / f"{one.endpoint.id}{ENDINGS[form]}", form, now)
            manifest.write(
                done, f"endpoint {one.endpoint.id}", table.columns, study=study, as_of=as_of, exported_at=now,
                studies=studies, instruments=instruments, sites=sites,
                choices={"day_0": one.day_0, **dict(choices(one.endpoint))},
            )  # fmt: skip
            written.append(done)
    return written


async def _read(
    tx: Tx, document: Document, study: str | None
) -> tuple[EndpointFile, dict[str, Instrument], list[StudyUsed]]:
    """The file, the newest definition of each questionnaire, and the versions of the studies. Raises BadInput."""
    instruments = {each.id: each for each in sorted(await research.instruments(tx, study), key=_version)}
    versions = await research.studies(tx, study)
    read = parse_endpoints(document, lambda name: _instrument(instruments, name))
    _check_day_0(document, read, versions)
    return read, instruments, versions


async def _observed(tx: Tx, study: str, versions: Sequence[StudyUsed]) -> ObservedStudy:
    return ObservedStudy(
        await research.rows(tx, ParticipantOfStudy, study), await research.rows(tx, PlannedVisit, study),
        await research.rows(tx, ScaleValue, study), await research.rows(tx, TimelineRecord, study),
        order_of_assessments(version.assessments for version in versions if version.study == study),
    )  # fmt: skip


def _rows(
    document: Document, index: int, read: EndpointFile, instrument: Instrument, studies: Sequence[ObservedStudy]
) -> list[AnyEndpointRow]:
    """The rows of one endpoint in all studies. Raises BadInput for a visit that a study does not have."""
    endpoint = read.endpoints[index]
    try:
        scale = scale_of(endpoint, instrument)
        return [row for one in studies for row in endpoint_rows(endpoint, scale, read.day_0, one)]
    except NotFound as error:
        raise BadInput([document.problem(("endpoints", index), str(error))]) from error


def _check_day_0(document: Document, read: EndpointFile, versions: Sequence[StudyUsed]) -> None:
    known = {ENROLMENT, *(kind for version in versions for kind in version.events)}
    if read.day_0 not in known:
        raise BadInput([document.problem(("day_0",), unknown("event of the study", read.day_0, known))])


def _instrument(known: dict[str, Instrument], name: str) -> Instrument:
    if name not in known:
        raise NotFound(unknown("instrument in these studies", name, known))
    return known[name]


def _version(instrument: Instrument) -> tuple[str, list[int]]:
    """Sorts the definitions of an instrument from the oldest to the newest version."""
    return instrument.id, [int(part) for part in instrument.version.split(".")]
