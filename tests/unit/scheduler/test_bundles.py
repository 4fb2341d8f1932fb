"""Which surveys of one day share an invitation: each is asked once, inside its window, in a stable order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduler.bundles import bundles, companions, in_order, speaks_for, ways_of
from scheduler.occasion import Occasion
from scheduler.rules import Schedule
from tests.unit.scheduler.cases import local, made, person, reasons, rules, schedule

WAYS = {"a": "link", "b": "link", "c": "link"}
DAYS = st.lists(st.sampled_from([1, 2, 3, 8]), min_size=1, max_size=3, unique=True)
HOURS = st.sampled_from(["08:00", "10:00", "10:30", "19:00"])
OPENS = st.sampled_from(["0d", "-1d", "-3h"])
SCHEDULES = st.builds(
    lambda days, at, opens, closes, priority, by: schedule(
        on_days=days, at=at, window={"opens": opens, "closes": closes}, priority=priority,
        reporter=[{"from": 0, "by": by}], instruments=["diary"],
    ),
    DAYS, HOURS, OPENS, st.sampled_from(["2h", "1d", "4d"]), st.integers(1, 9),
    st.sampled_from(["self", "proxy", "both"]),
)  # fmt: skip
PLANS = st.lists(SCHEDULES, min_size=1, max_size=3)
SOME_WAYS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["link", "conversation"]))


def planned(schedules: Sequence[Schedule]) -> list[Occasion]:
    """The occasions of an adult who may have a proxy."""
    return list(made(rules(*schedules), person(birth_date=date(1980, 1, 1))).occasions)


@given(PLANS, SOME_WAYS, st.randoms(use_true_random=False))
def test_every_occasion_is_asked_exactly_once_inside_its_window_and_in_a_stable_order(
    schedules: list[Schedule], ways: dict[str, str], random: Random
) -> None:
    occasions = planned(schedules)
    groups = bundles(occasions, ways)
    assert sorted(each.id for group in groups for each in group) == sorted(each.id for each in occasions)
    for group in groups:
        asked_at = min(each.due_at for each in group)
        for each in group:
            assert each.opens_at <= asked_at < each.closes_at
        assert len({(each.reporter, each.due_local.date()) for each in group}) == 1, "never a patient and a proxy"
        assert len({each.assessment for each in group}) == len(group)
        assert len(group) == 1 or len({ways[each.assessment] for each in group}) == 1
        assert list(group) == in_order(group)
        assert speaks_for(group).closes_at == min(each.closes_at for each in group)
    shuffled = list(occasions)
    random.shuffle(shuffled)
    assert bundles(shuffled, ways) == groups
    assert bundles(occasions, {}) == [(each,) for group in bundles(occasions, {}) for each in group]


def test_what_is_due_together_is_asked_together_and_the_first_to_close_speaks() -> None:
    rulebook = rules(
        schedule(on_days=[1], window={"closes": "4d"}), schedule(on_days=[1], window={"closes": "1d"}, priority=1)
    )
    weekly, diary = sorted(made(rulebook).occasions, key=lambda each: each.assessment)
    assert bundles([weekly, diary], WAYS) == [(diary, weekly)]
    assert speaks_for([weekly, diary]) == diary
    assert bundles([weekly, diary], {"a": "link"}) == [(diary,), (weekly,)], "`bundle: false`, or asked in another way"
    assert bundles([weekly, replace(diary, reporter="proxy")], WAYS) != [(diary, weekly)]
    later = replace(diary, due_at=diary.due_at + timedelta(hours=2), opens_at=diary.opens_at + timedelta(hours=2))
    assert bundles([weekly, later], WAYS) == [(weekly,), (later,)], "its window is not open yet"
    assert companions(weekly, [later], later.due_at, WAYS) == [later], "asked later, it is"


def test_a_bundle_counts_once_in_the_burden_budget_and_shared_questions_too() -> None:
    twice = (schedule(on_days=[1], priority=1), schedule(on_days=[1], instruments=["diary", "mood"]))
    questions = {"diary": 10, "mood": 4}
    for limit, ways, refused in (
        ({"surveys": 1}, {}, ["budget"]), ({"surveys": 1}, WAYS, [None]),
        ({"questions": 14}, {}, ["budget"]), ({"questions": 14}, WAYS, [None]), ({"questions": 13}, WAYS, ["budget"]),
    ):  # fmt: skip
        rulebook = replace(rules(*twice, burden=limit, questions=questions), ways=ways)
        assert reasons(made(rulebook).occasions)[1:] == refused, (limit, ways)
    alone = (*twice, schedule(on_days=[2]))
    asked = made(replace(rules(*alone, burden={"surveys": 1}, questions=questions), ways=WAYS)).occasions
    assert (local(asked)[2], reasons(asked)) == ("2027-03-02 10:00", [None, None, "budget"])


def test_a_schedule_that_does_not_say_how_it_is_asked_shares_no_invitation() -> None:
    alone = schedule()
    assert (alone.way, alone.counts_last) == (None, False)
    assert ways_of({"a": alone, "b": alone}) == {}
