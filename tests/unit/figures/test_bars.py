"""Bars and lines of counts: every number stands in the drawing, and an empty one is still a drawing."""

import pytest

from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.research.over_time import GroupInStretch
from pro_collector.figures.bars import lines_figure, stacked_figure, standing_figure
from pro_collector.figures.drawing import COLOURS
from pro_collector.figures.over_time import OverTime, over_time_figure
from pro_collector.figures.trajectories import Trajectory, trajectories_figure
from tests.unit.figures.test_figures import texts

ALL_COLOUR_VISION = (
    ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
)
"""Linear RGB as people see it: all, without long or middle waves (Machado et al., IEEE TVCG 2009;15:1291)."""
SCALE = Scale(
    id="pain", title="Pain", items=("pain",), method="sum", range=(0, 10), direction="higher-is-worse",
    changes=({"points": 2, "meaning": "matters", "source": "Somebody 2020"},),
)  # fmt: skip


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def light(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", COLOURS)
def test_each_colour_can_be_seen_on_paper(colour: str) -> None:
    assert 1.05 / (light(colour) + 0.05) >= 4.5


@pytest.mark.parametrize("sight", ALL_COLOUR_VISION)
def test_the_first_colours_differ_for_everybody(sight: tuple[tuple[float, ...], ...]) -> None:
    seen = [
        [sum(share * part for share, part in zip(row, linear(colour), strict=True)) for row in sight]
        for colour in COLOURS[:3]
    ]
    for n, one in enumerate(seen):
        for other in seen[n + 1 :]:
            apart = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
            assert apart > 0.1


def test_a_stack_has_every_number_that_has_room() -> None:
    told = texts(stacked_figure("t", "d", {"weekly": {"asked": 30, "out": 10}, "monthly": {"asked": 4}}, "occasions"))
    assert {"weekly", "monthly", "30", "10", "4", "40", "asked", "out", "occasions"} <= set(told)


def test_empty_plots_are_drawings_too() -> None:
    texts(stacked_figure("t", "d", {}, "o"))
    texts(standing_figure("t", "d", {}, "x", "y"))
    texts(lines_figure("t", "d", {"a": []}, "x", "y"))
    texts(trajectories_figure(SCALE, "start", [], {}))
    texts(over_time_figure(OverTime("t", SCALE, "start", "median", {}, [])))


def test_hours_stand_beside_each_other() -> None:
    told = texts(standing_figure("t", "d", {str(hour): hour for hour in range(24)}, "hour", "messages"))
    assert [each for each in told if each == "23"] == ["23", "23"], "as the label, and as the highest value"


def test_a_median_of_one_person_is_none() -> None:
    alone = trajectories_figure(SCALE, "start", [Trajectory([(0, 5), (7, 6)])], {})
    both = trajectories_figure(
        SCALE, "start", [Trajectory([(0, 5), (7, 6)]), Trajectory([(1, 2), (8, 3)], yours=True)], {1: 0}
    )
    assert alone.count('class="group-0"') == 1, "in the legend alone"
    assert both.count('class="group-0"') == 2
    assert "cycle 1" in both


def row(n: int, day: int, value: float | None) -> GroupInStretch:
    limits = (None, None) if value is None else (value - 1, value + 1)
    return GroupInStretch("x", day - 3, day + 3, 9, 8, 7, n, value, *limits)


def test_a_line_breaks_where_there_is_no_value_and_all_is_said() -> None:
    rows = [row(6, 0, 3.0), row(5, 7, 4.0), row(2, 14, None), row(5, 21, 5.0)]
    svg = over_time_figure(OverTime("Pain", SCALE, "Start of treatment", "mean", {"x": "Arm <x>"}, rows, {1: 0, 2: 21}))
    told = texts(svg)
    assert told.count("Arm <x>") == 3, "with a score, in the study, visits"
    assert [each for each in told if each in ("6", "5", "2")][-4:] == ["6", "5", "2", "5"]
    assert told.count("9") == 4
    assert told.count("7/8") == 4
    assert "2" in told, "the change that matters"
    assert any("Somebody 2020" in each for each in told)
    assert any(each.startswith("Higher is worse") for each in told)
    lines = (
        svg.count('stroke-width="2"/>') - 3 - 3 * 3
    )  # less the keys of the group, and three intervals of three lines
    assert lines == 1, "one line of two points; the last point stands alone"
