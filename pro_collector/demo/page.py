"""The page of the demonstration: its data, and the actions of its buttons."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from pro_collector.demo import words
from pro_collector.demo.charts import outcomes_chart, scores_chart
from pro_collector.demo.pace import SPEEDS, DemoPace
from pro_collector.demo.reader import PHONE, ZONE, Device
from pro_collector.demo.stage import STUDY
from pro_collector.demo.team import DemoTeam
from pro_collector.demo.watch import Watch
from pro_collector.display.history import sentence
from pro_collector.domain.instrument.scale import Scale
from pro_collector.postgres.questions import chart_data
from pro_collector.postgres.tables import occasions, participants
from pro_collector.runtime import Runtime
from pro_collector.web.event_stream import encode, stream_response
from pro_collector.web.live_scores import Hub
from pro_collector.web.request import fields_of, is_cross_site
from pro_collector.web.team.cookies import Cookies
from pro_collector.web.team_page import HEADERS, Assets, environment

_LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)
FILES = Assets("/demo/files", "demo", ("page.js", "page.css", "charts.css"))
INSTRUMENT, SCALE, ANCHOR = "symptom-diary", "symptom_burden", "treatment_start"


@dataclass(frozen=True)
class Parts:
    """The objects that the page uses."""

    rt: Runtime
    hub: Hub
    pace: DemoPace
    device: Device
    watch: Watch
    scale: Scale
    titles: Mapping[str, str]
    others: int
    team: DemoTeam


def demo_routes(parts: Parts) -> APIRouter:
    """The routes: `/`, and what the page fetches below `/demo/`."""
    routes = APIRouter(include_in_schema=False)
    routes.include_router(FILES.routes())
    actions = _Page(parts)
    for path, method, endpoint in (
        ("/", "GET", actions.show),
        ("/demo/live", "GET", actions.live),
        ("/demo/device", "GET", actions.device),
        ("/demo/mine", "GET", actions.mine),
        ("/demo/why/{occasion}", "GET", actions.why),
        ("/demo/letter/{n:int}", "GET", actions.letter),
        ("/demo/rows", "GET", actions.rows),
        ("/demo/reply", "POST", actions.reply),
        ("/demo/busy", "POST", actions.busy),
        ("/demo/speed", "POST", actions.speed),
        ("/demo/team", "POST", actions.enter_team),
    ):
        routes.add_route(path, endpoint, methods=[method])
    return routes


class _Page:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._cookies = Cookies(parts.rt.settings.public_url)

    async def show(self, _request: Request) -> Response:
        """Show the page; from now on time runs at the chosen speed."""
        self._parts.pace.open()
        html = (
            environment()
            .get_template("demo/page.html")
            .render(
                file=FILES.address,
                phone=_spaced(PHONE),
                speeds=SPEEDS,
                zone=ZONE,
                others=self._parts.others,
                key=self._parts.team.new_key(),
            )
        )
        return HTMLResponse(html, headers=HEADERS)

    async def live(self, _request: Request) -> Response:
        """Return a stream of everything that happens from now on."""
        return stream_response(self._stream())

    async def device(self, _request: Request) -> Response:
        """Return your texts and mails."""
        return JSONResponse({"texts": self._parts.device.texts(), "letters": self._parts.device.letters()})

    async def mine(self, _request: Request) -> Response:
        """Return your occasions: those that were due, and the next one."""
        rt = self._parts.rt
        async with rt.database.transaction() as tx:
            you = [row.id for row in await participants.by_code(tx, STUDY, words.YOU)]  # empty at the very start
            rows = [row for yours in (await occasions.of_participants(tx, you)).values() for row in yours]
        begun = [row for row in rows if row.state != "planned"]
        ahead = sorted((row for row in rows if row.state == "planned"), key=lambda row: row.due_at)[:1]
        return JSONResponse(
            [
                {
                    "id": str(row.id),
                    "title": self._parts.titles.get(row.assessment, row.assessment),
                    "due": f"{row.due_at.astimezone(ZoneInfo(ZONE)):%a %-d %b, %H:%M}",
                    "state": words.state(row.state),
                    "kind": row.state,
                }
                for row in sorted([*begun, *ahead], key=lambda row: row.due_at, reverse=True)
            ]
        )

    async def why(self, request: Request) -> Response:
        """Return the history of one of your occasions, line by line."""
        rt = self._parts.rt
        async with rt.database.transaction() as tx:
            life = await occasions.history(tx, UUID(request.path_params["occasion"]))
        return JSONResponse(
            [
                {
                    "at": f"{row.at.astimezone(ZoneInfo(ZONE)):%a %-d %b, %H:%M:%S}",
                    "words": sentence(row.what, row.detail),
                }
                for row in life
            ]
        )

    async def letter(self, request: Request) -> Response:
        """Show a mail unchanged, in a sandbox that allows nothing but its links."""
        html = self._parts.device.letter(request.path_params["n"])
        if html is None:
            return Response("no such letter", 404)
        return HTMLResponse(html, headers={"Content-Security-Policy": _LETTER_POLICY, "Cache-Control": "no-store"})

    async def rows(self, _request: Request) -> Response:
        """Return the charts as they are now, and their numbers."""
        rt = self._parts.rt
        now = rt.clock.now()
        async with rt.database.transaction() as tx:
            scores = await chart_data.trajectories(tx, STUDY, INSTRUMENT, SCALE, ANCHOR)
            cycles = await chart_data.cycles(tx, STUDY, ANCHOR)
            outcomes = await chart_data.outcomes(tx, STUDY, now)
        charts = {
            "scores": scores_chart(self._parts.scale, scores, cycles),
            "outcomes": outcomes_chart(outcomes, self._parts.titles),
        }
        return JSONResponse({name: asdict(chart) for name, chart in charts.items()})

    async def reply(self, request: Request) -> Response:
        """Send a text from your phone."""
        text = (await fields_of(request)).get("words", "").strip()
        if is_cross_site(request) or not text:
            return Response(status_code=403 if text else 422)
        self._parts.pace.talk()
        self._parts.device.reply(text)
        return Response(status_code=204)

    async def busy(self, request: Request) -> Response:
        """Make time slow: you are typing, or have opened a survey."""
        if is_cross_site(request):
            return Response(status_code=403)
        self._parts.pace.talk()
        return Response(status_code=204)

    async def speed(self, request: Request) -> Response:
        """Change the speed: you have pressed a button of the clock."""
        rate = SPEEDS.get((await fields_of(request)).get("speed", ""))
        if is_cross_site(request) or rate is None:
            return Response(status_code=403 if rate is not None else 422)
        self._parts.pace.choose(rate)
        self._parts.hub.tell("clock", self._parts.pace.shown())
        return Response(status_code=204)

    async def enter_team(self, request: Request) -> Response:
        """Sign you in as the coordinator of the study, and lead to the team's pages; or back, where that cannot be."""
        if is_cross_site(request):
            return Response(status_code=403)
        key = (await fields_of(request)).get("key", "")
        session = await self._parts.team.enter(request, key, self._cookies.session(request))
        response = RedirectResponse("/team" if session else "/", 303, HEADERS)
        if session:
            self._cookies.begin_session(response, session)
        return response

    async def _stream(self) -> AsyncIterator[str]:
        yield encode(("clock", self._parts.pace.shown()))
        yield encode(("lines", {"lines": self._parts.watch.shown()}))
        async for message in self._parts.hub.messages():
            yield encode(message)


def _spaced(number: str) -> str:
    """A phone number with spaces: +1 202 555 0123."""
    return f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}"
