"""A rehearsal as one self-contained page with plots: outcomes, burden, completion over the years, hours of the day."""

from collections.abc import Sequence
from typing import Any

import altair
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pro_collector.resources import TEMPLATES
from pro_collector.simulation.rehearse import Rehearsal
from pro_collector.simulation.tally import Outcomes, Tally
from pro_collector.simulation.told import as_data

_STATES = ("completed", "partial", "missed", "cancelled")
_TONES = ("#1c6b3a", "#7cb342", "#c2410c", "#9aa3ad")
_WIDTH = 560
_LETTER = 7


def to_page(rehearsal: Rehearsal, tally: Tally, price: float) -> str:
    """One HTML page with the plots inside it as SVG; the same rehearsal gives the same page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = charts(tally, list(rehearsal.study.assessments))
    plots = [(name, about, Markup(to_svg(chart))) for name, about, chart in shown]  # noqa: S704  # our own SVG
    return environment.get_template("team/rehearsal.html").render(
        title=next(iter(rehearsal.study.title.values())), data=as_data(rehearsal, tally, price), plots=plots
    )


def to_svg(chart: dict[str, Any]) -> str:
    """A Vega-Lite chart as SVG."""
    return str(vl_convert.vegalite_to_svg(chart))


def charts(tally: Tally, order: Sequence[str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each plot: its name, what it shows, and the chart as Vega-Lite; assessments in the `order` of the study."""
    return [
        ("What becomes of each assessment", "Occasions by how they end.", _outcomes(tally, order)),
        ("What is missing, and why", "Of those expected, by assessment.", _missing(tally, order)),
        ("Burden", "Messages and questions a week of one person, by week since enrolment.", _burden(tally)),
        (
            "Completion over the years",
            "Completed, of those expected, by year since enrolment.",
            _completion(tally, order),
        ),
        ("Hours of the day", "Messages by the hour on the recipient's clock.", _hours(tally)),
    ]


def _outcomes(tally: Tally, order: Sequence[str]) -> dict[str, Any]:
    rows = [
        {"assessment": name, "state": state, "order": place, "occasions": tally.outcomes(name).states[state]}
        for name in order
        for place, state in enumerate(_STATES)
    ]
    chart = (
        altair.Chart({"values": rows})
        .mark_bar()
        .encode(
            x=altair.X("occasions:Q", title="occasions", axis=altair.Axis(tickCount=8)),
            y=_of_study(order),
            color=altair.Color("state:N", scale=altair.Scale(domain=_STATES, range=_TONES), title=None),
            order="order:Q",
        )
    )
    return _finished(chart)


def _missing(tally: Tally, order: Sequence[str]) -> dict[str, Any]:
    rows = [
        {"assessment": name, "reason": reason, "share": round(count / found.expected, 4)}
        for name in order
        if (found := tally.outcomes(name)).expected
        for reason, count in sorted(found.missing.items())
    ]
    chart = (
        altair.Chart({"values": rows})
        .mark_bar()
        .encode(
            x=altair.X("share:Q", title="of those expected", axis=altair.Axis(format=".0%", tickCount=8)),
            y=_of_study(order),
            color=altair.Color("reason:N", title=None),
        )
    )
    return _finished(chart)


def _burden(tally: Tally) -> dict[str, Any]:
    rows = [
        {"week": week, "what": what, "mean": round(counts[what] / counts["people"], 4)}
        for week, counts in sorted(tally.study_weeks.items())
        for what in ("messages", "questions")
    ]
    chart = (
        altair.Chart({"values": rows})
        .mark_line()
        .encode(
            x=altair.X("week:Q", title="week since enrolment", scale=altair.Scale(nice=False)),
            y=altair.Y("mean:Q", title="a week, on average"),
            color=altair.Color("what:N", title=None),
        )
    )
    return _finished(chart)


def _completion(tally: Tally, order: Sequence[str]) -> dict[str, Any]:
    rows = [
        {"assessment": name, "year": year + 1, "completion": round(found.completion, 4)}
        for name, years in sorted(tally.years.items())
        for year, found in sorted(years.items())
        if _enough(found)
    ]
    chart = (
        altair.Chart({"values": rows})
        .mark_line(point=True)
        .encode(
            x=altair.X("year:O", title="year since enrolment", axis=altair.Axis(labelAngle=0)),
            y=altair.Y(
                "completion:Q", title="completed", axis=altair.Axis(format="%"), scale=altair.Scale(domain=[0, 1])
            ),
            color=altair.Color("assessment:N", title=None, sort=list(order)),
        )
    )
    return _finished(chart)


def _of_study(order: Sequence[str]) -> altair.Y:
    room = max(map(len, order), default=0) * _LETTER  # browsers set wider letters than the one who drew this measured
    return altair.Y(
        "assessment:N", title=None, sort=list(order), axis=altair.Axis(labelLimit=room, minExtent=min(room, 260))
    )


def _hours(tally: Tally) -> dict[str, Any]:
    rows = [{"hour": hour, "messages": tally.local_hours[hour]} for hour in range(24)]
    chart = (
        altair.Chart({"values": rows})
        .mark_bar()
        .encode(
            x=altair.X("hour:O", title="hour of the day", axis=altair.Axis(labelAngle=0)),
            y=altair.Y("messages:Q", title="messages"),
        )
    )
    return _finished(chart)


def _enough(found: Outcomes) -> bool:
    return found.expected >= 5


def _finished(chart: altair.Chart) -> dict[str, Any]:
    made = chart.properties(width=_WIDTH, height=220).configure(background="white", font="sans-serif")
    made = made.configure_legend(labelLimit=260)
    spec: dict[str, Any] = made.to_dict()
    return spec
