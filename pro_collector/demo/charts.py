"""The two charts of the demonstration's page, drawn here: scores along treatment, and what became of check-ins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pro_collector.demo import words
from pro_collector.domain.instrument.scale import Scale
from pro_collector.figures.bars import stacked_figure
from pro_collector.figures.trajectories import Trajectory, trajectories_figure
from pro_collector.postgres.questions.chart_data import CycleStart, OutcomeCount, ScorePoint

OUTCOMES: Mapping[str, str] = {
    "completed": "answered", "partial": "in part", "open": "waiting", "missed": "unanswered", "cancelled": "cancelled",
}  # fmt: skip
_AS_OPEN = frozenset({"open", "invited", "started", "planned"})
MOST_ROWS = 500
"""So many rows a table shows, the newest."""


@dataclass(frozen=True, slots=True)
class DemoChart:
    """A chart as SVG, and its numbers as rows of a table."""

    svg: str
    rows: list[list[str]]


def scores_chart(scale: Scale, scores: Iterable[ScorePoint], cycles: Iterable[CycleStart]) -> DemoChart:
    """Scores by days since the treatment began; yours stand out."""
    lines: dict[tuple[str, str], list[ScorePoint]] = {}
    for score in scores:
        lines.setdefault((score.person, score.reporter), []).append(score)
    drawn = [
        Trajectory([(each.day, each.value) for each in own], person == words.YOU)
        for (person, _), own in lines.items()
    ]  # fmt: skip
    known = [each for own in lines.values() for each in own]
    newest = sorted(known, key=lambda each: each.on_day, reverse=True)[:MOST_ROWS]
    starts = {each.n: each.day for each in cycles}
    return DemoChart(
        trajectories_figure(scale, "treatment began", drawn, starts),
        [
            [
                "you" if each.person == words.YOU else each.person, f"{each.on_day:%-d %B %Y}", str(each.day),
                f"cycle {each.cycle}, day {each.cycle_day}" if each.cycle else "before the first", f"{each.value:.4g}",
            ]
            for each in newest
        ],
    )  # fmt: skip


def outcomes_chart(counted: Iterable[OutcomeCount], titles: Mapping[str, str]) -> DemoChart:
    """How many check-ins of each kind are in each state; `titles` of the assessments, in their order."""
    counts = {name: dict.fromkeys(OUTCOMES, 0) for name in titles}
    for row in counted:
        own = counts.setdefault(row.assessment, dict.fromkeys(OUTCOMES, 0))
        own["open" if row.state in _AS_OPEN else row.state] += row.n
    rows = {
        titles.get(name, name): {OUTCOMES[state]: n for state, n in own.items()}
        for name, own in counts.items()
        if any(own.values())
    }
    return DemoChart(
        stacked_figure("Who was asked, and who answered", "Check-ins by what became of them.", rows, "times asked"),
        [[name, state, str(n)] for name, own in rows.items() for state, n in own.items() if n],
    )
