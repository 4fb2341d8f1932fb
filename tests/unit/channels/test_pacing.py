"""The pace of a sender: never more segments than its carrier takes, and nobody waits longer than that needs."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.channels.pacing import Bucket, Pace, take
from tests.shared.properties import examples
from tests.shared.provider import START

TICK = timedelta(microseconds=10)


def test_one_long_code() -> None:
    pace = Pace(rate=1.0)
    bucket = Bucket.full(pace, START)
    waits = []
    for _ in range(3):
        bucket, wait = take(bucket, pace, 1, START)
        waits.append(wait.total_seconds())
    assert waits == [0, 1, 2]


def test_a_message_of_several_segments_counts_as_several() -> None:
    pace = Pace(rate=2.0, burst=1.0)
    bucket, wait = take(Bucket.full(pace, START), pace, 5, START)
    assert wait == timedelta(seconds=2)
    _, wait = take(bucket, pace, 1, START)
    assert wait == timedelta(seconds=2.5)


def test_rest_earns_no_more_than_the_burst() -> None:
    pace = Pace(rate=1.0, burst=3.0)
    bucket = Bucket(-10.0, START)
    later = START + timedelta(days=1)
    for expected in (0, 0, 0, 1):
        bucket, wait = take(bucket, pace, 1, later)
        assert wait == timedelta(seconds=expected)


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_pace_is_above_nothing(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Pace(rate, burst)


bookings = st.lists(st.tuples(st.integers(-5, 20), st.integers(1, 10)), min_size=1, max_size=30)


@examples(100)
@given(rate=st.sampled_from([0.5, 1.0, 3.0, 75.0]), burst=st.sampled_from([1.0, 4.0, 20.0]), bookings=bookings)
def test_no_stretch_of_time_carries_more_than_the_pace(
    rate: float, burst: float, bookings: list[tuple[int, int]]
) -> None:
    pace, now = Pace(rate, burst), START
    bucket, sent = Bucket.full(pace, now), []
    for step, segments in bookings:
        now += timedelta(seconds=step)
        bucket, wait = take(bucket, pace, segments, now)
        sent.append((now + wait, segments))
    assert [at for at, _ in sent] == sorted(at for at, _ in sent)
    for first, (begin, _) in enumerate(sent):
        for last in range(first, len(sent)):
            end, carried = sent[last][0], sum(segments for _, segments in sent[first + 1 : last + 1])
            assert carried <= rate * (end - begin + TICK).total_seconds() + burst + 1e-6


@examples(50)
@given(segments=st.lists(st.integers(1, 5), min_size=1, max_size=40))
def test_nobody_waits_longer_than_the_pace_needs(segments: list[int]) -> None:
    pace = Pace(rate=3.0, burst=2.0)
    bucket, wait = Bucket.full(pace, START), timedelta(0)
    for count in segments:
        bucket, wait = take(bucket, pace, count, START)
    assert wait.total_seconds() == pytest.approx(max(0.0, (sum(segments) - 2.0) / 3.0), abs=1e-5)
