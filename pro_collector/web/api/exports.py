"""Exports in the background for programs: ask for one, the list, and the file."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from pro_collector.commands.export_job import DATASETS, FORMATS, ask_export
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import ALL_SITES
from pro_collector.views.exports import ExportShown, export_file, exports_of_study
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit
from pro_collector.web.api.study import Job
from pro_collector.web.team.export_pages import file_response, of_all_sites

ExportId = Annotated[UUID, Path(alias="export", description="the id of the export")]


class ExportToMake(BaseModel):
    """Which tables, in which format; `as_of`: the record as it was then (null: as it is)."""

    dataset: str = Field(max_length=40, description=f"one of {', '.join(DATASETS)}")
    format: str = Field(default="csv", max_length=40, description=f"one of {', '.join(FORMATS)}")
    as_of: AwareDatetime | None = None


async def make_export_of_study(visit: Visit, sent: ExportToMake) -> Job:
    """Have a file made, with the data of all sites; it stays for 14 days."""
    of_all_sites(visit)
    as_of: datetime | None = sent.as_of
    id = await ask_export(visit.acts, visit.study, sent.dataset, sent.format, as_of, by=visit.who.name)
    return Job(job=id)


async def list_of_exports(visit: Visit) -> list[ExportShown]:
    """The newest exports; those with a `file` can be fetched."""
    return await exports_of_study(visit.rt, visit.study) if visit.sites == ALL_SITES else []


async def file_of_export(visit: Visit, export: ExportId) -> Response:
    """The file of an export: a ZIP archive with each table and its manifest."""
    of_all_sites(visit)
    return file_response(await export_file(visit.rt, visit.study, export))


def add_exports(routes: ApiRoutes) -> None:
    """Add these routes; who makes and fetches files is recorded."""
    path, tag = f"{OF_STUDY}/exports", "exports"
    routes.add(Act.export, path, list_of_exports, tag=tag)
    routes.add(Act.export, path, make_export_of_study, method="POST", status=202, tag=tag)
    routes.add(Act.export, f"{path}/{{export}}/file", file_of_export, tag=tag)
