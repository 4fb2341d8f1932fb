"""A person's scores over time: one a day, gaps left as gaps, and how long ago a day was."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.scoring.trend import Trend, TrendPoint, ago, one_a_day

DAY = date(2026, 3, 2)
PAIN = Scale(id="pain", title="Pain", items=("pain",), method="mean", range=(0, 100))
POINTS = st.lists(
    st.builds(
        TrendPoint,
        st.integers(0, 40).map(lambda days: DAY + timedelta(days)),
        st.none() | st.floats(0, 100),
    ),
    max_size=30,
)


def point(days: int, value: float | None) -> TrendPoint:
    """The score of a day."""
    return TrendPoint(DAY + timedelta(days), value)


def test_the_last_score_of_a_day_counts_and_a_score_is_no_gap() -> None:
    points = [point(7, 30), point(0, 50), point(0, 60), point(7, None), point(14, None)]
    assert one_a_day(points) == (point(0, 60), point(7, 30), point(14, None))


def test_no_line_is_drawn_across_a_gap() -> None:
    trend = Trend("diary", "1", PAIN, [point(0, 50), point(7, 40), point(14, None), point(21, 30), point(28, None)])
    assert trend.lines == [[point(0, 50), point(7, 40)], [point(21, 30)]]
    assert [each.value for each in trend.scored] == [50, 40, 30]


@given(POINTS)
def test_every_score_is_in_one_line_and_no_gap_is(points: list[TrendPoint]) -> None:
    trend = Trend("diary", "1", PAIN, one_a_day(points))
    assert [each for line in trend.lines for each in line] == trend.scored
    assert {each.day for each in trend.points} == {each.day for each in points}
    gaps = {each.day for each in trend.points if each.value is None}
    for line in trend.lines:
        assert not [day for day in gaps if line[0].day < day < line[-1].day]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, ("today", 0)), (1, ("yesterday", 1)), (2, ("days", 2)), (7, ("week", 1)), (8, ("days", 8)),
        (13, ("days", 13)), (14, ("weeks", 2)),
        (18, ("weeks", 3)), (60, ("weeks", 9)), (61, ("months", 2)), (365, ("months", 12)),
    ],
)  # fmt: skip
def test_how_long_ago_a_day_was(days: int, said: tuple[str, int]) -> None:
    assert ago(DAY, DAY + timedelta(days)) == said


@given(st.integers(0, 4000))
def test_a_number_of_days_weeks_or_months_is_a_plural(days: int) -> None:
    unit, count = ago(DAY, DAY + timedelta(days))
    assert count >= 2 or unit in ("today", "yesterday", "week")
