"""Which cycles, which time points, and which instrument then: compared with arithmetic of its own."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scheduler.anchors import Anchor, Timeline
from scheduler.numbers import Numbers, chooses
from scheduler.replan import replan
from tests.unit.scheduler.cases import START, cycles, local, made, person, rules, schedule

NUMBERS: TypeAdapter[Numbers] = TypeAdapter(Numbers)


def monthly_cycles(n: int) -> Timeline:
    """Cycles 28 days apart."""
    return Timeline.of([Anchor("cycle", START + timedelta(days=28 * k), key=str(k)) for k in range(n)])


def listed(said: list[Any], last: int) -> set[int]:
    """The numbers up to `last`, by counting them out."""
    found: set[int] = set()
    for part in said:
        if isinstance(part, int):
            found.add(part)
        else:
            found |= set(range(part.get("from", 1), min(last, part.get("to", last)) + 1, part.get("every", 1)))
    return {n for n in found if n <= last}


parts = st.integers(1, 30) | st.fixed_dictionaries(
    {}, optional={"from": st.integers(1, 9), "every": st.integers(1, 5), "to": st.integers(9, 40)}
)


@given(st.lists(parts, min_size=1, max_size=4))
def test_a_choice_of_cycles_is_what_one_counts_out(said: list[Any]) -> None:
    chosen = schedule(anchor="cycle", cycles=said, on_days=[1])
    found = made(rules(chosen), timeline=monthly_cycles(20)).occasions
    assert [each.anchor_n for each in found] == sorted(listed(said, 20))
    assert [each.anchor_on for each in found] == [
        START + timedelta(days=28 * (n - 1)) for n in sorted(listed(said, 20))
    ]


def test_the_first_two_the_fourth_and_every_third_from_the_seventh() -> None:
    chosen = schedule(anchor="cycle", cycles=[1, 2, 4, {"from": 7, "every": 3}], on_days=[1])
    found = made(rules(chosen), timeline=monthly_cycles(14)).occasions
    assert [each.anchor_n for each in found] == [1, 2, 4, 7, 10, 13]


def test_one_number_needs_no_brackets_and_no_choice_is_every_event() -> None:
    found = made(rules(schedule(anchor="cycle", cycles=3, on_days=[1])), timeline=monthly_cycles(5)).occasions
    assert [each.anchor_n for each in found] == [3]
    assert all(chooses((), n) for n in range(1, 50))


def test_every_second_visit() -> None:
    visits = Timeline.of([Anchor("visit", date(2027, month, 9), key=str(month)) for month in range(3, 9)])
    found = made(
        rules(schedule(anchor="visit", cycles={"from": 2, "every": 2}, on_days=[1])), timeline=visits
    ).occasions
    assert local(found) == ["2027-04-09 10:00", "2027-06-09 10:00", "2027-08-09 10:00"]


def test_a_forgotten_cycle_changes_which_ones_are_asked() -> None:
    second = rules(schedule(anchor="cycle", cycles=[2], on_days=[8]))
    known = made(second, timeline=cycles("2027-03-01", "2027-05-10")).occasions
    told = Timeline.of([*cycles("2027-03-01", "2027-05-10").anchors, Anchor("cycle", date(2027, 4, 5), key="late")])
    diff = replan(known, made(second, timeline=told, known=known))
    assert [(each.anchor_on, each.reason) for each in diff.cancelled] == [(date(2027, 5, 10), "not_in_schedule")]
    assert local(diff.added) == ["2027-04-12 10:00"]


def test_a_finished_schedule_keeps_its_choice_of_cycles_for_every_person() -> None:
    chosen = rules(schedule(anchor="cycle", cycles=[1, 3], on_days=[1]), schedule(anchor="cycle", on_days=[1]))
    found = made(chosen, person("Asia/Tokyo"), monthly_cycles(4)).occasions
    assert [each.assessment for each in found] == ["a", "b", "b", "a", "b", "b"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("C1", "expected a number such as 4, or numbers such as {from: 7, every: 3}"),
        ([True], "expected a number such as 4"),
        ([0], "numbers count from 1"),
        ({"from": 7, "to": 3}, "no number is from 7 to 3"),
        ({"from": 7, "step": 3}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_no_choice_says_what_was_expected(said: object, expected: str) -> None:
    with pytest.raises(ValidationError, match=r".*") as caught:
        NUMBERS.validate_python(said)
    assert expected in str(caught.value)


WEEKS = {"every": "1w", "for": "6w"}


def asked(**said: Any) -> list[tuple[str, ...]]:
    return [each.instruments for each in made(rules(schedule(**said))).occasions]


def test_two_instruments_take_turns_in_a_series() -> None:
    turns = {"a": {"times": {"every": 2}}, "b": {"times": {"from": 2, "every": 2}}}
    assert asked(instruments=["a", "b"], sometimes=turns, repeat=WEEKS) == [("a",), ("b",)] * 3


def test_one_instrument_joins_every_third_time() -> None:
    turns = {"eq": {"times": {"every": 3}}}
    both, alone = ("diary", "eq"), ("diary",)
    assert asked(instruments=["diary", "eq"], sometimes=turns, repeat=WEEKS) == [both, alone, alone] * 2


def test_an_instrument_joins_in_some_cycles_only() -> None:
    turns = {"eq": {"cycles": [1, {"from": 3, "every": 2}]}}
    chosen = schedule(anchor="cycle", instruments=["diary", "eq"], sometimes=turns, on_days=[1, 15])
    found = made(rules(chosen), timeline=monthly_cycles(5)).occasions
    assert [each.anchor_n for each in found if "eq" in each.instruments] == [1, 1, 3, 3, 5, 5]
    assert len(found) == 10


def test_where_no_instrument_is_left_nothing_is_asked() -> None:
    found = made(rules(schedule(sometimes={"diary": {"times": [2, 4]}}, repeat=WEEKS))).occasions
    assert [each.n for each in found] == [2, 4]
    assert local(found) == ["2027-03-08 10:00", "2027-03-22 10:00"]


def test_an_instrument_that_is_asked_sometimes_must_say_when() -> None:
    with pytest.raises(ValidationError, match="say in which `cycles`"):
        schedule(sometimes={"diary": {}})


def test_a_budget_of_questions_counts_what_is_asked_each_time() -> None:
    turns = {"long": {"times": {"every": 2}}}
    chosen = schedule(instruments=["short", "long"], sometimes=turns, repeat=WEEKS)
    limit = rules(chosen, burden={"questions": 10}, questions={"short": 4, "long": 8})
    assert [each.reason for each in made(limit).occasions] == ["budget", None] * 3
