"""An export in the background: files for research in one archive, which stays for two weeks."""

import asyncio
import hashlib
import tempfile
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pro_collector.commands.ask_job import ask_job
from pro_collector.commands.export_endpoints import check_endpoints
from pro_collector.commands.write_export import ToExport, write_export
from pro_collector.domain.exchange.offered import problems_of
from pro_collector.errors import BadInput, Conflict, Problem, ProCollectorError
from pro_collector.postgres.database import Database
from pro_collector.postgres.grants import VIEWER
from pro_collector.postgres.questions.session import Scope
from pro_collector.postgres.tables import export_pieces
from pro_collector.postgres.tables.jobs import JobRow
from pro_collector.runtime import Runtime

KEPT = timedelta(days=14)
"""For so long the file is kept."""
PIECE = 4 * 2**20
LARGEST = 512 * 2**20
"""Bytes of a file at most; a larger one is written by the command line."""
LARGEST_DEFINITION = 100_000
"""Characters of a definition of endpoints at most."""


async def ask_export(rt: Runtime, study: str, asked: ToExport, *, by: str) -> UUID:
    """Ask for an export of a study, with the participants of the sites that `asked` names; returns the id of the job.

    Raises BadInput, also with the lines of the mistakes in a definition of endpoints; NotFound.
    """
    of_the_past, with_file = asked.as_of is not None, bool(asked.definition.strip())
    problems = list(problems_of(asked.dataset, asked.format, of_the_past=of_the_past, with_file=with_file))
    if asked.as_of is not None and asked.as_of > rt.clock.now():
        problems.append(Problem("", None, "as_of", "expected an instant that has passed"))
    if len(asked.definition) > LARGEST_DEFINITION:
        problems.append(Problem("", None, "definition", f"is longer than {LARGEST_DEFINITION} characters"))
    if problems:
        raise BadInput(problems)
    async with rt.database.transaction() as tx:
        await rt.studies.in_force(tx, study)
    if (document := asked.document) is not None:
        await check_endpoints(rt.database, document, study)
    return await ask_job(rt, study, "export", asked.as_data(), by=by)


async def make_export(rt: Runtime, job: JobRow, tell: Callable[[int, int], None]) -> dict[str, Any]:
    """Write the files with their manifests, pack them, and store the archive.

    Raises Misconfigured without the package for a format, ProCollectorError for a file that is too large, Conflict if
    it is to be made anew: somebody was erased or has moved to another site meanwhile.
    """
    asked, study, now = ToExport.of(job.input), job.head.study, rt.clock.now()
    tell(0, 2)
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "files"
        inside.mkdir()
        rows = await write_export(_seeing(rt, job, asked), study, asked, inside, now)
        packed = Path(folder) / "export.zip"
        await asyncio.to_thread(_pack, inside, packed)
        tell(1, 2)
        size = packed.stat().st_size
        if size > LARGEST:
            raise ProCollectorError("the file is too large to be kept here: use pro-collector export on the server")
        digest = await _store(rt, job, packed)
    file = f"{study}-{asked.dataset}-{now:%Y%m%dT%H%M}Z.zip"
    return {"file": file, "size": size, "sha256": digest, "rows": rows}


def _seeing(rt: Runtime, job: JobRow, asked: ToExport) -> Database:
    """The database as whoever asked sees it on a page: the rows of this study and these sites, and no others."""
    role = rt.settings.database_roles + VIEWER
    return rt.database.limited(Scope(role, job.head.study, asked.sites, job.client))


def _pack(folder: Path, into: Path) -> None:
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            packed.write(file, file.relative_to(folder))


async def _store(rt: Runtime, job: JobRow, file: Path) -> str:
    """Store a file in pieces; its SHA-256. Raises Conflict if the export is to be made anew."""
    digest = hashlib.sha256()
    async with rt.database.transaction() as tx:
        await export_pieces.clear(tx, job.head.id)
    with file.open("rb") as stream:
        n = 0
        while piece := await asyncio.to_thread(stream.read, PIECE):
            digest.update(piece)
            async with rt.database.transaction() as tx:
                if not await export_pieces.add(tx, job.head.id, job.head.starts, n, piece):
                    raise Conflict("the record has changed: this export is made anew")
            n += 1
    return digest.hexdigest()
