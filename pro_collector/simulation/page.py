"""A rehearsal as one self-contained HTML page with plots: occasions, burden, hours of the day."""

from collections.abc import Callable, Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pro_collector.figures.bars import lines_figure, stacked_figure, standing_figure
from pro_collector.resources import TEMPLATES
from pro_collector.simulation.rehearse import Rehearsal
from pro_collector.simulation.report import CASES, as_data
from pro_collector.simulation.tally import Tally


def to_page(rehearsal: Rehearsal, tally: Tally, price: float) -> str:
    """One HTML page with the plots as inline SVG; the same rehearsal gives the same page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = charts(tally, list(rehearsal.study.assessments))
    plots = [(name, about, Markup(svg)) for name, about, svg in shown]  # noqa: S704  # our own SVG
    return environment.get_template("team/rehearsal.html").render(
        title=next(iter(rehearsal.study.title.values())),
        data=as_data(rehearsal, tally, price),
        cases=CASES,
        plots=plots,
    )


def charts(tally: Tally, order: Sequence[str]) -> list[tuple[str, str, str]]:
    """Each plot as (name, description, SVG); assessments are in the `order` of the study."""
    return [
        _drawn(
            "What is asked",
            "Occasions by assessment; those that are not asked, by the reason.",
            _outcomes,
            tally,
            order,
        ),
        _drawn("Burden", "Messages and questions a week of one person, by week since enrolment.", _burden, tally),
        _drawn("Hours of the day", "Messages by the hour on the recipient's clock, if nobody answers.", _hours, tally),
    ]


def _drawn(name: str, about: str, draw: Callable[..., str], *data: object) -> tuple[str, str, str]:
    return name, about, draw(name, about, *data)


def _outcomes(name: str, about: str, tally: Tally, order: Sequence[str]) -> str:
    rows = {
        each: {"asked": tally.outcomes(each).asked, **dict(sorted(tally.outcomes(each).not_asked.items()))}
        for each in order
    }
    return stacked_figure(name, about, rows, "occasions")


def _burden(name: str, about: str, tally: Tally) -> str:
    counted = (
        *((f"messages, {words}", getattr(tally, case).weeks, "messages") for case, words in CASES.items()),
        ("questions at most", tally.answered.weeks, "questions"),
    )
    lines = {
        what: [(float(week), weeks[week][kind] / people) for week, people in sorted(tally.people_in_week.items())]
        for what, weeks, kind in counted
    }
    return lines_figure(name, about, lines, "week since enrolment", "a week, on average")


def _hours(name: str, about: str, tally: Tally) -> str:
    bars = {str(hour): tally.local_hours[hour] for hour in range(24)}
    return standing_figure(name, about, bars, "hour of the day", "messages")
