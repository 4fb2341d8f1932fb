"""The rule of the watchdog: who works is left alone, who stalls is ended in time, who was paused has not stalled."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.stall import Observation, Progress, Verdict, follow, judge

STEP, SAY, LIMIT = 30.0, 60.0, 600.0
looks = st.builds(
    Observation,
    oldest=st.sampled_from([None, "a", "b"]),
    done=st.integers(0, 2),
    able=st.sampled_from([True, True, False]),
)
gaps = st.floats(0.1, 100_000.0)


def stood(seen: Sequence[tuple[Observation, float]]) -> list[Progress]:
    """How a part stood after each of these looks; with each comes the seconds since the one before."""
    found: list[Progress] = []
    now = 0.0
    for look, gap in seen:
        now += gap
        found.append(follow(found[-1] if found else None, look, now, longest_step=STEP))
    return found


def verdicts(seen: Sequence[tuple[Observation, float]], limit: float = LIMIT) -> list[Verdict]:
    """What is done after each of these looks."""
    found: list[Progress | None] = [None, *stood(seen)]
    return [judge(a, b, say_every=SAY, limit=limit) for a, b in pairwise(found) if b is not None]


@given(st.lists(st.tuples(looks, gaps), min_size=1, max_size=40))
def test_a_stall_is_never_longer_than_what_was_seen_of_it(seen: list[tuple[Observation, float]]) -> None:
    for n, each in enumerate(stood(seen), 1):
        same = [gap for look, gap in seen[:n][::-1] if look == each.look]
        assert 0 <= each.seconds <= STEP * (len(same) - 1)
        if each.seconds:
            assert each.look.able
            assert each.look.oldest is not None
            assert seen[n - 2][0] == each.look


@given(st.integers(0, 2), gaps, st.lists(gaps, max_size=40))
def test_who_does_something_or_has_nothing_to_do_is_left_alone(kind: int, gap: float, more: list[float]) -> None:
    def look(n: int) -> Observation:
        return (Observation("a", n), Observation(None, 0), Observation(str(n), 0))[kind]

    assert set(verdicts([(look(n), each) for n, each in enumerate([gap, *more])])) == {Verdict.FINE}


@given(st.lists(gaps, min_size=1, max_size=40))
def test_who_waits_for_a_server_is_left_alone(seen: list[float]) -> None:
    assert set(verdicts([(Observation("a", 0, able=False), gap) for gap in seen])) == {Verdict.FINE}


@given(st.floats(1.0, STEP))
def test_who_stalls_is_told_of_every_minute_and_ended_in_time(gap: float) -> None:
    needed = int(LIMIT // gap) + 2
    found = verdicts([(Observation("a", 7), gap)] * (needed + 1))
    assert found[-1] is Verdict.END
    ended = found.index(Verdict.END)
    assert ended * gap + 0.001 >= LIMIT
    assert (ended - 1) * gap < LIMIT
    assert found[:ended].count(Verdict.SAY) in (8, 9, 10)
    assert Verdict.END not in verdicts([(Observation("a", 7), gap)] * (needed + 1), limit=0.0)


def test_a_pause_of_a_day_is_no_stall() -> None:
    assert (
        verdicts([(Observation("a", 0), 10.0), (Observation("a", 0), 86_400.0), (Observation("a", 0), 10.0)])
        == [Verdict.FINE] * 3
    )


def test_a_stall_that_ends_and_begins_again_is_told_of_again() -> None:
    once = [(Observation("a", 0), 30.0)] * 3
    assert verdicts([*once, (Observation("b", 1), 30.0), *[(Observation("b", 1), 30.0)] * 2]).count(Verdict.SAY) == 2
