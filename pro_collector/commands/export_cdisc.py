"""Export a study to CDISC's standards: a folder of datasets with Define-XML, or one file of ODM."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pro_collector.commands.export_tables import study_data
from pro_collector.domain.exchange.cdisc_datasets import CDISC, CdiscDataset
from pro_collector.domain.exchange.cdisc_qs import StudyData
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.postgres.questions.research import StudyUsed
from pro_collector.research import define_xml, manifest, odm
from pro_collector.research.define_xml import STANDARDS, DescribedDataset
from pro_collector.research.files import ENDINGS, FileFormat, WrittenFile, rows_as_csv, write_file, write_table


async def export_cdisc(
    database: Database, to: Path, form: FileFormat, *, study: str, as_of: datetime | None = None, now: datetime
) -> list[WrittenFile]:  # fmt: skip
    """Write all datasets of a study into folders `sdtm` and `adam` in the folder `to`, each with its define.xml.

    Raises NotFound, BadInput, NotMigrated, Misconfigured.
    """
    written = []
    async with database.snapshot() as tx:
        version, data, instruments = await _one(tx, study, as_of)
        for standard in STANDARDS:
            folder, described = to / standard, []
            folder.mkdir(exist_ok=True)
            for dataset in (each for each in CDISC.values() if each.standard == standard):
                records = list(dataset.records(data))
                file = folder / f"{dataset.table.name}{ENDINGS[form]}"
                done = await _write(dataset, records, file, form, now)
                manifest.write(
                    done, dataset.table.name, dataset.table.columns, study=study, as_of=as_of, exported_at=now,
                    studies=[version], instruments=instruments,
                )  # fmt: skip
                described.append(DescribedDataset(dataset, records, file.name))
                written.append(done)
            written.append(await write_file(folder / "define.xml", partial(_define, version, described, now)))
    return written


async def export_odm(
    database: Database, to: Path, *, study: str, as_of: datetime | None = None, now: datetime
) -> WrittenFile:  # fmt: skip
    """Write a study as ODM 1.3.2 into the file `to`. Raises NotFound, BadInput, NotMigrated, Misconfigured."""
    async with database.snapshot() as tx:
        version, data, instruments = await _one(tx, study, as_of)
        used = {(row.instrument, row.instrument_version) for row in data.items}
        used |= {(row.instrument, row.instrument_version) for row in data.scores}
        known = {(each.id, each.version): each for each in instruments}
        asked = {name for visit in data.visits for name in visit.instruments.split()}
        chosen = [each for key, each in sorted(known.items()) if key in used or each.id in asked]
        described = odm.OdmStudy(version.study, version.title, version.version, chosen, data)

        async def fill(stream: BinaryIO) -> int:
            return odm.write(described, now, as_of, stream)

        done = await write_file(to, fill)
        manifest.write(
            done, "odm", [], study=study, as_of=as_of, exported_at=now, studies=[version], instruments=instruments
        )
    return done


async def _one(tx: Tx, study: str, as_of: datetime | None) -> tuple[StudyUsed, StudyData, list[Instrument]]:
    """The newest version of a study, its rows and its questionnaires."""
    await research.see(tx, as_of)
    versions = await research.studies(tx, study)
    if not versions:
        raise NotFound(f"no study {study!r}")
    (data,) = await study_data(tx, study)
    return versions[-1], data, await research.instruments(tx, study)


async def _write(
    dataset: CdiscDataset, records: Sequence[object], file: Path, form: FileFormat, now: datetime
) -> WrittenFile:  # fmt: skip
    async def fill(stream: BinaryIO) -> int:
        return rows_as_csv(dataset.table, records, stream)

    return await write_table(dataset.table, fill, file, form, now)


async def _define(version: StudyUsed, described: Sequence[DescribedDataset], now: datetime, stream: BinaryIO) -> int:
    return define_xml.write(version.study, version.title, described, now, stream)
