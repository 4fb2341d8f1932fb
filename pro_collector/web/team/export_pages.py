"""`/team/study/{study}/exports`: data for research as files, made in the background."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pro_collector.commands.export_job import ask_export
from pro_collector.commands.write_export import DEFINITION, ToExport
from pro_collector.domain.account.acts import Act
from pro_collector.domain.exchange.offered import FORM_TITLES, HERE, usual_form
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.views.exports import ExportFile, export_file, exports_of_study
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.spoken_time import ago
from pro_collector.web.team_page import HEADERS

PATH = "/team/study/{study}/exports"
_MENU = "exports"
_SAID = {"asked": "It is being made now. You can leave the page: the file stays here."}
_GROUPS = [(group, list(members)) for group, members in groupby(HERE.values(), key=lambda each: each.group)]


class ExportPages:
    """Files of the sites at which somebody may take data out; each look and each file is recorded."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The list, the form for a new one, and the files."""
        yield PATH, "GET", self._guard.of_study(Act.export, self.show)
        yield PATH, "POST", self._guard.of_study(Act.export, self.ask)
        yield f"{PATH}/{{export}}", "GET", self._guard.of_study(Act.export, self.file)

    async def show(self, request: Request, visit: StudyVisit) -> Response:
        """List the exports."""
        return await self._list(visit, said=_SAID.get(request.query_params.get("done", ""), ""))

    async def ask(self, request: Request, visit: StudyVisit) -> Response:
        """Have a file made, with the participants of the sites at which whoever asks may take data out."""
        fields = dict(await fields_of(request))
        fields["definition"] = fields.get("upload") or fields.get("definition", "")
        try:
            await ask_export(visit.acts, visit.study, _asked(fields, visit), by=visit.who.name)
        except BadInput as error:
            return await self._list(visit, fields, error.problems)
        return self._guard.go(f"{study_path(visit.study, 'exports')}?done=asked")

    async def file(self, request: Request, visit: StudyVisit) -> Response:
        """Give the file of an export."""
        try:
            id = UUID(str(request.path_params["export"]))
        except ValueError:
            raise NotFound("no such export") from None
        return file_response(await export_file(visit.rt, visit.study, id, visit.sites))

    async def _list(
        self, visit: StudyVisit, typed: Mapping[str, str] = NO_MISTAKES, problems: Iterable[Problem] = (),
        said: str = "",
    ) -> Response:  # fmt: skip
        mistakes, lines = _mistakes(problems)
        return self._pages.of_study(
            "exports.html", visit, _MENU, status=422 if mistakes else 200, mistakes=mistakes, lines=lines,
            typed=typed, said=said, groups=_GROUPS, titles=FORM_TITLES, sites=visit.sites.listed,
            listed=await exports_of_study(visit.rt, visit.study, visit.sites), now=visit.rt.clock.now(), ago=ago,
        )  # fmt: skip


def file_response(file: ExportFile) -> Response:
    """A file to keep."""
    headers = {
        **HEADERS, "Content-Disposition": f'attachment; filename="{file.name}"', "Content-Length": str(file.size)
    }  # fmt: skip
    return StreamingResponse(file.pieces, 200, headers, "application/zip")


def _asked(fields: Mapping[str, str], visit: StudyVisit) -> ToExport:
    """What somebody chose on the page. Raises BadInput."""
    dataset = fields.get("dataset", "")
    name = (fields.get("upload_name") or DEFINITION)[:100]
    as_of = _instant(fields.get("as_of", "").strip())
    return ToExport(
        dataset, fields.get("format") or usual_form(dataset), as_of, visit.sites, fields["definition"], name
    )


def _mistakes(problems: Iterable[Problem]) -> tuple[dict[str, str], list[Problem]]:
    """What to say at each field of the form; and the mistakes in a definition, which have lines."""
    fields, lines = {}, []
    for each in problems:
        if each.file:
            lines.append(each)
        else:
            fields[each.where] = each.message
    if lines:
        fields["definition"] = f"The file has {len(lines)} mistake{'s' if len(lines) > 1 else ''}."
    return fields, lines


def _instant(text: str) -> datetime | None:
    """The start of a day (UTC) that somebody wrote; None for nothing. Raises BadInput."""
    try:
        written = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput([Problem("", None, "as_of", "Write a day such as 2026-05-01, or nothing.")]) from None
    return written and written.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
