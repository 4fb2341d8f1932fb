"""Check a study file before it is put in force: every mistake with its line, and what to reconsider."""

import asyncio
from dataclasses import dataclass

from pro_collector.casework.speaking.advising import long_advice
from pro_collector.commands.apply_study import read
from pro_collector.commands.known_instruments import known_instruments
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.warnings import warnings_of
from pro_collector.errors import BadInput, Problem
from pro_collector.library import Library
from pro_collector.postgres.tables import studies
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class CheckedStudy:
    """A study file that was checked. `study` is None if it has mistakes."""

    study: Study | None
    mistakes: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


async def check_study(rt: Runtime, study: str, text: str, file: str) -> CheckedStudy:
    """Check a file that is to be a version of this study. Computes in a thread, and changes nothing."""
    library = await known_instruments(rt, study)
    try:
        read_study, warnings = await asyncio.to_thread(_checked, text, file, library)
    except BadInput as error:
        return CheckedStudy(None, tuple(error.problems))
    mistakes = await _mistakes(rt, study, read_study, file)
    return CheckedStudy(None if mistakes else read_study, mistakes, warnings)


def _checked(text: str, file: str, library: Library) -> tuple[Study, tuple[str, ...]]:
    found = read(text, file, library)
    return found, (*warnings_of(found), *long_advice(found))


async def _mistakes(rt: Runtime, study: str, found: Study, file: str) -> tuple[Problem, ...]:
    """Why a valid file cannot be a version of this study."""
    if found.id != study:
        return (Problem(file, None, "id", f"expected {study}, the study of this page, not {found.id}"),)
    async with rt.database.transaction() as tx:
        known = await studies.version_hash(tx, study, found.version)
    if known is not None and known != found.hash:
        words = f"{found.version} was applied with other content; give this one a new version"
        return (Problem(file, None, "version", words),)
    return ()
