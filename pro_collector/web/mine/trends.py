"""The page of trends: each scale in plain words, as a drawing, and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.own_trends import OwnTrends, own_trends
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.trend import Trend, TrendPoint, ago
from pro_collector.figures.trend import TrendDrawing, draw
from pro_collector.web.mine.guard import OwnPageGuard, PageVisit
from pro_collector.words import date_in_words, day_as_said


@dataclass(frozen=True, slots=True)
class ShownTrend:
    """One scale. `foreign`: the language of the title, if it is not that of the page.

    `summary`: its last two values, such as "30 today, 50 two weeks ago". `rows`: (day, value), newest first.
    """

    id: str
    title: str
    foreign: str
    direction: str
    summary: str
    drawing: TrendDrawing | None
    span: tuple[str, str]
    ends: tuple[str, str]
    rows: Sequence[tuple[str, str]]


class TrendPages:
    """The page of trends."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def trends(self, request: Request, visit: PageVisit) -> Response:
        """Show every scale that has a score."""
        found = await own_trends(self.rt, visit.case, visit.reporter)
        if found is None:
            return self.guard.pages.go(visit.base)
        days = [day for _, day in found.events]
        shown = [_shown(visit, found, trend, days, number) for number, trend in enumerate(found.trends, start=1)]
        hidden_until = _day(visit, found.hidden_until) if found.hidden_until else ""
        events = [
            (number, event_label(visit, kind), _day(visit, day)) for number, (kind, day) in enumerate(found.events, 1)
        ]
        return self.guard.show(request, visit, "trends.html", shown=shown, events=events, hidden_until=hidden_until)


def _shown(visit: PageVisit, found: OwnTrends, trend: Trend, days: Sequence[date], number: int) -> ShownTrend:
    instrument = found.instruments[trend.instrument, trend.version]
    title, language = scale_title(instrument, trend.scale.id, visit.language)
    drawing = draw(trend, days)
    low, high = _ends(visit, trend)
    return ShownTrend(
        id=f"trend-{number}",
        title=title,
        foreign="" if language == visit.language else language,
        direction=visit.words.say(f"mine.trends.{trend.scale.direction.replace('-', '_')}"),
        summary=", ".join(_said(visit, point) for point in reversed(trend.scored[-2:])),
        drawing=drawing,
        span=_span(visit, trend),
        ends=(low, high),
        rows=[(_day(visit, point.day), value_in_words(visit, point.value)) for point in reversed(trend.points)],
    )


def _span(visit: PageVisit, trend: Trend) -> tuple[str, str]:
    """The first and the last day of the drawing; one day alone is the last."""
    first, last = (date_in_words(visit.words, trend.points[index].day) for index in (0, -1))
    return ("" if len(trend.points) == 1 else first), last


def _ends(visit: PageVisit, trend: Trend) -> tuple[str, str]:
    """What the lower and the upper end of the scale mean."""
    better, worse = visit.words.say("mine.trends.better"), visit.words.say("mine.trends.worse")
    match trend.scale.direction:
        case "higher-is-better":
            return worse, better
        case "higher-is-worse":
            return better, worse
        case _:
            return "", ""


def _said(visit: PageVisit, point: TrendPoint) -> str:
    unit, count = ago(point.day, visit.case.today)
    when = visit.words.say(f"mine.ago.{unit}", count=count)
    return visit.words.say("mine.trends.value", value=value_in_words(visit, point.value), when=when)


def value_in_words(visit: PageVisit, value: float | None) -> str:
    """A score with at most one decimal, as the language writes it; a dash in words where there is none."""
    if value is None:
        return visit.words.say("mine.trends.no_value")
    return f"{round(value, 1):g}".replace(".", visit.words.say("mine.decimal"))


def scale_title(instrument: Instrument, scale: str, language: str) -> tuple[str, str]:
    """The title of a scale and its language: that of the page, if the instrument has it, else English."""
    own = instrument.texts.get(language)
    if own is not None and scale in own.scales:
        return own.scales[scale], language
    known = instrument.scale(scale)
    return known.title if known else scale, "en"


def event_label(visit: PageVisit, kind: str) -> str:
    """The name of a kind of treatment event."""
    study = visit.case.current_version.study
    label = study.timeline[kind].label if kind in study.timeline else {}
    return next((label[each] for each in (visit.language, *study.languages) if each in label), kind)


def _day(visit: PageVisit, day: date) -> str:
    return day_as_said(visit.words, day, visit.case.today)
