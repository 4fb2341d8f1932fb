"""Writes an export into a folder: each form that the page and the API offer, by the commands of the command line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self, cast

from pro_collector import __version__
from pro_collector.commands.draw_figures import draw_endpoints, draw_table
from pro_collector.commands.export_cdisc import export_cdisc, export_odm
from pro_collector.commands.export_endpoints import export_endpoints
from pro_collector.commands.export_fhir import export_fhir
from pro_collector.commands.export_tables import export_tables
from pro_collector.commands.report_study import report_study
from pro_collector.domain.account.permission import ALL_SITES, Sites
from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.research.tables import TABLES
from pro_collector.postgres.database import Database
from pro_collector.research.files import FileFormat, WrittenFile
from pro_collector.research.manifest import filters

OVERVIEW = "export.json"
"""The file of each export that says what it is."""
DEFINITION = "endpoints.yaml"
_WITH_ROWS = (".csv", ".parquet", ".json", ".xpt")


@dataclass(frozen=True, slots=True)
class ToExport:
    """What somebody asks for. `definition`: the text of a file of endpoints. `as_of`: None is the record as it is."""

    dataset: str
    format: str
    as_of: datetime | None = None
    sites: Sites = ALL_SITES
    definition: str = ""
    file: str = DEFINITION

    def as_data(self) -> dict[str, Any]:
        """As plain data, which a job keeps."""
        return {
            "dataset": self.dataset,
            "format": self.format,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "sites": self.sites.listed,
            "definition": self.definition,
            "file": self.file,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """What a job kept; one that says nothing of sites is older, and of all."""
        as_of = data["as_of"]
        return cls(
            str(data["dataset"]), str(data["format"]), datetime.fromisoformat(as_of) if as_of else None,
            Sites.of(data.get("sites")), str(data.get("definition", "")), str(data.get("file", DEFINITION)),
        )  # fmt: skip

    @property
    def document(self) -> Document | None:
        """The definition of endpoints. Raises BadInput."""
        return parse_yaml(self.definition, self.file) if self.definition.strip() else None


async def write_export(
    database: Database, study: str, asked: ToExport, folder: Path, now: datetime
) -> dict[str, int]:  # fmt: skip
    """Write what was asked for into a folder, with `export.json`; return how many rows each table has, by its name.

    `database` decides whose rows there are. Raises what the commands raise: BadInput, NotMigrated, Misconfigured.
    """
    if asked.dataset == "fhir":
        rows = await export_fhir(database, folder, study=study, since=None, now=now)
    else:
        written = await _written(database, study, asked, folder, now)
        rows = {
            each.file.relative_to(folder).with_suffix("").as_posix(): each.rows
            for each in written if each.file.suffix in _WITH_ROWS
        }  # fmt: skip
    overview = {
        "dataset": asked.dataset,
        "format": asked.format,
        "filters": filters(study, asked.sites.listed, asked.as_of),
        "exported_at": now.isoformat(),
        "product": f"pro-collector {__version__}",
        "rows": rows,
    }
    (folder / OVERVIEW).write_text(json.dumps(overview, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return rows


async def _written(database: Database, study: str, asked: ToExport, folder: Path, now: datetime) -> list[WrittenFile]:
    as_of, document = asked.as_of, asked.document
    if asked.dataset == "report":
        page = folder / "report.html"
        return [await report_study(database, study, page, document=document, as_of=as_of, now=now)]
    if asked.dataset == "odm":
        return [await export_odm(database, folder / "odm.xml", study=study, as_of=as_of, now=now)]
    if asked.format == "svg":
        if document is not None:
            return await draw_endpoints(database, document, folder, study=study, as_of=as_of)
        return [await draw_table(database, asked.dataset, folder / f"{asked.dataset}.svg", study=study, as_of=as_of)]
    form = cast(FileFormat, asked.format)  # `problems_of` allows no other of a table
    if asked.dataset == "cdisc":
        return await export_cdisc(database, folder, form, study=study, as_of=as_of, now=now)
    if document is not None:
        return await export_endpoints(database, document, folder, form, study=study, as_of=as_of, now=now)
    names = list(TABLES) if asked.dataset == "tables" else [asked.dataset]
    return await export_tables(database, names, folder, form, study=study, as_of=as_of, now=now)
