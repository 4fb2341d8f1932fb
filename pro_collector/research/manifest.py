"""The manifest beside each exported file: what it has, how it was chosen, and the versions that made it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from pro_collector import __version__
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.research.tables import Column
from pro_collector.postgres.questions.research import StudyUsed
from pro_collector.research.files import WrittenFile

ENDING = ".manifest.json"


def filters(study: str | None, sites: Sequence[str] | None, as_of: datetime | None) -> dict[str, object]:
    """By what the rows of a file were chosen; None: by nothing."""
    return {
        "study": study,
        "sites": None if sites is None else list(sites),
        "as_of": as_of.isoformat() if as_of else None,
    }


def write(
    written: WrittenFile, table: str, columns: Sequence[Column], *, study: str | None, as_of: datetime | None,
    exported_at: datetime, studies: Sequence[StudyUsed], instruments: Sequence[Instrument],
    sites: Sequence[str] | None, choices: Mapping[str, str] | None = None,
) -> Path:  # fmt: skip
    """Write the manifest of a file beside it; return its name.

    `sites`: those whose participants it has; None: of all. `choices`: the rules that computed it.
    """
    data: dict[str, object] = {
        "file": written.file.name,
        "table": table,
        "rows": written.rows,
        "bytes": written.size,
        "sha256": written.sha256,
        "filters": filters(study, sites, as_of),
        "exported_at": exported_at.isoformat(),
        "product": f"pro-collector {__version__}",
        "studies": [{**asdict(each), "applied_at": each.applied_at.isoformat()} for each in studies],
        "instruments": [{"id": each.id, "version": each.version, "hash": each.hash} for each in instruments],
        "columns": [asdict(column) for column in columns],
    }
    if choices is not None:
        data["choices"] = dict(choices)
    file = written.file.with_name(written.file.name + ENDING)
    file.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file
