"""The page about the roster: who is on duty now, what it leaves open, and another one put in force."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.act_on_alert import RosterPreview, apply_roster, preview_roster
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import ALL_SITES, sites_for
from pro_collector.errors import BadInput, NotFound
from pro_collector.views.roster import roster_page
from pro_collector.web.request import fields_of
from pro_collector.web.team.alert_pages import MENU, PATH
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.spoken_time import ago, local

FILE = "roster.yaml"
_SAID = {"applied": "This roster is in force."}


class RosterPages:
    """The roster of a study. Only whoever may change the study at all its sites sees addresses, and changes it."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """Their routes."""
        yield f"{PATH}/roster", "GET", self._guard.of_study(Act.see_people, self.show)
        yield f"{PATH}/roster", "POST", self._guard.of_study(Act.amend_study, self.change)

    async def show(self, request: Request, visit: StudyVisit) -> Response:
        """Show who is on duty, and the roster in force."""
        return await self._shown(visit, said=_SAID.get(request.query_params.get("done", ""), ""))

    async def change(self, request: Request, visit: StudyVisit) -> Response:
        """Show what another roster leaves open; the second time, put it in force."""
        if visit.sites != ALL_SITES:
            raise NotFound("a roster is for all sites")
        fields = await fields_of(request)
        text = fields.get("roster", "")
        try:
            if fields.get("seen") == "yes":
                await apply_roster(visit.acts, visit.study, text, FILE, visit.who.name)
                return self._guard.go(f"{study_path(visit.study, MENU)}/roster?done=applied")
            preview = await preview_roster(visit.rt, visit.study, text, FILE)
        except BadInput as error:
            return await self._shown(visit, status=422, mistakes={"roster": str(error)}, text=text)
        return await self._shown(visit, text=text, preview=preview)

    async def _shown(
        self, visit: StudyVisit, *, status: int = 200, said: str = "", mistakes: Mapping[str, str] = NO_MISTAKES,
        text: str | None = None, preview: RosterPreview | None = None,
    ) -> Response:  # fmt: skip
        sites = sites_for(visit.who.grants, Act.see_people, visit.study)
        shown = await roster_page(visit.rt, visit.study, sites)
        changes = sites_for(visit.who.grants, Act.amend_study, visit.study) == ALL_SITES
        return self._pages.of_study(
            "roster.html", visit, MENU, status=status, mistakes=mistakes, said=said, shown=shown, changes=changes,
            text=shown.document if text is None else text, preview=preview, ago=ago, local=local,
        )  # fmt: skip
