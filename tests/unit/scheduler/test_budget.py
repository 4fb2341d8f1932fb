"""The burden budget: never more than so much in any seven days, and the more important first."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scheduler.occasion import Occasion
from tests.shared.properties import examples
from tests.unit.scheduler.cases import at, begun, made, person, reasons, rules, schedule

BANDS = [{"below": 13, "by": "both"}, {"from": 13, "by": "self"}]


def heaviest(occasions: Iterable[Occasion], costs: dict[str, int]) -> int:
    """The most that some seven days in a row ask of one reporter."""
    asked = [each for each in occasions if each.state == "planned"]
    loads = [
        sum(
            costs[other.assessment]
            for other in asked
            if other.reporter == each.reporter and 0 <= (other.due_local.date() - each.due_local.date()).days < 7
        )
        for each in asked
    ]
    return max(loads, default=0)


def test_the_less_important_one_gives_way_with_the_reason() -> None:
    weekly = schedule(priority=5)
    important = schedule(on_days=[10], priority=1)
    found = made(rules(weekly, important, burden={"surveys": 1})).occasions
    assert [(each.assessment, each.reason) for each in found] == [
        ("a", None),
        ("a", "budget"),
        ("b", None),
        ("a", "budget"),
        ("a", None),
    ]
    assert found[1].state == "cancelled"
    assert found[1].detail == "more than 1 surveys in seven days"
    assert found[1].reminders == ()


def test_among_equals_the_earlier_one_is_kept() -> None:
    found = made(rules(schedule(on_days=[1, 3, 9]), burden={"surveys": 1})).occasions
    assert reasons(found) == [None, "budget", None]


def test_once_a_week_fits_a_budget_of_one_a_week() -> None:
    assert reasons(made(rules(schedule(), burden={"surveys": 1})).occasions) == [None] * 4


def test_questions_count_by_instrument() -> None:
    long = schedule(on_days=[1], instruments=["long", "short"], priority=1)
    short = schedule(on_days=[2, 3], instruments=["short"])
    counts = {"long": 20, "short": 5}
    found = made(rules(long, short, burden={"questions": 30}, questions=counts)).occasions
    assert [(each.assessment, each.reason) for each in found] == [("a", None), ("b", None), ("b", "budget")]
    assert found[2].detail == "more than 30 questions in seven days"


def test_each_reporter_has_a_budget() -> None:
    twice = schedule(on_days=[1, 2], reporter=BANDS)
    child = person(birth_date=person().enrolled_on.replace(year=2020))
    found = made(rules(twice, burden={"surveys": 1}), child).occasions
    assert sorted((each.n, each.reporter, each.reason or "") for each in found) == [
        (1, "proxy", ""),
        (1, "self", ""),
        (2, "proxy", "budget"),
        (2, "self", "budget"),
    ]


def test_what_has_begun_counts_before_anything_more_important() -> None:
    weekly = schedule(on_days=[1])
    stored = begun(made(rules(weekly)).occasions, at("2027-03-02 00:00"))
    important = schedule(on_days=[3], priority=1)
    found = made(rules(weekly, important, burden={"surveys": 1}), now=at("2027-03-02 00:00"), known=stored).occasions
    assert [(each.assessment, each.state, each.reason) for each in found] == [
        ("a", "completed", None),
        ("b", "cancelled", "budget"),
    ]


def test_what_was_asked_and_not_answered_counts_too() -> None:
    weekly = schedule(on_days=[1])
    (one,) = made(rules(weekly)).occasions
    asked = replace(one, state="missed", reason="no_answer")
    important = schedule(on_days=[3], priority=1)
    found = made(rules(weekly, important, burden={"surveys": 1}), now=at("2027-03-02 00:00"), known=[asked]).occasions
    assert reasons(found) == ["no_answer", "budget"]


def test_what_cannot_be_asked_costs_nothing() -> None:
    eaten = schedule(on_days=[1], at="22:00", window={"closes": "1h"}, priority=1)
    other = schedule(on_days=[2])
    found = made(rules(eaten, other, burden={"surveys": 1}, quiet=("21:00", "08:00"))).occasions
    assert reasons(found) == ["quiet_hours", None]


rhythms = st.builds(
    lambda every, starting, count, priority, hour: schedule(
        repeat={"every": f"{every}d", "starting": f"{starting}d", "count": count},
        priority=priority,
        at=f"{hour:02}:00",
    ),
    st.integers(1, 9),
    st.integers(0, 12),
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(0, 23),
)


@given(st.lists(rhythms, min_size=1, max_size=5), st.integers(1, 4), st.integers(4, 40))
@examples(60)
def test_the_budget_is_never_exceeded_and_nothing_is_dropped_that_fits(
    schedules: list[object], surveys: int, questions: int
) -> None:
    budget = {"surveys": surveys, "questions": questions}
    rulebook = rules(*schedules, burden=budget, questions={"diary": 4}, quiet=("21:00", "08:00"))  # type: ignore[arg-type]
    free = rules(*schedules, quiet=("21:00", "08:00"))  # type: ignore[arg-type]
    found = made(rulebook).occasions
    names = {each.assessment for each in found}
    assert heaviest(found, dict.fromkeys(names, 1)) <= surveys
    assert heaviest(found, dict.fromkeys(names, 4)) <= questions
    assert [each.id for each in found] == [each.id for each in made(free).occasions]
    for dropped in (each for each in found if each.reason == "budget"):
        would_be = [replace(each, state="planned") if each is dropped else each for each in found]
        over = heaviest(would_be, dict.fromkeys(names, 1)) > surveys
        assert over or heaviest(would_be, dict.fromkeys(names, 4)) > questions


def test_what_comes_after_the_horizon_already_counts() -> None:
    less, more = schedule(on_days=[1]), schedule(on_days=[5], priority=1)
    rulebook = rules(less, more, burden={"surveys": 1})
    whole = made(rulebook).occasions
    assert reasons(whole) == ["budget", None]
    first_day = made(rulebook, years=0.003).occasions
    assert first_day == whole[:1]


def test_a_budget_looks_ahead_from_priority_to_priority() -> None:
    chain = [schedule(on_days=[1 + 6 * k], priority=9 - k) for k in range(4)]
    rulebook = rules(*chain, burden={"surveys": 1})
    whole = made(rulebook).occasions
    assert reasons(whole) == ["budget", None, "budget", None]
    assert made(rulebook, years=0.003).occasions == whole[:1]
