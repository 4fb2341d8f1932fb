"""The drawing of a trend: the whole range of the scale, nothing outside of it, marks where there is room."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.scoring.trend import Trend, TrendPoint
from pro_collector.figures.trend import BOTTOM, LEFT, MARK_DISTANCE, RIGHT, TOP, TrendDrawing, draw

DAY = date(2026, 3, 2)


def trend(values: list[float | None], ends: tuple[float, float] | None = (0, 100)) -> Trend:
    """A weekly trend."""
    scale = Scale(id="pain", title="Pain", items=("pain",), method="mean", range=ends)
    return Trend("diary", "1", scale, [TrendPoint(DAY + timedelta(weeks=n), value) for n, value in enumerate(values)])


def drawing(values: list[float | None], marked: list[date] | None = None) -> TrendDrawing:
    """Its drawing."""
    drawn = draw(trend(values), marked or [])
    assert drawn is not None
    return drawn


def test_the_axis_has_the_whole_range_however_small_the_change_is() -> None:
    drawn = drawing([50, 51])
    assert [(tick.label, tick.y) for tick in drawn.ticks] == [("100", TOP), ("50", (TOP + BOTTOM) / 2), ("0", BOTTOM)]
    (_, first), (_, second) = drawn.dots
    assert abs((first - second) - (BOTTOM - TOP) / 100) <= 0.1, "one point of a hundred"


def test_a_gap_is_no_line() -> None:
    drawn = drawing([10, 20, None, 30])
    assert len(drawn.dots) == 3
    assert len(drawn.lines) == 1
    assert drawn.lines[0].count(",") == 2


def test_one_score_is_a_dot_in_the_middle() -> None:
    drawn = drawing([100])
    assert drawn.dots == [((LEFT + RIGHT) / 2, TOP)]
    assert drawn.lines == []


def test_without_a_known_range_nothing_is_drawn() -> None:
    assert draw(trend([1, 2], None), []) is None
    assert draw(trend([None]), []) is None


def test_days_outside_are_not_marked_and_numbers_never_overlap() -> None:
    days = [DAY - timedelta(1), DAY, DAY + timedelta(1), DAY + timedelta(35), DAY + timedelta(400)]
    marks = drawing([1, 2, 3, 4, 5, 6], days).marks
    assert [mark.number for mark in marks] == ["2", "", "4"]
    assert [marks[0].x, marks[-1].x] == [LEFT, RIGHT]


@given(st.lists(st.none() | st.floats(-20, 120), min_size=1, max_size=60), st.lists(st.integers(0, 400), max_size=20))
def test_nothing_is_drawn_outside_of_the_frame(values: list[float | None], days: list[int]) -> None:
    drawn = draw(trend(values), sorted(DAY + timedelta(day) for day in days))
    if drawn is None:
        assert not trend(values).scored
        return
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in drawn.dots)
    numbered = [mark.x for mark in drawn.marks if mark.number]
    assert all(LEFT <= mark.x <= RIGHT for mark in drawn.marks)
    assert all(b - a >= MARK_DISTANCE for a, b in pairwise(numbered))


def test_several_drawings_share_one_axis() -> None:
    first, last = DAY - timedelta(weeks=4), DAY + timedelta(weeks=4)
    drawn = draw(trend([30]), [first, DAY, last], (first, last), baseline=75)
    assert drawn is not None
    assert (drawn.first, drawn.last, drawn.baseline) == (first, last, TOP + (BOTTOM - TOP) / 4)
    assert [x for x, _ in drawn.dots] == [(LEFT + RIGHT) / 2]
    assert [mark.x for mark in drawn.marks] == [LEFT, (LEFT + RIGHT) / 2, RIGHT]
    assert drawing([30]).baseline is None


def test_two_hundred_scores_are_all_there_and_in_order() -> None:
    drawn = drawing([None if n % 50 == 49 else n / 2 for n in range(200)])
    assert len(drawn.dots) == 196
    assert len(drawn.lines) == 4
    assert all(one < other for (one, _), (other, _) in pairwise(drawn.dots))
