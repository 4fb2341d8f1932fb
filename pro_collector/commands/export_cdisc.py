"""Export a study to CDISC's standards: a folder of datasets with Define-XML, or one file of ODM."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Self

from pro_collector.commands.export_tables import study_data
from pro_collector.domain.exchange.cdisc_datasets import CDISC, CdiscDataset
from pro_collector.domain.exchange.cdisc_qs import StudyData
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.research.numbering import order_of_assessments
from pro_collector.domain.research.tables import ParticipantOfStudy
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.postgres.questions.research import StudyUsed
from pro_collector.research import define_xml, manifest, odm
from pro_collector.research.define_xml import STANDARDS, DescribedDataset
from pro_collector.research.files import ENDINGS, CsvRows, FileFormat, WrittenFile, write_file, write_table


async def export_cdisc(
    database: Database, to: Path, form: FileFormat, *, study: str, as_of: datetime | None = None, now: datetime
) -> list[WrittenFile]:  # fmt: skip
    """Write all datasets of a study into folders `sdtm` and `adam` in the folder `to`, each with its define.xml.

    Raises NotFound, BadInput, NotMigrated, Misconfigured.
    """
    with ExitStack() as stack:
        texts = {name: stack.enter_context(TemporaryFile()) for name in CDISC}
        async with database.snapshot() as tx:
            version, instruments = await _one(tx, study, as_of)
            sites = await research.sites(tx)
            spooled = [_Spooled.of(each, f"{name}{ENDINGS[form]}", texts[name]) for name, each in CDISC.items()]
            async for data in study_data(tx, study):
                for each in spooled:
                    each.take(data)
        written = []
        for standard in STANDARDS:
            (folder := to / standard).mkdir(exist_ok=True)
            chosen = [each for each in spooled if each.described.dataset.standard == standard]
            for each in chosen:
                table = each.described.dataset.table
                done = await write_table(table, each.copy, folder / each.described.file, form, now)
                manifest.write(
                    done, table.name, table.columns, study=study, as_of=as_of, exported_at=now, studies=[version],
                    instruments=instruments, sites=sites,
                )  # fmt: skip
                written.append(done)
            described = [each.described for each in chosen]
            written.append(await write_file(folder / "define.xml", partial(_define, version, described, now)))
    return written


@dataclass(frozen=True, slots=True)
class _Spooled:
    """A dataset as CSV in a temporary file, while the study is read once, participant by participant."""

    described: DescribedDataset
    text: BinaryIO
    rows: CsvRows

    @classmethod
    def of(cls, dataset: CdiscDataset, file: str, text: BinaryIO) -> Self:
        """An empty one."""
        return cls(DescribedDataset(dataset, file), text, CsvRows(dataset.table, text))

    def take(self, data: StudyData) -> None:
        """Add the records of some participants."""
        for record in self.described.dataset.records(data):
            self.described.count(record)
            self.rows.write([record])

    async def copy(self, stream: BinaryIO) -> int:
        """Write all of it into another file."""
        count = self.rows.close()
        self.text.seek(0)
        shutil.copyfileobj(self.text, stream)
        return count


async def export_odm(
    database: Database, to: Path, *, study: str, as_of: datetime | None = None, now: datetime
) -> WrittenFile:  # fmt: skip
    """Write a study as ODM 1.3.2 into the file `to`. Raises NotFound, BadInput, NotMigrated, Misconfigured."""
    async with database.snapshot() as tx:
        version, instruments = await _one(tx, study, as_of)
        used, asked = await research.received(tx, study), await research.asked(tx, study)
        known = {(each.id, each.version): each for each in instruments}
        named = {name for names in asked.values() for name in names}
        chosen = [each for key, each in sorted(known.items()) if key in used or each.id in named]
        people = await research.rows(tx, ParticipantOfStudy, study)
        versions = await research.studies(tx, study)
        described = odm.OdmStudy(
            version.study, version.title, version.version, chosen, people,
            order_of_assessments(each.assessments for each in versions), asked,
        )  # fmt: skip

        async def fill(stream: BinaryIO) -> int:
            return await odm.write(described, study_data(tx, study), now, as_of, stream)

        done = await write_file(to, fill)
        manifest.write(
            done, "odm", [], study=study, as_of=as_of, exported_at=now, studies=[version], instruments=instruments,
            sites=await research.sites(tx),
        )  # fmt: skip
    return done


async def _one(tx: Tx, study: str, as_of: datetime | None) -> tuple[StudyUsed, list[Instrument]]:
    """The newest version of a study, and its questionnaires."""
    await research.see(tx, as_of)
    versions = await research.studies(tx, study)
    if not versions:
        raise NotFound(f"no study {study!r}")
    return versions[-1], await research.instruments(tx, study)


async def _define(version: StudyUsed, described: Sequence[DescribedDataset], now: datetime, stream: BinaryIO) -> int:
    return define_xml.write(version.study, version.title, described, now, stream)
