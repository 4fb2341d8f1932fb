"""`/dashboard/{study}`: live charts of a study, at the sites that whoever looks may see."""

import asyncio
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pro_collector.accounts.sessions import Present
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import sites_for
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.study.definition import Study
from pro_collector.errors import NotFound
from pro_collector.postgres.questions import chart_data
from pro_collector.postgres.tables import participants, studies
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.runtime import Runtime
from pro_collector.web.charts.drawing import (
    OUTCOME_COLUMNS,
    SCORE_COLUMNS,
    completion_chart,
    completion_legend,
    cycle_rows,
    outcome_rows,
    trajectory_chart,
    trajectory_legend,
    trajectory_rows,
)
from pro_collector.web.charts.live import Hub, Scores, Watching
from pro_collector.web.charts.page import Chart, page
from pro_collector.web.event_stream import stream_response
from pro_collector.web.team.guard import StudyVisit, TeamGuard
from pro_collector.web.team_page import message


def dashboard_routes(guard: TeamGuard) -> APIRouter:
    """The routes of the page, its rows and its stream."""
    routes = APIRouter(include_in_schema=False)
    board, act = _Dashboard(guard), Act.see_scores
    for path, endpoint in (
        ("/dashboard", guard.anywhere(act, board.index)),
        ("/dashboard/{study}", guard.of_study(act, board.show)),
        ("/dashboard/{study}/rows", guard.of_study(act, board.rows, counts=False)),
        ("/dashboard/{study}/live", guard.of_study(act, board.live, counts=False)),
    ):
        routes.add_route(path, endpoint, methods=["GET"])
    return routes


class _Dashboard:
    def __init__(self, guard: TeamGuard) -> None:
        self._guard, self._rt = guard, guard.rt
        self._scores = Scores(guard.rt.settings, Hub())

    async def index(self, _request: Request, who: Present) -> Response:
        """Show a list of the studies that somebody may see, with links to their charts."""
        return message("Studies", links=await self._studies(who))

    async def show(self, request: Request, visit: StudyVisit) -> Response:
        """Show the charts of one study."""
        try:
            version = await _version(visit.rt, visit.study)
        except NotFound as error:
            return message("There is no such study", 404, words=f"{error}.", links=await self._studies(visit.who))
        instrument, scale, anchor = _chosen(request, version)
        base = f"/dashboard/{version.study.id}"
        charts = await asyncio.to_thread(_charts, version.study, instrument, scale, anchor)
        query = urlencode({"scale": f"{instrument.id}/{scale.id}", "anchor": anchor})
        return page(
            "charts/dashboard.html",
            charts,
            title=_title(version.study.title),
            scales=_scales(version),
            scale=f"{instrument.id}/{scale.id}",
            anchors=[(name, _title(event.label)) for name, event in version.study.timeline.items()],
            anchor=anchor,
            rows=f"{base}/rows?{query}",
            live=f"{base}/live",
        )

    async def rows(self, request: Request, visit: StudyVisit) -> Response:
        """Return the current data of the charts as JSON."""
        version, sites = await _version(visit.rt, visit.study), visit.sites
        instrument, scale, anchor = _chosen(request, version)
        study = version.study.id
        async with visit.rt.database.transaction() as tx:
            scores = await chart_data.trajectories(tx, study, instrument.id, scale.id, anchor, sites)
            cycles = await chart_data.cycles(tx, study, anchor, sites)
            outcomes = await chart_data.outcomes(tx, study, self._rt.clock.now(), sites)
        titles = {name: _title(one.title) for name, one in version.study.assessments.items()}
        furthest = max((row.day for row in scores), default=0)
        return JSONResponse(
            {
                "scores": trajectory_rows(scores),
                "cycles": cycle_rows(cycles, furthest),
                "outcomes": outcome_rows(outcomes, titles),
            }
        )

    async def live(self, request: Request, visit: StudyVisit) -> Response:
        """Return a stream with a message for every new score at these sites."""
        await _version(visit.rt, visit.study)

        async def still() -> bool:
            who = await self._guard.who(request, counts=False)
            return who is not None and sites_for(who.grants, Act.see_scores, visit.study) == visit.sites

        async def site_of(participant: UUID) -> str | None:
            async with visit.rt.database.transaction() as tx:
                return await participants.site_of(tx, participant)

        return stream_response(self._scores.stream(Watching(visit.study, visit.sites, still, site_of)))

    async def _studies(self, who: Present) -> list[tuple[str, str]]:
        async with self._rt.database.transaction() as tx:
            rows = [row for row in await studies.all_in_force(tx) if sites_for(who.grants, Act.see_scores, row.id)]
            found = [await self._rt.studies.get(tx, row.id, row.version) for row in rows]
        return [(f"/dashboard/{quote(one.study.id)}", _title(one.study.title)) for one in found]


async def _version(rt: Runtime, study: str) -> StudyVersion:
    async with rt.database.transaction() as tx:
        current = await studies.current(tx, study)
        if current is None:
            raise NotFound(f"no study {study!r} is applied here")
        return await rt.studies.get(tx, study, current.version)


def _charts(study: Study, instrument: Instrument, scale: Scale, anchor: str) -> dict[str, Chart]:
    """The charts of the page. Takes some 100 ms, and the first time seconds, while the drawing library is imported."""
    anchor_label = _title(study.timeline[anchor].label) if anchor in study.timeline else anchor
    return {
        "scores": Chart(
            "scores",
            trajectory_chart(scale, anchor_label.lower()),
            f"{instrument.title}: {scale.title}",
            SCORE_COLUMNS,
            trajectory_legend(),
        ),
        "outcomes": Chart(
            "outcomes",
            completion_chart(),
            "What became of what was planned",
            OUTCOME_COLUMNS,
            completion_legend(),
        ),
    }


def _scales(version: StudyVersion) -> list[tuple[str, str]]:
    return [
        (f"{instrument.id}/{scale.id}", f"{instrument.title}: {scale.title}")
        for instrument in version.instruments.values()
        for scale in instrument.scales
    ]


def _chosen(request: Request, version: StudyVersion) -> tuple[Instrument, Scale, str]:
    """The scale and anchor in the URL; by default the last scale of the first instrument with scales."""
    name, _, code = request.query_params.get("scale", "").partition("/")
    scored = [instrument for instrument in version.instruments.values() if instrument.scales]
    if not scored:
        raise NotFound(f"no instrument of {version.study.id} has a scale")
    instrument = next((instrument for instrument in scored if instrument.id == name), scored[0])
    scale = next((scale for scale in instrument.scales if scale.id == code), instrument.scales[-1])
    anchor = request.query_params.get("anchor", "")
    return instrument, scale, anchor if anchor in version.study.timeline else _first_anchor(version.study)


def _first_anchor(study: Study) -> str:
    """The default anchor, probably the start of treatment: the first event after enrolment that happens once."""
    once = [name for name, event in study.timeline.items() if name != "enrolment" and event.happens == "once"]
    return next(iter(once), "enrolment")


def _title(texts: dict[str, str]) -> str:
    return texts.get("en") or next(iter(texts.values()))
