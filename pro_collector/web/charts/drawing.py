"""Chart specifications in Vega-Lite: scores along treatment, and the states of occasions. Pure; the browser draws.

A specification names its data sets and has no data, so that a browser keeps the chart and only fetches rows again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pro_collector.domain.instrument.scale import Scale
from pro_collector.postgres.questions.chart_data import CycleStart, OutcomeCount, ScorePoint

Rows = list[dict[str, Any]]
Spec = dict[str, Any]

OTHERS, MIDDLE, YOURS = "one person", "middle (median)", "you"
_COLOURS = {OTHERS: "#8494a9", MIDDLE: "#17324d", YOURS: "#d9480f"}
_FIT = {"type": "fit-x", "contains": "padding"}
_GRID, _INK, _PAPER = "#e7ebf0", "#44546a", "#ffffff"
# templates/charts/charts.css has a counterpart for dark pages for every colour here.
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "completed": ("answered", "#1971c2"),
    "partial": ("in part", "#74c0fc"),
    "open": ("waiting", "#f59f00"),
    "missed": ("unanswered", "#868e96"),
    "cancelled": ("cancelled", "#dee2e6"),
}
"""The states of an occasion: label and colour in a chart. The colours differ in lightness too."""
SCORE_COLUMNS: Mapping[str, str] = {"who": "Who", "on": "Date", "day": "Day", "place": "Cycle", "value": "Score"}
OUTCOME_COLUMNS: Mapping[str, str] = {"assessment": "Check-in", "outcome": "What became of it", "n": "Times"}
"""The columns of the table next to a chart: keys of the rows with their headings."""
_AS_OPEN = frozenset({"open", "invited", "started", "planned"})
_LABEL = 55
"""Width in pixels of the label "cycle 12" with its margin."""
WEEK = 7
# Day 0 and every week from it; every second, fourth, eighth... week if each has less than 45 pixels.
_SPAN = "(domain('x')[1] - domain('x')[0])"
_STEP = f"({WEEK} * pow(2, max(0, ceil(log({_SPAN} / {WEEK} * 45 / width) / LN2))))"
_WEEKS = f"sequence({_STEP} * ceil(domain('x')[0] / {_STEP}), domain('x')[1] + 1, {_STEP})"


@dataclass(frozen=True, slots=True)
class Swatch:
    """One entry of a legend: label, colour, and whether it is a line."""

    label: str
    colour: str
    line: bool


def trajectory_legend(*, yours: bool = False) -> tuple[Swatch, ...]:
    """The legend of a trajectory_chart. It is HTML: Vega would cut words, since it cannot measure the page's font."""
    return tuple(Swatch(kind, _COLOURS[kind], True) for kind in (OTHERS, MIDDLE, *([YOURS] if yours else [])))


def completion_legend() -> tuple[Swatch, ...]:
    """The legend of a completion_chart."""
    return tuple(Swatch(name, colour, False) for name, colour in OUTCOMES.values())


def trajectory_chart(scale: Scale, anchor: str, *, yours: bool = False) -> Spec:
    """Scores of `scale` by days since `anchor`: a thin line for each person, a bold line for the median of each week.

    Data sets: `scores` (trajectory_rows) and `cycles` (cycle_rows). `yours` adds lines for rows with `yours` set.
    """
    import altair as alt

    scores, cycles = alt.NamedData(name="scores"), alt.NamedData(name="cycles")
    x = alt.X(
        "day:Q",
        title=f"days since {anchor} (day 0)",
        axis=alt.Axis(values=alt.ExprRef(_WEEKS), grid=False),
        scale=alt.Scale(nice=False, padding=14),
    )
    y = alt.Y("value:Q", title=_title(scale), scale=_domain(scale), axis=alt.Axis(tickCount=5))
    kinds = [swatch.label for swatch in trajectory_legend(yours=yours)]
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[_COLOURS[kind] for kind in kinds]), legend=None)
    tooltip = [
        alt.Tooltip("who:N", title="who"),
        alt.Tooltip("on:N", title="date"),
        alt.Tooltip("day:Q", title="day"),
        alt.Tooltip("value:Q", title=scale.title, format=".0f"),
        alt.Tooltip("place:N", title="cycle"),
    ]
    lines = alt.Chart(scores).encode(x=x, y=y, color=colour, detail="series:N", order="day:Q")
    others = lines.transform_filter("!datum.yours").transform_calculate(kind=f"'{OTHERS}'")
    middle = (
        alt.Chart(scores)
        .transform_calculate(week=f"round(datum.day / {WEEK}) * {WEEK}")
        .transform_aggregate(value="median(value)", people="distinct(series)", groupby=["week"])
        .transform_filter("datum.people > 1")
        .transform_calculate(day="datum.week", kind=f"'{MIDDLE}'")
        .mark_line(strokeWidth=4, interpolate="monotone")
        .encode(x=x, y=y, order="day:Q", color=colour)
    )
    cycle_starts = alt.Chart(cycles).encode(x=alt.X("day:Q"))
    # A label right of the last line would be cut off. With many lines only some get a label, so that each has room.
    last = f"scale('x', datum.day) > width - {_LABEL}"
    labelled = f"datum.at % ceil(datum.of * {2 * _LABEL} / width) == 0"
    weeks = alt.Chart(alt.InlineData(values=[{"day": -WEEK}, {"day": 4 * WEEK}]))  # the least range that is shown
    layers = [
        weeks.mark_rule(opacity=0).encode(x=alt.X("day:Q")),
        cycle_starts.mark_rule(strokeDash=[3, 4], color="#b9c2cf"),
        cycle_starts.mark_text(
            align=alt.ExprRef(f"{last} ? 'right' : 'left'"),
            dx=alt.ExprRef(f"{last} ? -5 : 5"),
            opacity=alt.ExprRef(f"{labelled} ? 1 : 0"),
            baseline="top",
            dy=2,
            color="#5c6b7f",
            fontSize=11,
        ).encode(y=alt.value(0), text="label:N"),
        others.mark_line(strokeWidth=1.2, opacity=0.75),
        others.mark_circle(size=28, opacity=0.85).encode(tooltip=tooltip),
        middle,
    ]
    if yours:
        your_lines = lines.transform_filter("datum.yours").transform_calculate(kind=f"'{YOURS}'")
        dots = your_lines.mark_point(size=90, filled=True, opacity=1, stroke=_PAPER, strokeWidth=1.5)
        layers += [your_lines.mark_line(strokeWidth=2.5), dots.encode(tooltip=tooltip)]
    return _styled(alt.layer(*layers).properties(width="container", height=320))


def completion_chart() -> Spec:
    """The number of occasions in each state, by assessment. Data set: `outcomes` (outcome_rows)."""
    import altair as alt

    names = [name for name, _ in OUTCOMES.values()]
    chart = (
        alt.Chart(alt.NamedData(name="outcomes"))
        .mark_bar(height=18)
        .encode(
            x=alt.X("n:Q", title="times asked", stack="zero", axis=_whole_numbers()),
            y=alt.Y("assessment:N", title=None, sort=alt.EncodingSortField("place", order="ascending")),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=names, range=[colour for _, colour in OUTCOMES.values()]),
                legend=None,
            ),
            order=alt.Order("rank:Q"),
            tooltip=[alt.Tooltip("assessment:N"), alt.Tooltip("outcome:N"), alt.Tooltip("n:Q", title="times")],
        )
        .properties(width="container", height=alt.Step(30))
    )
    return _styled(chart)


def _whole_numbers() -> Any:
    """An axis with whole numbers only: for small counts Vega would also mark halves."""
    import altair as alt

    return alt.Axis(format="d", labelExpr="datum.value % 1 ? '' : datum.label", labelOverlap=True, labelSeparation=8)


def trajectory_rows(rows: Iterable[ScorePoint], yours: str | None = None) -> Rows:
    """Convert rows of `chart_data.trajectories` for `trajectory_chart`; the lines of the person `yours` stand out."""
    return [
        {
            "series": f"{row.person} {row.reporter}",
            "who": _person_label(row.person, row.reporter, yours),
            "day": row.day,
            "value": row.value,
            "on": f"{row.on_day:%-d %B %Y}",
            "place": f"cycle {row.cycle}, day {row.cycle_day}" if row.cycle else "before the first",
            "yours": row.person == yours,
        }
        for row in rows
    ]


def cycle_rows(rows: Iterable[CycleStart], until: int) -> Rows:
    """Convert rows of `chart_data.cycles` up to day `until`: with a label, index (`at`) and number of rows (`of`)."""
    cycles = [row for row in rows if row.day <= until]
    return [{"day": row.day, "label": f"cycle {row.n}", "at": at, "of": len(cycles)} for at, row in enumerate(cycles)]


def outcome_rows(rows: Iterable[OutcomeCount], titles: Mapping[str, str]) -> Rows:
    """Convert rows of `chart_data.outcomes` for `completion_chart`; `titles` are the titles of assessments in order."""
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        state = "open" if row.state in _AS_OPEN else row.state
        counts[row.assessment, state] = counts.get((row.assessment, state), 0) + row.n
    ranks = list(OUTCOMES)
    places = list(titles)
    return [
        {
            "assessment": titles.get(assessment, assessment),
            "place": places.index(assessment) if assessment in places else len(places),
            "outcome": OUTCOMES[state][0],
            "rank": ranks.index(state),
            "n": n,
        }
        for (assessment, state), n in sorted(counts.items())
    ]


def _person_label(person: str, reporter: str, yours: str | None) -> str:
    if person == yours:
        return "you"
    return f"{person}, answered by a parent" if reporter == "proxy" else person


def _domain(scale: Scale) -> Any:
    import altair as alt

    return alt.Scale(domain=list(scale.range)) if scale.range else alt.Scale(zero=False)


def _title(scale: Scale) -> str:
    if scale.range is None:
        return scale.title
    low, high = (f"{end:g}" for end in scale.range)
    ends = {"higher-is-worse": ("none", "worst"), "higher-is-better": ("worst", "best")}.get(scale.direction)
    return f"{scale.title}, {low} ({ends[0]}) to {high} ({ends[1]})" if ends else f"{scale.title}, {low} to {high}"


def _styled(chart: Any) -> Spec:
    """Apply the common style of all charts, with the fonts of the page."""
    font = "system-ui, sans-serif"
    spec: Spec = (
        chart.properties(autosize=_FIT).configure(background="transparent", font=font)
        .configure_view(stroke=None)
        .configure_axis(
            domainColor="#c6cfdb", gridColor=_GRID, labelColor=_INK, labelFontSize=12, tickColor="#c6cfdb",
            titleColor=_INK, titleFontSize=12, titleFontWeight="normal", titlePadding=10,
        )
        .to_dict()
    )  # fmt: skip
    return spec
