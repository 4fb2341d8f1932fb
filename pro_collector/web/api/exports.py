"""Exports in the background for programs: what there is, ask for one, the list, and the file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from pro_collector.commands.export_job import LARGEST_DEFINITION, ask_export
from pro_collector.commands.write_export import DEFINITION, ToExport
from pro_collector.domain.account.acts import Act
from pro_collector.domain.exchange.offered import HERE, Offered, usual_form
from pro_collector.views.exports import ExportShown, export_file, exports_of_study
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit
from pro_collector.web.api.study import Job
from pro_collector.web.team.export_pages import file_response

ExportId = Annotated[UUID, Path(alias="export", description="the id of the export")]


class ExportToMake(BaseModel):
    """What to export, in which format (null: the usual one); `as_of`: the record as it was then (null: as it is).

    `definition`: the text of a definition file, for endpoints and report.
    """

    dataset: str = Field(max_length=40, description="a name of `exports/forms`")
    format: str | None = Field(default=None, max_length=40, description="one of the formats of that name")
    as_of: AwareDatetime | None = None
    definition: str = Field(default="", max_length=LARGEST_DEFINITION)


async def forms_of_exports(visit: Visit) -> Sequence[Offered]:  # noqa: ARG001  # for whoever may export
    """What can be exported, with the formats of each, the usual one first."""
    return list(HERE.values())


async def make_export_of_study(visit: Visit, sent: ExportToMake) -> Job:
    """Have a file made with the participants of the sites at which you may export; it stays for 14 days."""
    as_of: datetime | None = sent.as_of
    form = sent.format or usual_form(sent.dataset)
    asked = ToExport(sent.dataset, form, as_of, visit.sites, sent.definition, DEFINITION)
    return Job(job=await ask_export(visit.acts, visit.study, asked, by=visit.who.name))


async def list_of_exports(visit: Visit) -> list[ExportShown]:
    """The newest exports that have nobody of other sites than yours; those with a `file` can be fetched."""
    return await exports_of_study(visit.rt, visit.study, visit.sites)


async def file_of_export(visit: Visit, export: ExportId) -> Response:
    """The file of an export: a ZIP archive with each file and its manifest, and `export.json` about the whole."""
    return file_response(await export_file(visit.rt, visit.study, export, visit.sites))


def add_exports(routes: ApiRoutes) -> None:
    """Add these routes; who makes and fetches files is recorded."""
    path, tag = f"{OF_STUDY}/exports", "exports"
    routes.add(Act.export, path, list_of_exports, tag=tag)
    routes.add(Act.export, f"{path}/forms", forms_of_exports, tag=tag)
    routes.add(Act.export, path, make_export_of_study, method="POST", status=202, tag=tag)
    routes.add(Act.export, f"{path}/{{export}}/file", file_of_export, tag=tag)
