"""Export tables for research into files, each with a manifest, as they are at one moment."""

import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from pro_collector.domain.exchange.cdisc_datasets import CDISC as DATASETS
from pro_collector.domain.exchange.cdisc_qs import StudyData
from pro_collector.domain.research import consort, missingness, respondents
from pro_collector.domain.research.numbering import order_of_assessments
from pro_collector.domain.research.tables import (
    TABLES,
    ItemAnswer,
    ParticipantOfStudy,
    PlannedVisit,
    ResearchTable,
    ScaleValue,
    TimelineRecord,
)
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.research import manifest
from pro_collector.research.cdisc_terms import load_terms
from pro_collector.research.files import ENDINGS, CsvRows, FileFormat, FillFile, WrittenFile, rows_as_csv, write_table

Computed = Callable[[Iterable[ParticipantOfStudy], Iterable[PlannedVisit]], Iterator[object]]
_COMPUTED: Sequence[tuple[ResearchTable, Computed]] = (
    (missingness.COMPLETION, missingness.completion),
    (missingness.REASONS, missingness.reasons),
    (missingness.PATTERNS, missingness.patterns),
    (consort.CONSORT, consort.flow),
    (respondents.RESPONDENTS, respondents.respondents),
)
COMPUTED: Mapping[str, tuple[ResearchTable, Computed]] = {table.name: (table, by) for table, by in _COMPUTED}
"""The tables that are computed from participants and visits, by name."""
CDISC: Mapping[str, ResearchTable] = {name: dataset.table for name, dataset in DATASETS.items()}
"""The datasets in CDISC's form, by name."""
BATCH = 20
"""Of how many participants the rows are in memory at once."""


async def export_tables(
    database: Database, names: Sequence[str], to: Path, form: FileFormat, *, study: str | None = None,
    as_of: datetime | None = None, now: datetime,
) -> list[WrittenFile]:  # fmt: skip
    """Write these tables into the folder `to`, or the only one into the file `to`. All show the same moment.

    `as_of`: the record as it was then. Raises BadInput, NotMigrated, Misconfigured.
    """
    written = []
    async with database.snapshot() as tx:
        await research.see(tx, as_of)
        studies, instruments = await research.studies(tx, study), await research.instruments(tx, study)
        sites = await research.sites(tx)
        for name in names:
            table, as_csv = _table(tx, name, study)
            file = to / f"{name}{ENDINGS[form]}" if to.is_dir() else to
            done = await write_table(table, as_csv, file, form, now)
            manifest.write(
                done, name, table.columns, study=study, as_of=as_of, exported_at=now, studies=studies,
                instruments=instruments, sites=sites,
            )  # fmt: skip
            written.append(done)
    return written


async def print_table(database: Database, name: str, *, study: str | None = None, as_of: datetime | None = None) -> int:
    """Write one table as CSV to standard output; return the number of rows. Raises NotMigrated, Misconfigured."""
    async with database.snapshot() as tx:
        await research.see(tx, as_of)
        _, as_csv = _table(tx, name, study)
        return await as_csv(sys.stdout.buffer)


def _table(tx: Tx, name: str, study: str | None) -> tuple[ResearchTable, FillFile]:
    """A table by name, with what writes it as CSV."""
    if name in TABLES:
        table = TABLES[name]
        return table, lambda stream: research.copy_to(tx, table, study, stream)
    if name in CDISC:
        return CDISC[name], lambda stream: _cdisc(tx, name, study, stream)
    table, compute = COMPUTED[name]

    async def fill(stream: BinaryIO) -> int:
        people, visits = (
            await research.rows(tx, ParticipantOfStudy, study),
            await research.rows(tx, PlannedVisit, study),
        )
        of = {name: list(own) for name, own in groupby(visits, key=lambda visit: visit.study)}
        each_study = groupby(people, key=lambda person: person.study)
        return rows_as_csv(table, [row for name, own in each_study for row in compute(own, of.get(name, []))], stream)

    return table, fill


async def _cdisc(tx: Tx, name: str, study: str | None, stream: BinaryIO) -> int:
    """Write a dataset of each study, one after the other."""
    writer = CsvRows(CDISC[name], stream)
    for one in sorted({version.study for version in await research.studies(tx, study)}):
        async for data in study_data(tx, one):
            writer.write(DATASETS[name].records(data))
    return writer.close()


async def study_data(tx: Tx, study: str) -> AsyncIterator[StudyData]:
    """The rows of a study from which its CDISC datasets are made, of BATCH participants at a time, in their order.

    A record of a dataset is about one participant, so the datasets of the batches are those of the study in pieces.
    """
    versions, instruments = await research.studies(tx, study), await research.instruments(tx, study)
    assessments, terms = order_of_assessments(version.assessments for version in versions), load_terms()
    people = await research.rows(tx, ParticipantOfStudy, study)
    for start in range(0, len(people), BATCH):
        some = people[start : start + BATCH]
        ids = [person.participant_id for person in some]
        yield StudyData(
            some, await research.rows(tx, PlannedVisit, study, ids), await research.rows(tx, ItemAnswer, study, ids),
            await research.rows(tx, ScaleValue, study, ids), assessments, terms,
            await research.rows(tx, TimelineRecord, study, ids), instruments,
        )  # fmt: skip
