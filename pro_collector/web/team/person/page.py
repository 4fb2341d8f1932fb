"""The page of one person, and the conversation with them."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.inbound.written import Viewer
from pro_collector.display.broken_address import why_broken
from pro_collector.domain.account.acts import Act
from pro_collector.domain.scoring.trend import TrendPoint
from pro_collector.figures.trend import TrendDrawing, draw
from pro_collector.views.person import PersonPage, conversation_of, person_page_of
from pro_collector.views.person_scores import ScaleOfPerson
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.person.acting import AtPerson, PersonGuard, Route
from pro_collector.web.team.person.reaching import TITLES

_PATH = "/team/study/{study}/people/{code}"
_DONE = {
    "treatment": "The treatment is recorded, and the plan follows it.",
    "apart": "It is kept as unscheduled, and its time point is planned on the right day.",
    "state": "The state is recorded, and the plan follows it.",
    "leave": "It is recorded, and the plan follows it.",
    "details": "The change is stored.",
    "address": "The new address is stored; open check-ins are asked there.",
    "channels": "The order of channels is stored; the next message follows it.",
    "consent": "It is recorded, and the plan follows it.",
    "removed": "The address is removed.",
    "written": "Your message is on its way.",
}
_DIRECTIONS = {"higher-is-better": "Higher is better.", "higher-is-worse": "Higher is worse.", "none": ""}


class PersonPages:
    """Shows a person and what was written."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The two pages."""
        yield _PATH, "GET", self._guard.at(Act.see_people, self.person)
        yield f"{_PATH}/conversation", "GET", self._guard.at(Act.see_people, self.conversation)

    async def person(self, request: Request, at: AtPerson) -> Response:
        """Show everything about a person that whoever asks may see; `all` in the query: every check-in."""
        all_of_them = "all" in request.query_params
        page = await person_page_of(at.rt, at.study, at.code, at.visit.sites, at.acts, all_of_them=all_of_them)
        shown = page.scores.scales if Act.see_scores in at.acts else ()
        return self._guard.show(
            "person.html", at, page=page, drawings=[(scale, drawing_of(page, scale)) for scale in shown],
            directions=_DIRECTIONS, titles=TITLES, why_broken=why_broken,
            done=_DONE.get(request.query_params.get("done", ""), ""),
        )  # fmt: skip

    async def conversation(self, request: Request, at: AtPerson) -> Response:
        """Show what was written in both directions; without the right to read words, only when and how."""
        viewer = Viewer(at.by, "web") if Act.read_words in at.acts else None
        all_of_it = "all" in request.query_params
        talk = await conversation_of(at.rt, at.study, at.code, at.visit.sites, viewer, all_of_it=all_of_it)
        return self._guard.show("conversation.html", at, talk=talk, readable=viewer is not None, all_of_it=all_of_it)


def drawing_of(page: PersonPage, scale: ScaleOfPerson) -> TrendDrawing | None:
    """The drawing of a scale on the axis that all scales of the person share; None where no axis would be honest."""
    days = [event.happened_on for event in page.treatment if event.stands]
    return draw(scale.trend, days, page.scores.span, _value(scale.baseline))


def _value(point: TrendPoint | None) -> float | None:
    return point.value if point else None
