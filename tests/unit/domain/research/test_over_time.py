"""Scores over time: each participant once in a stretch, nothing of fewer than five, and the counts below."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.research.over_time import (
    FEWEST,
    LENGTHS,
    Followed,
    ScoreOnDay,
    Stretches,
    VisitOnDay,
    length_for,
    one_in_each,
    over_time,
)

WEEKS = Stretches(7)
IDS = [f"RT-{n}" for n in range(12)]


def followed(n: int, group: str = "x", first: int = -10, last: int = 100) -> Followed:
    return Followed(IDS[n], group, first, last)


def test_a_stretch_has_day_0_in_its_middle() -> None:
    assert [WEEKS.number(day) for day in (-4, -3, 0, 3, 4, 10, 11)] == [-1, 0, 0, 0, 1, 1, 2]
    assert WEEKS.ends(1) == (4, 10)
    assert Stretches(28).ends(0) == (-14, 13)


@given(st.sampled_from(LENGTHS), st.integers(-2000, 2000))
def test_every_day_is_in_one_stretch(length: int, day: int) -> None:
    stretches = Stretches(length)
    first, last = stretches.ends(stretches.number(day))
    assert first <= day <= last
    assert last - first + 1 == length
    assert first <= stretches.middle(stretches.number(day)) <= last


@given(st.lists(st.integers(-500, 4000)))
def test_the_shortest_length_that_fits_is_taken(days: list[int]) -> None:
    length = length_for(days)
    span = max(days, default=0) - min(days, default=0)
    shorter = [each for each in LENGTHS if each < length]
    assert all(span // each >= 16 for each in shorter)
    assert span // length < 16 or length == LENGTHS[-1]


def test_a_participant_counts_once_with_the_score_closest_to_the_middle() -> None:
    scores = [
        ScoreOnDay(IDS[0], 5, 10),
        ScoreOnDay(IDS[0], 8, 30),
        ScoreOnDay(IDS[0], 6, 20),
        ScoreOnDay(IDS[0], 13, 9),
    ]
    assert one_in_each(scores, WEEKS) == {(1, IDS[0]): scores[2], (2, IDS[0]): scores[3]}


def test_nothing_is_given_of_fewer_than_five() -> None:
    people = [*(followed(n) for n in range(FEWEST)), *(followed(n, "y") for n in range(5, 9))]
    scores = [ScoreOnDay(id, 0, float(n)) for n, id in enumerate(IDS[:9])]
    of_x, of_y = over_time(people, scores, [], WEEKS, "mean")
    assert (of_x.group, of_x.n, of_x.value) == ("x", 5, 2)
    assert (of_y.group, of_y.n, of_y.value, of_y.lower, of_y.upper) == ("y", 4, None, None, None)


def test_each_number_says_what_it_rests_on() -> None:
    people = [followed(0), followed(1, last=3), followed(2, last=4), followed(3, "y")]
    visits = [VisitOnDay(IDS[0], 7, True), VisitOnDay(IDS[2], 4, False), VisitOnDay(IDS[3], 14, True)]
    rows = {(row.group, row.middle): row for row in over_time(people, [], visits, WEEKS, "median")}
    assert set(rows) == {("x", 7), ("x", 14), ("y", 7), ("y", 14)}
    assert [(rows[key].at_risk, rows[key].expected, rows[key].received) for key in sorted(rows)] == [
        (2, 2, 1), (1, 0, 0), (1, 0, 0), (1, 1, 1),
    ]  # fmt: skip


def test_whoever_has_no_day_0_counts_nowhere() -> None:
    assert over_time([], [ScoreOnDay(IDS[0], 0, 1)], [VisitOnDay(IDS[0], 0, True)], WEEKS, "mean") == []


@given(
    st.lists(st.tuples(st.sampled_from(IDS), st.integers(-40, 90), st.integers(0, 10)), max_size=120),
    st.sampled_from(LENGTHS[:3]),
)
def test_medians_are_those_of_a_plain_loop_over_people_and_stretches(
    given_: list[tuple[str, int, int]], length: int
) -> None:
    people = [followed(n, "xy"[n % 2]) for n in range(12)]
    rows = over_time(people, [ScoreOnDay(*each) for each in given_], [], Stretches(length), "median")
    seen = 0
    for row in rows:
        values = []
        for person in people:
            own = [(day, value) for id, day, value in given_ if id == person.code and row.from_day <= day <= row.to_day]
            if person.group == row.group and own:
                nearest = min(abs(day - row.middle) for day, _ in own)
                first = min(day for day, _ in own if abs(day - row.middle) == nearest)
                values.append(next(value for day, value in own if day == first))
        seen += len(values)
        assert row.n == len(values)
        assert row.value == (pytest.approx(median(values)) if len(values) >= FEWEST else None)
    assert seen == len({(id, Stretches(length).number(day)) for id, day, _ in given_})
