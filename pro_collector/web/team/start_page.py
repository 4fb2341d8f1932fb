"""`/team`: leads to the worklist of somebody's study, shows their studies if there are several, or their account."""

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.sessions import Present
from pro_collector.views.worklist import studies_with_work
from pro_collector.web.team.account_pages import ACCOUNT
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import TeamPages


class StartPage:
    """Where somebody comes after signing in."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    async def show(self, _request: Request, who: Present) -> Response:
        """Lead to the only study in which somebody sees to items; a list of several; without any to the account."""
        found = await studies_with_work(self._guard.acts, who.grants)
        if not found:
            return self._guard.go(ACCOUNT)
        if len(found) == 1:
            return self._guard.go(study_path(found[0].study, "today"))
        links = [(study_path(each.study, "today"), each.title, each.open) for each in found]
        return self._pages.show("start.html", session=who.session, name=who.name, links=links)
