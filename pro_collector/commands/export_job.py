"""An export in the background: tables of the research model in one file, which stays for two weeks."""

import asyncio
import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pro_collector.commands.ask_job import ask_job
from pro_collector.commands.export_tables import export_tables
from pro_collector.domain.near import unknown
from pro_collector.domain.research.tables import TABLES
from pro_collector.errors import BadInput, Problem, ProCollectorError
from pro_collector.postgres.tables import export_pieces
from pro_collector.research.files import FileFormat
from pro_collector.runtime import Runtime

ALL_TABLES = "tables"
"""All tables of the research model in one file."""
DATASETS = (ALL_TABLES, *TABLES)
FORMATS: Mapping[str, FileFormat] = {"csv": "csv", "parquet": "parquet"}
KEPT = timedelta(days=14)
"""For so long the file is kept."""
PIECE = 4 * 2**20
LARGEST = 512 * 2**20
"""Bytes of a file at most; a larger one is written by the command line."""


async def ask_export(rt: Runtime, study: str, dataset: str, form: str, as_of: datetime | None, *, by: str) -> UUID:
    """Ask for an export of all sites of a study; returns the id of the job. Raises BadInput, NotFound."""
    problems = []
    if dataset not in DATASETS:
        problems.append(Problem("", None, "dataset", unknown("dataset", dataset, DATASETS)))
    if form not in FORMATS:
        problems.append(Problem("", None, "format", unknown("format", form, FORMATS)))
    if as_of is not None and as_of > rt.clock.now():
        problems.append(Problem("", None, "as_of", "expected an instant that has passed"))
    if problems:
        raise BadInput(problems)
    async with rt.database.transaction() as tx:
        await rt.studies.in_force(tx, study)
    asked = {"dataset": dataset, "format": form, "as_of": as_of.isoformat() if as_of else None}
    return await ask_job(rt, study, "export", asked, by=by)


async def make_export(
    rt: Runtime, study: str, job: UUID, asked: Mapping[str, Any], tell: Callable[[int, int], None]
) -> dict[str, Any]:
    """Write the tables with their manifests, pack them, and store the file.

    Raises Misconfigured without the package for a format, ProCollectorError for a file that is too large.
    """
    dataset, form, now = str(asked["dataset"]), FORMATS[str(asked["format"])], rt.clock.now()
    as_of = datetime.fromisoformat(asked["as_of"]) if asked["as_of"] else None
    names = list(TABLES) if dataset == ALL_TABLES else [dataset]
    tell(0, 2)
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "tables"
        inside.mkdir()
        written = await export_tables(rt.database, names, inside, form, study=study, as_of=as_of, now=now)
        packed = Path(folder) / "export.zip"
        await asyncio.to_thread(_pack, inside, packed)
        tell(1, 2)
        size = packed.stat().st_size
        if size > LARGEST:
            raise ProCollectorError("the file is too large to be kept here: use pro-collector export on the server")
        digest = await _store(rt, job, packed)
    return {
        "file": f"{study}-{dataset}-{now:%Y%m%dT%H%M}Z.zip",
        "size": size,
        "sha256": digest,
        "rows": {name: each.rows for name, each in zip(names, written, strict=True)},
    }


def _pack(folder: Path, into: Path) -> None:
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, file.name)


async def _store(rt: Runtime, job: UUID, file: Path) -> str:
    """Store a file in pieces; its SHA-256."""
    digest = hashlib.sha256()
    async with rt.database.transaction() as tx:
        await export_pieces.clear(tx, job)
    with file.open("rb") as stream:
        n = 0
        while piece := await asyncio.to_thread(stream.read, PIECE):
            digest.update(piece)
            async with rt.database.transaction() as tx:
                await export_pieces.add(tx, job, n, piece)
            n += 1
    return digest.hexdigest()
