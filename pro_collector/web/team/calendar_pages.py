"""The calendar of a study: the next two weeks by day and site."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import sites_for
from pro_collector.views.calendar import show_calendar
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import TeamPages

CALENDAR = "/team/study/{study}/calendar"
WHAT: Mapping[str, str] = {
    "opens": "check-in opens", "closes": "check-in closes", "call": "call to make", "event": "expected event",
}  # fmt: skip


class CalendarPages:
    """The calendar."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """One page, for everybody who sees people."""
        return ((CALENDAR, "GET", self._guard.of_study(Act.see_people, self.show)),)

    async def show(self, request: Request, visit: StudyVisit) -> Response:
        """Show the next two weeks."""
        site, what = (request.query_params.get(name, "") for name in ("site", "what"))
        shown = await show_calendar(visit.rt, visit.study, visit.sites, site=site, what=what if what in WHAT else "")
        works = bool(sites_for(visit.who.grants, Act.work_tasks, visit.study))
        return self._pages.of_study(
            "calendar.html", visit, "calendar", shown=shown, site=site, what=what, whats=WHAT, works=works
        )
