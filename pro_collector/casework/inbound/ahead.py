"""Prepares to read replies before the first one comes.

The phrases of all languages are compiled for each language in which people are texted: seconds of computing, in which
the event loop would answer nobody, and a transaction would hold its locks.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from pro_collector import languages
from pro_collector.domain.reply.understanding import understand
from pro_collector.errors import NotFound
from pro_collector.postgres.tables import studies
from pro_collector.runtime import Runtime


async def prepare_to_read(rt: Runtime) -> None:
    """Compile, in a thread, the phrases for strangers and for each language of the studies in force.

    A language that a study gets later is compiled with the first reply in it.
    """
    async with rt.database.transaction() as tx:
        versions = [await rt.studies.get(tx, row.id, row.version) for row in await studies.all_in_force(tx)]
    of_studies = {code for version in versions for code in version.study.languages}
    await asyncio.to_thread(compile_phrases, {languages.available()[0], *of_studies})


def compile_phrases(codes: Iterable[str]) -> None:
    """Compile the phrases for people who are texted in these languages."""
    for code in sorted(codes):
        with suppress(NotFound):
            understand("7", None, languages.language(code))
