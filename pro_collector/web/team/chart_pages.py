"""The charts of a study: a scale over time, the people one by one, what became of the visits; and each as a file."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import sites_for
from pro_collector.domain.research.over_time import FEWEST, LENGTHS
from pro_collector.domain.scoring.trend import Trend, TrendPoint
from pro_collector.figures.curves import CompletionPoint, visits_figure
from pro_collector.figures.over_time import DIRECTIONS, OverTime, over_time_figure
from pro_collector.figures.trend import TrendDrawing, draw
from pro_collector.postgres.questions import published_scores
from pro_collector.postgres.tables import participants
from pro_collector.views.charts import (
    REPORTERS,
    ChartChoice,
    ChartOfReporter,
    PeopleCharted,
    PersonSeries,
    ScaleCharted,
    VisitsCounted,
    chart_people,
    chart_scale,
    count_completion,
)
from pro_collector.web.event_stream import stream_response
from pro_collector.web.live_scores import Hub, Scores, SeenUntil, Watching
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team_page import HEADERS

CHARTS = "/team/study/{study}/charts"
_MENU = "charts"
_EVERYBODY = 100_000
BYS: Mapping[str, str] = {"all": "everybody together", "arm": "arm", "site": "site"}
STATISTICS: Mapping[str, str] = {"median": "median", "mean": "mean"}
EVERY: Mapping[str, str] = {
    "": "as fits", **{str(days): f"{days // 7} weeks" if days > 7 else "1 week" for days in LENGTHS}
}  # fmt: skip
Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class DrawnChart:
    """A chart of one kind of reporter with its drawing."""

    chart: ChartOfReporter
    svg: Markup


class ChartPages:
    """Shows charts to those who see scores; gives files to those who may take data out."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages
        self._scores = Scores(guard.rt.settings, Hub())

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The three pages, the stream, and the files."""
        see, take = Act.see_scores, Act.export
        for path, page in (("", self.overview), ("/people", self.people), ("/completion", self.completion)):
            yield f"{CHARTS}{path}", "GET", self._guard.of_study(see, page)
        yield f"{CHARTS}/live", "GET", self._guard.of_study(see, self.live, counts=False)
        for file, page in (
            ("scores.csv", self.scores_csv), ("scores.svg", self.scores_svg), ("people.csv", self.people_csv),
            ("completion.csv", self.completion_csv), ("completion.svg", self.completion_svg),
        ):  # fmt: skip
            yield f"{CHARTS}/{file}", "GET", self._guard.of_study(take, page)

    async def overview(self, request: Request, visit: StudyVisit) -> Response:
        """Show a scale over time."""
        shown = await chart_scale(visit.rt, visit.study, visit.sites, chosen_in(request))
        drawn = [DrawnChart(each, _inline(scale_figure(shown, each))) for each in shown.charts]
        return self._show("charts.html", visit, shown.choice, shown=shown, drawn=drawn, directions=DIRECTIONS)

    async def people(self, request: Request, visit: StudyVisit) -> Response:
        """Show the people one by one."""
        shown = await chart_people(visit.rt, visit.study, visit.sites, chosen_in(request), _page_in(request))
        drawn = [(each, person_drawing(shown, each)) for each in shown.series]
        return self._show("chart_people.html", visit, shown.choice, shown=shown, drawn=drawn, directions=DIRECTIONS)

    async def completion(self, request: Request, visit: StudyVisit) -> Response:
        """Show what became of the visits."""
        shown = await count_completion(visit.rt, visit.study, visit.sites, chosen_in(request))
        svg = _inline(completion_drawing(visit.study, shown)) if shown.rows else None
        return self._show("chart_completion.html", visit, shown.choice, shown=shown, svg=svg)

    async def live(self, request: Request, visit: StudyVisit) -> Response:
        """A stream with a message for every new score at these sites."""

        async def still() -> bool:
            who = await self._guard.who(request, counts=False)
            return who is not None and sites_for(who.grants, Act.see_scores, visit.study) == visit.sites

        async def site_of(participant: UUID) -> str | None:
            async with visit.rt.database.transaction() as tx:
                return await participants.site_of(tx, participant)

        async def point() -> int:
            async with visit.rt.database.transaction() as tx:
                return await published_scores.newest(tx)

        async def missed(after: int) -> list[str] | None:
            async with visit.rt.database.transaction() as tx:
                return await published_scores.missed(tx, visit.study, visit.sites, after)

        seen = SeenUntil(request.headers.get("last-event-id", ""), point, missed)
        return stream_response(self._scores.stream(Watching(visit.study, visit.sites, still, site_of), seen))

    async def scores_csv(self, request: Request, visit: StudyVisit) -> Response:
        """The numbers of a scale over time."""
        shown = await chart_scale(visit.rt, visit.study, visit.sites, chosen_in(request))
        rows = [
            {"scale": shown.choice.scale, "day_0": shown.choice.anchor, "statistic": shown.choice.statistic,
             "reporter": chart.reporter, **asdict(row)}
            for chart in shown.charts for row in chart.rows
        ]  # fmt: skip
        return _csv(f"{visit.study}-scores", rows)

    async def scores_svg(self, request: Request, visit: StudyVisit) -> Response:
        """The drawing of a scale over time; `reporter` in the query says whose."""
        shown = await chart_scale(visit.rt, visit.study, visit.sites, chosen_in(request))
        wanted = request.query_params.get("reporter", "self")
        chart = next((each for each in shown.charts if each.reporter == wanted), shown.charts[0])
        return _svg(f"{visit.study}-scores-{chart.reporter}", scale_figure(shown, chart))

    async def people_csv(self, request: Request, visit: StudyVisit) -> Response:
        """The scores of everybody, one a row."""
        shown = await chart_people(visit.rt, visit.study, visit.sites, chosen_in(request), 1, _EVERYBODY)
        rows = [
            {"scale": shown.choice.scale, "day_0": shown.choice.anchor, "participant_code": each.code,
             "site": each.site, "arm": each.arm, "reporter": each.reporter, "day": day, "value": value}
            for each in shown.series for day, value in each.points
        ]  # fmt: skip
        return _csv(f"{visit.study}-people", rows)

    async def completion_csv(self, request: Request, visit: StudyVisit) -> Response:
        """What became of the visits."""
        shown = await count_completion(visit.rt, visit.study, visit.sites, chosen_in(request))
        rows = [
            {"assessment": row.assessment, "visit": row.visit, "reporter": row.reporter, "group": row.group,
             "expected": row.expected, "received": row.received, "complete": row.complete,
             "not_received": "; ".join(said for said in reasons_in_words(row.reasons))}
            for row in shown.rows
        ]  # fmt: skip
        return _csv(f"{visit.study}-completion", rows)

    async def completion_svg(self, request: Request, visit: StudyVisit) -> Response:
        """The drawing of what became of the visits."""
        shown = await count_completion(visit.rt, visit.study, visit.sites, chosen_in(request))
        return _svg(f"{visit.study}-completion", completion_drawing(visit.study, shown))

    def _show(self, template: str, visit: StudyVisit, choice: ChartChoice, **content: Any) -> Response:
        return self._pages.of_study(
            template, visit, _MENU, choice=choice, query=query_of(choice), bys=BYS, statistics=STATISTICS, every=EVERY,
            reporters=REPORTERS, fewest=FEWEST, in_words=reasons_in_words,
            takes=bool(sites_for(visit.who.grants, Act.export, visit.study)), **content,
        )  # fmt: skip


def chosen_in(request: Request) -> ChartChoice:
    """What the query of a request asks for."""
    asked = request.query_params
    by, every = asked.get("by", ""), asked.get("every", "")
    return ChartChoice(
        asked.get("scale", ""),
        asked.get("anchor", ""),
        "arm" if by == "arm" else "site" if by == "site" else "all",
        "mean" if asked.get("statistic") == "mean" else "median",
        int(every) if every in EVERY and every else 0,
        asked.get("site", ""),
    )


def query_of(choice: ChartChoice) -> str:
    """The query that asks for this again."""
    return urlencode({name: value for name, value in asdict(choice).items() if value})


def scale_figure(shown: ScaleCharted, chart: ChartOfReporter) -> str:
    """The figure of a scale over time, answered by one kind of reporter."""
    title = f"{shown.instrument}: {shown.scale.title}, {REPORTERS[chart.reporter]}"
    anchor = shown.options.anchors[shown.choice.anchor]
    return over_time_figure(
        OverTime(title, shown.scale, anchor, shown.choice.statistic, shown.groups, chart.rows, shown.cycles)
    )


def completion_drawing(study: str, shown: VisitsCounted) -> str:
    """The figure of what became of the visits."""
    points = [
        CompletionPoint(
            shown.titles.get(row.assessment, row.assessment), row.reporter, row.visit.removeprefix(row.assessment),
            shown.groups[row.group], row.expected, row.received,
        )
        for row in shown.rows
    ]  # fmt: skip
    return visits_figure(f"Completion in {study}", points, list(shown.groups.values()))


def person_drawing(shown: PeopleCharted, series: PersonSeries) -> TrendDrawing | None:
    """The drawing of a person on the axis that all share; None where the scale has no range."""
    points = [TrendPoint(series.day0 + timedelta(days=day), value) for day, value in series.points]
    span = (series.day0 + timedelta(days=shown.span[0]), series.day0 + timedelta(days=shown.span[1]))
    before = [value for day, value in series.points if day <= 0]
    return draw(Trend("", "", shown.scale, points), [series.day0], span, before[-1] if before else None)


def reasons_in_words(reasons: Mapping[tuple[str, str | None], int]) -> list[str]:
    """Why visits did not come, such as `missing, no answer: 3`."""
    return [
        f"{place.replace('_', ' ')}{', ' + reason.replace('_', ' ') if reason and reason != place else ''}: {n}"
        for (place, reason), n in reasons.items()
    ]


def _page_in(request: Request) -> int:
    page = request.query_params.get("page", "")
    return int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1


def _inline(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704  # our own drawing, whose texts are escaped


def _svg(name: str, svg: str) -> Response:
    return Response(svg, 200, _as_file(f"{name}.svg"), "image/svg+xml")


def _csv(name: str, rows: Sequence[Mapping[str, object]]) -> Response:
    text = StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return Response(text.getvalue(), 200, _as_file(f"{name}.csv"), "text/csv; charset=utf-8")


def _as_file(name: str) -> dict[str, str]:
    return {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
