"""A rehearsal as one self-contained HTML page with plots: occasions, burden, hours of the day."""

from collections.abc import Sequence
from typing import Any

import altair
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pro_collector.resources import TEMPLATES
from pro_collector.simulation.rehearse import Rehearsal
from pro_collector.simulation.report import CASES, as_data
from pro_collector.simulation.tally import Tally

_WIDTH = 560
_LETTER = 7


def to_page(rehearsal: Rehearsal, tally: Tally, price: float) -> str:
    """One HTML page with the plots as inline SVG; the same rehearsal gives the same page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = charts(tally, list(rehearsal.study.assessments))
    plots = [(name, about, Markup(to_svg(chart))) for name, about, chart in shown]  # noqa: S704  # our own SVG
    return environment.get_template("team/rehearsal.html").render(
        title=next(iter(rehearsal.study.title.values())),
        data=as_data(rehearsal, tally, price),
        cases=CASES,
        plots=plots,
    )


def to_svg(chart: dict[str, Any]) -> str:
    """A Vega-Lite chart as SVG."""
    return str(vl_convert.vegalite_to_svg(chart))


def charts(tally: Tally, order: Sequence[str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each plot as (name, description, Vega-Lite chart); assessments are in the `order` of the study."""
    return [
        ("What is asked", "Occasions by assessment; those that are not asked, by the reason.", _outcomes(tally, order)),
        ("Burden", "Messages and questions a week of one person, by week since enrolment.", _burden(tally)),
        ("Hours of the day", "Messages by the hour on the recipient's clock, if nobody answers.", _hours(tally)),
    ]


def _outcomes(tally: Tally, order: Sequence[str]) -> dict[str, Any]:
    rows = [
        {"assessment": name, "what": what, "occasions": count}
        for name in order
        for what, count in [("asked", tally.outcomes(name).asked), *sorted(tally.outcomes(name).not_asked.items())]
    ]
    chart = (
        altair.Chart({"values": rows})
        .mark_bar()
        .encode(
            x=altair.X("occasions:Q", title="occasions", axis=altair.Axis(tickCount=8)),
            y=_assessment_axis(order),
            color=altair.Color("what:N", title=None),
        )
    )
    return _finished(chart)


def _burden(tally: Tally) -> dict[str, Any]:
    lines = (
        *((f"messages, {words}", getattr(tally, case).weeks, "messages") for case, words in CASES.items()),
        ("questions at most", tally.answered.weeks, "questions"),
    )
    rows = [
        {"week": week, "what": what, "mean": round(weeks[week][counted] / people, 4)}
        for what, weeks, counted in lines
        for week, people in sorted(tally.people_in_week.items())
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


def _assessment_axis(order: Sequence[str]) -> altair.Y:
    room = max(map(len, order), default=0) * _LETTER  # letters are wider in browsers than vl_convert measures them
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


def _finished(chart: altair.Chart) -> dict[str, Any]:
    made = chart.properties(width=_WIDTH, height=220).configure(background="white", font="sans-serif")
    made = made.configure_legend(labelLimit=260)
    spec: dict[str, Any] = made.to_dict()
    return spec
