"""The routes `/m...`: the door of an own page, and the pages behind it. They work without a script.

A page behind the door is below `/m/p/{whom}`: `whom` stands for the person, so that a parent cannot mistake one child
for another in two windows.
"""

from fastapi import APIRouter

from pro_collector.runtime import Runtime
from pro_collector.web.form.pages import Pages
from pro_collector.web.form.store import TeamContact
from pro_collector.web.mine.acts_routes import TAB, acts
from pro_collector.web.mine.answers import AnswerPages
from pro_collector.web.mine.data import DATA, DataPages
from pro_collector.web.mine.door import NOW, DoorPages
from pro_collector.web.mine.guard import TRENDS, OwnPageEndpoint, OwnPageGuard
from pro_collector.web.mine.overview import ANSWERS, OverviewPages
from pro_collector.web.mine.style import style
from pro_collector.web.mine.trends import TrendPages

TABS = (("", "mine.tabs.overview"), (TRENDS, "mine.tabs.trends"), (DATA, "mine.tabs.data"), TAB)
"""The navigation: (path below the person's page, key of its words)."""


def own_page_routes(rt: Runtime, contact: TeamContact | None = None) -> APIRouter:
    """The routes of own pages; `contact` is shown when no study is known."""
    router = APIRouter()
    guard = OwnPageGuard(rt, Pages(rt.settings.public_url, contact or TeamContact()), TABS)
    door, overview, data = DoorPages(guard), OverviewPages(guard), DataPages(guard)
    inside: list[tuple[str, str, OwnPageEndpoint]] = [
        ("", "GET", overview.overview),
        (TRENDS, "GET", TrendPages(guard).trends),
        (f"{ANSWERS}/{{occasion}}", "GET", AnswerPages(guard).answers),
        (DATA, "GET", data.read),
        (f"{DATA}/my-data.csv", "GET", data.csv),
        (f"{DATA}/my-data.json", "GET", data.fhir),
        *acts(guard),
    ]
    for path, method, endpoint in (
        ("/m", "GET", guard.with_session(overview.people)),
        ("/m/", "GET", guard.with_session(overview.people)),
        ("/m/out", "POST", door.leave),
        *((f"/m/p/{{whom}}{path}", method, guard.with_visit(page)) for path, method, page in inside),
        *((f"/m/{{token}}{to}", "GET", door.knock) for to in ("", NOW)),
        *((f"/m/{{token}}{to}", "POST", door.send) for to in ("", NOW)),
        *((f"/m/{{token}}{to}/code", "GET", door.ask) for to in ("", NOW)),
        *((f"/m/{{token}}{to}/code", "POST", door.enter) for to in ("", NOW)),
        ("/m/{rest:path}", "GET", guard.unknown),
    ):
        router.add_route(path, guard.protect(endpoint), methods=[method], include_in_schema=False)
    router.add_route("/mine.css", style, methods=["GET"], include_in_schema=False)
    return router
