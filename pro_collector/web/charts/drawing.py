"""Charts as Vega-Lite: scores beside treatment, and what became of what was planned. Pure; the browser draws them.

A specification names its data and holds none, so that a browser keeps the drawing and only fetches rows again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pro_collector.domain.instrument.scale import Scale
from pro_collector.postgres.questions.curves import CycleStart, OutcomeCount, ScorePoint

Rows = list[dict[str, Any]]
Spec = dict[str, Any]

OTHERS, MIDDLE, YOURS = "one person", "middle (median)", "you"
_COLOURS = {OTHERS: "#8494a9", MIDDLE: "#17324d", YOURS: "#d9480f"}
_FIT = {"type": "fit-x", "contains": "padding"}
_GRID, _INK, _PAPER = "#e7ebf0", "#44546a", "#ffffff"
# Every colour here has its counterpart for dark pages in templates/charts/charts.css.
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "completed": ("answered", "#1971c2"),
    "partial": ("in part", "#74c0fc"),
    "open": ("waiting", "#f59f00"),
    "missed": ("unanswered", "#868e96"),
    "cancelled": ("cancelled", "#dee2e6"),
}
"""What became of an occasion: how a chart says it, and its colour; tellable apart by lightness alone."""
SCORE_COLUMNS: Mapping[str, str] = {"who": "Who", "on": "Date", "day": "Day", "place": "Cycle", "value": "Score"}
OUTCOME_COLUMNS: Mapping[str, str] = {"assessment": "Check-in", "outcome": "What became of it", "n": "Times"}
"""What of the rows stands in the table beside a chart, and under which heading."""
_AS_OPEN = frozenset({"open", "invited", "started", "planned"})
_LABEL = 55
"""Pixels that "cycle 12" and its distance take."""
WEEK = 7
# Day 0 and every week from it, or every second, fourth, eighth... where there is less room than 45 pixels for each.
_SPAN = "(domain('x')[1] - domain('x')[0])"
_STEP = f"({WEEK} * pow(2, max(0, ceil(log({_SPAN} / {WEEK} * 45 / width) / LN2))))"
_WEEKS = f"sequence({_STEP} * ceil(domain('x')[0] / {_STEP}), domain('x')[1] + 1, {_STEP})"


@dataclass(frozen=True, slots=True)
class Swatch:
    """One entry of a legend: what is drawn in this colour, and whether as a line."""

    label: str
    colour: str
    line: bool


def trajectory_legend(*, yours: bool = False) -> tuple[Swatch, ...]:
    """The legend of a trajectory_chart. The page writes it: a drawing would cut words whose font it cannot measure."""
    return tuple(Swatch(kind, _COLOURS[kind], True) for kind in (OTHERS, MIDDLE, *([YOURS] if yours else [])))


def completion_legend() -> tuple[Swatch, ...]:
    """The legend of a completion_chart."""
    return tuple(Swatch(name, colour, False) for name, colour in OUTCOMES.values())


def trajectory_chart(scale: Scale, anchor: str, *, yours: bool = False) -> Spec:
    """Scores of `scale` against days since `anchor`: a thin line for each person, the median of each week bold.

    Data sets: `scores` (trajectory_rows) and `cycles` (cycle_rows). `yours` adds the lines of rows marked as such.
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
    kinds = [each.label for each in trajectory_legend(yours=yours)]
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[_COLOURS[kind] for kind in kinds]), legend=None)
    told = [
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
    began = alt.Chart(cycles).encode(x=alt.X("day:Q"))
    # On its right the last one's label would be cut off. Of many, not all can be labelled: each has room on both sides.
    last = f"scale('x', datum.day) > width - {_LABEL}"
    labelled = f"datum.at % ceil(datum.of * {2 * _LABEL} / width) == 0"
    weeks = alt.Chart(alt.InlineData(values=[{"day": -WEEK}, {"day": 4 * WEEK}]))  # so many are shown at least
    layers = [
        weeks.mark_rule(opacity=0).encode(x=alt.X("day:Q")),
        began.mark_rule(strokeDash=[3, 4], color="#b9c2cf"),
        began.mark_text(
            align=alt.ExprRef(f"{last} ? 'right' : 'left'"),
            dx=alt.ExprRef(f"{last} ? -5 : 5"),
            opacity=alt.ExprRef(f"{labelled} ? 1 : 0"),
            baseline="top",
            dy=2,
            color="#5c6b7f",
            fontSize=11,
        ).encode(y=alt.value(0), text="label:N"),
        others.mark_line(strokeWidth=1.2, opacity=0.75),
        others.mark_circle(size=28, opacity=0.85).encode(tooltip=told),
        middle,
    ]
    if yours:
        own = lines.transform_filter("datum.yours").transform_calculate(kind=f"'{YOURS}'")
        dots = own.mark_point(size=90, filled=True, opacity=1, stroke=_PAPER, strokeWidth=1.5)
        layers += [own.mark_line(strokeWidth=2.5), dots.encode(tooltip=told)]
    return _dressed(alt.layer(*layers).properties(width="container", height=320))


def completion_chart() -> Spec:
    """What became of what was planned, by assessment. Data set: `outcomes` (outcome_rows)."""
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
    return _dressed(chart)


def _whole_numbers() -> Any:
    """An axis of counts: Vega also marks halves where there are few."""
    import altair as alt

    return alt.Axis(format="d", labelExpr="datum.value % 1 ? '' : datum.label", labelOverlap=True, labelSeparation=8)


def trajectory_rows(rows: Iterable[ScorePoint], yours: str | None = None) -> Rows:
    """Scores as `trajectory_chart` takes them; `yours` is the code of whose lines stand out."""
    return [
        {
            "series": f"{row.person} {row.reporter}",
            "who": _who(row.person, row.reporter, yours),
            "day": row.day,
            "value": row.value,
            "on": f"{row.on_day:%-d %B %Y}",
            "place": f"cycle {row.cycle}, day {row.cycle_day}" if row.cycle else "before the first",
            "yours": row.person == yours,
        }
        for row in rows
    ]


def cycle_rows(rows: Iterable[CycleStart], until: int) -> Rows:
    """Cycles that begin up to day `until`, with a label; which of how many (`at`, `of`)."""
    shown = [row for row in rows if row.day <= until]
    return [{"day": row.day, "label": f"cycle {row.n}", "at": at, "of": len(shown)} for at, row in enumerate(shown)]


def outcome_rows(rows: Iterable[OutcomeCount], titles: Mapping[str, str]) -> Rows:
    """Counts as `completion_chart` takes them; `titles` are the assessments in their order."""
    counted: dict[tuple[str, str], int] = {}
    for row in rows:
        state = "open" if row.state in _AS_OPEN else row.state
        counted[row.assessment, state] = counted.get((row.assessment, state), 0) + row.n
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
        for (assessment, state), n in sorted(counted.items())
    ]


def _who(person: str, reporter: str, yours: str | None) -> str:
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


def _dressed(chart: Any) -> Spec:
    """The look all charts share; fonts are the page's own."""
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
