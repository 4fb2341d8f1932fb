"""The page of a study's feeds: how old each is, what it changed, and asking for a look or a reading."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.apply_feed import FeedRequest, ask_feed
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import ALL_SITES, sites_for
from pro_collector.errors import Conflict, NotFound
from pro_collector.postgres.questions.feed_page import LookRow
from pro_collector.views.feeds import FeedLook, FeedsPage, feeds_page
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import FEEDS, study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.spoken_time import ago

PATH = "/team/study/{study}/feeds"
_SAID = {
    "look": "The feed is being looked at. Load this page again in a moment: what it would change stands below.",
    "read": "The feed is being read. Load this page again in a moment: what it changed stands below.",
}


class FeedPages:
    """The feeds of a study; only who records treatment at all its sites asks for readings."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """Their routes."""
        yield PATH, "GET", self._guard.of_study(Act.see_people, self.show)
        yield PATH, "POST", self._guard.of_study(Act.record_treatment, self.ask)
        yield f"{PATH}/confirm", "POST", self._guard.of_study(Act.withdraw, self.confirm, fresh=True)

    async def show(self, request: Request, visit: StudyVisit) -> Response:
        """Show the feeds."""
        return await self._shown(visit, said=_SAID.get(request.query_params.get("done", ""), ""))

    async def ask(self, request: Request, visit: StudyVisit) -> Response:
        """Ask for a look, or for a reading, in which nobody is ended and nothing is retracted in numbers."""
        must_be_of_all_sites(visit)
        fields = await fields_of(request)
        what = fields.get("what", "")
        asked = FeedRequest("look" if what == "look" else "read", fields.get("whole") == "yes")
        return await self._asked(visit, fields, asked)

    async def confirm(self, request: Request, visit: StudyVisit) -> Response:
        """Have recorded what a look has shown: also who gets no more questions, and what is gone from the source."""
        must_be_of_all_sites(visit)
        fields = await fields_of(request)
        look = _look(await feeds_page(visit.rt, visit.study, visit.sites), fields)
        number = ending(look.people) + look.run.gone if look else 0
        if look is None or fields.get("number", "").strip() != str(number):
            words = f"Type {number} if you have checked it." if look else "This is not what was shown last: look again."
            return await self._shown(visit, 422, mistakes={"number": words})
        return await self._asked(visit, fields, FeedRequest("read", look.run.whole, look.run.id))

    async def _asked(self, visit: StudyVisit, fields: Mapping[str, str], asked: FeedRequest) -> Response:
        try:
            await ask_feed(visit.acts, visit.study, fields.get("feed", ""), asked, by=visit.who.name)
        except Conflict as error:
            return await self._shown(visit, 409, mistakes={"feed": f"{str(error)[:1].upper()}{str(error)[1:]}."})
        return self._guard.go(f"{study_path(visit.study, 'feeds')}?done={asked.what}")

    async def _shown(
        self, visit: StudyVisit, status: int = 200, *, said: str = "", mistakes: Mapping[str, str] = NO_MISTAKES
    ) -> Response:
        grants = visit.who.grants
        shown = await feeds_page(visit.rt, visit.study, sites_for(grants, Act.see_people, visit.study))
        return self._pages.of_study(
            "feeds.html", visit, FEEDS, status=status, mistakes=mistakes, shown=shown, said=said, ago=ago,
            asks=sites_for(grants, Act.record_treatment, visit.study) == ALL_SITES,
            confirms=sites_for(grants, Act.withdraw, visit.study) == ALL_SITES, ending=ending,
        )  # fmt: skip


def must_be_of_all_sites(visit: StudyVisit) -> None:
    """Raise NotFound for somebody who may do this at some sites only: a feed is of all of them."""
    if visit.sites != ALL_SITES:
        raise NotFound("a feed is of all sites")


def ending(people: Iterable[LookRow]) -> int:
    """How many people would get no more questions."""
    return sum(bool(each.changes["ends"]) for each in people)


def _look(shown: FeedsPage, fields: Mapping[str, str]) -> FeedLook | None:
    """The look that a form is about, if it is still the newest."""
    looks = {str(each.look.run.id): each.look for each in shown.feeds if each.look and each.name == fields.get("feed")}
    return looks.get(fields.get("look", ""))
