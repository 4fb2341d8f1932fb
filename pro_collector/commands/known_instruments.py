"""The instruments that a study file may name where no folder is given: on the disk, and those in the record."""

import asyncio
from functools import cache
from pathlib import Path

from pro_collector.library import Library, load_library
from pro_collector.postgres.tables import studies
from pro_collector.runtime import Runtime


async def known_instruments(rt: Runtime, study: str) -> Library:
    """The instruments of the product, of the folder in the settings, and those that this study was applied with.

    Raises BadInput with the mistakes in the files of instruments of the study.
    """
    own = await asyncio.to_thread(_library, rt.settings.instruments)
    async with rt.database.transaction() as tx:
        current = await studies.current(tx, study)
        stored = (await rt.studies.get(tx, study, current.version)).instruments if current else {}
    return await asyncio.to_thread(own.having, list(stored.values()))


@cache
def _library(folder: str) -> Library:
    """The instruments on the disk; a process reads each once."""
    return load_library(Path(folder) if folder else None)
