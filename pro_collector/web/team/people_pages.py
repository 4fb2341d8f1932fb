"""The list of people of a study: filters, pages, and the search for who is reached at an address."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.inbound.written import Viewer
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import sites_for
from pro_collector.errors import BadInput
from pro_collector.views.people import Wanted, list_people, people_at_address
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.state_words import STATE_WORDS
from pro_collector.web.team.times import PageTimes

PEOPLE = "/team/study/{study}/people"
STATES: Mapping[str, str] = {"in": "in the study", "left": "has left", **STATE_WORDS}
_DONE = {
    "enrolled": "Enrolled. The check-ins are planned within seconds.",
    "imported": "All of them are enrolled. The check-ins are planned within seconds.",
}
_ASKED = ("text", "site", "arm", "state", "after", "before")
_FILTERS = ("text", "site", "arm", "state", "silent")


class PeoplePages:
    """The list, and the search by address."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The list for everybody who sees people; the search for those who see addresses."""
        return (
            (PEOPLE, "GET", self._guard.of_study(Act.see_people, self.show)),
            (f"{PEOPLE}/find", "POST", self._guard.of_study(Act.see_addresses, self.find)),
        )

    async def show(self, request: Request, visit: StudyVisit) -> Response:
        """Show one page of the list."""
        return await self._list(visit, dict(request.query_params))

    async def find(self, request: Request, visit: StudyVisit) -> Response:
        """Find who is reached at a telephone number or a mail address, which is in no URL."""
        address = (await fields_of(request)).get("address", "").strip()
        try:
            codes = await people_at_address(visit.rt, visit.study, visit.sites, address, Viewer(visit.who.name, "web"))
        except BadInput:
            words = "Write a number with its country code, such as +12025550123, or a mail address."
            return await self._list(visit, {}, {"address": words}, address=address)
        if not codes:
            return await self._list(visit, {}, {"address": "Nobody here is reached there."}, address=address)
        if len(codes) == 1:
            return self._guard.go(f"{PEOPLE.format(study=visit.study)}/{codes[0]}")
        return await self._list(visit, {}, found=codes)

    async def _list(
        self, visit: StudyVisit, asked: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES, *,
        address: str = "", found: Iterable[str] = (),
    ) -> Response:  # fmt: skip
        text, site, arm, state, after, before = (asked.get(name, "") for name in _ASKED)
        wanted = Wanted(text, site, arm, state, asked.get("silent") == "yes", after, before)
        shown = await list_people(visit.rt, visit.study, visit.sites, wanted)
        kept = {name: asked[name] for name in _FILTERS if asked.get(name)}
        grants = visit.who.grants
        return self._pages.of_study(
            "people.html", visit, "people", status=422 if mistakes else 200, mistakes=mistakes,
            shown=shown, wanted=wanted, states=STATES, times=PageTimes(shown.now), address=address,
            at_address=list(found),
            earlier=shown.earlier and urlencode({**kept, "before": shown.earlier}),
            later=shown.later and urlencode({**kept, "after": shown.later}),
            finds=bool(sites_for(grants, Act.see_addresses, visit.study)),
            enrols=bool(sites_for(grants, Act.enrol, visit.study)),
            done=_DONE.get(asked.get("done", ""), ""),
        )  # fmt: skip
