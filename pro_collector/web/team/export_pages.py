"""`/team/study/{study}/exports`: data for research as files, made in the background."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pro_collector.commands.export_job import DATASETS, FORMATS, ask_export
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import ALL_SITES
from pro_collector.errors import BadInput, NotFound
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


class ExportPages:
    """Files for those who may take data of all sites out; each look and each file is recorded."""

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
        """Have a file made."""
        of_all_sites(visit)
        fields = await fields_of(request)
        try:
            as_of = _instant(fields.get("as_of", "").strip())
            await ask_export(
                visit.acts, visit.study, fields.get("dataset", ""), fields.get("format", ""), as_of, by=visit.who.name
            )
        except BadInput as error:
            return await self._list(visit, fields, {each.where: each.message for each in error.problems})
        except ValueError:
            return await self._list(visit, fields, {"as_of": "Write a day such as 2026-05-01, or nothing."})
        return self._guard.go(f"{study_path(visit.study, 'exports')}?done=asked")

    async def file(self, request: Request, visit: StudyVisit) -> Response:
        """Give the file of an export."""
        of_all_sites(visit)
        try:
            id = UUID(str(request.path_params["export"]))
        except ValueError:
            raise NotFound("no such export") from None
        return file_response(await export_file(visit.rt, visit.study, id))

    async def _list(
        self, visit: StudyVisit, typed: Mapping[str, str] = NO_MISTAKES, mistakes: Mapping[str, str] = NO_MISTAKES,
        said: str = "",
    ) -> Response:  # fmt: skip
        listed = await exports_of_study(visit.rt, visit.study) if visit.sites == ALL_SITES else []
        return self._pages.of_study(
            "exports.html", visit, _MENU, status=422 if mistakes else 200, mistakes=mistakes, typed=typed, said=said,
            listed=listed, datasets=DATASETS, formats=tuple(FORMATS), all_sites=visit.sites == ALL_SITES,
            now=visit.rt.clock.now(), ago=ago,
        )  # fmt: skip


def of_all_sites(visit: StudyVisit) -> None:
    """Raise NotFound for somebody who may take out data of some sites only: a file has those of all."""
    if visit.sites != ALL_SITES:
        raise NotFound("an export is of all sites")


def file_response(file: ExportFile) -> Response:
    """A file to keep."""
    headers = {
        **HEADERS, "Content-Disposition": f'attachment; filename="{file.name}"', "Content-Length": str(file.size)
    }  # fmt: skip
    return StreamingResponse(file.pieces, 200, headers, "application/zip")


def _instant(text: str) -> datetime | None:
    """The end of a day (UTC) that somebody wrote; None for nothing. Raises ValueError."""
    if not text:
        return None
    return datetime.fromisoformat(text).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
