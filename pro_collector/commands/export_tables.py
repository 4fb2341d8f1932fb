"""Export tables of the research model into files, each with a manifest, as they are at one moment."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pro_collector.domain.research.tables import TABLES
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import research
from pro_collector.research import manifest
from pro_collector.research.files import FileFormat, WrittenFile, write_table


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
        for name in names:
            table = TABLES[name]
            file = to / f"{name}.{form}" if to.is_dir() else to
            done = await write_table(tx, table, study, file, form)
            manifest.write(
                done, name, table.columns, study=study, as_of=as_of, exported_at=now, studies=studies,
                instruments=instruments,
            )  # fmt: skip
            written.append(done)
    return written


async def print_table(database: Database, name: str, *, study: str | None = None, as_of: datetime | None = None) -> int:
    """Write one table as CSV to standard output; return the number of rows. Raises NotMigrated, Misconfigured."""
    async with database.snapshot() as tx:
        await research.see(tx, as_of)
        return await research.copy_to(tx, TABLES[name], study, sys.stdout.buffer)
