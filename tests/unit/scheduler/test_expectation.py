"""The next cycle, expected at the usual pace: asked before it comes, replaced by the real date, never asked twice."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.anchors import Anchor, Timeline
from scheduler.duration import Duration
from scheduler.expectation import Expectation, overdue, with_expected
from scheduler.occasion import Occasion
from scheduler.plan import plan
from scheduler.replan import Diff, replan
from scheduler.rulebook import Rules
from tests.unit.scheduler.cases import at, begun, cycles, day, local, made, person, reasons, schedule, span

WEEK = list(range(-7, 0))
DIARY = schedule(anchor="cycle", on_days=WEEK, at="20:00", window={"closes": "12h"})
EVERY_4_WEEKS = {"cycle": Expectation(Duration(days=28), "end_of_treatment")}
RULES = Rules.of({"diary": DIARY}, expected=EVERY_4_WEEKS)
WHO = person(enrolled_on=day("2027-02-01"))
BEFORE_THE_SECOND = [f"2027-03-{k} 20:00" for k in range(22, 29)]


def stored_after(diff: Diff) -> list[Occasion]:
    return [*diff.kept, *diff.added, *diff.cancelled, *(moved.after for moved in diff.moved)]


def lived(timeline: Timeline, now: datetime) -> list[Occasion]:
    """What is stored when everything due until `now` was answered."""
    return begun(made(RULES, WHO, timeline, years=0.3).occasions, now)


def told(stored: list[Occasion], timeline: Timeline, now: datetime) -> Diff:
    return replan(stored, made(RULES, WHO, timeline, now=now, known=stored, years=0.3))


def asked(occasions: Iterable[Occasion], after: str) -> list[str]:
    return local(sorted((each for each in occasions if each.state == "planned" and each.due_at > at(after)),
                        key=lambda each: each.due_at))  # fmt: skip


def test_the_days_before_the_next_cycle_are_asked_before_it_is_recorded() -> None:
    found = made(RULES, WHO, cycles("2027-03-01")).occasions
    assert local(found) == [f"2027-02-{k} 20:00" for k in range(22, 29)] + BEFORE_THE_SECOND
    assert {each.anchor_n for each in found[7:]} == {2}
    assert {each.anchor_on for each in found[7:]} == {date(2027, 3, 29)}


def test_what_comes_after_the_next_cycle_waits_until_it_has_begun() -> None:
    both = schedule(anchor="cycle", on_days=[-1, 1, 8])
    rulebook = Rules.of({"both": both}, expected=EVERY_4_WEEKS)
    found = made(rulebook, WHO, cycles("2027-03-01")).occasions
    assert local(found) == ["2027-02-28 10:00", "2027-03-01 10:00", "2027-03-08 10:00", "2027-03-28 10:00"]


def test_a_cycle_that_came_as_expected_changes_nothing_that_was_asked() -> None:
    now = at("2027-03-29 15:00")
    stored = lived(cycles("2027-03-01"), now)
    diff = told(stored, cycles("2027-03-01", "2027-03-29"), now)
    assert diff.kept == tuple(stored)
    assert (diff.moved, diff.cancelled) == ((), ())
    assert [each.anchor_n for each in diff.added] == [3] * 7
    after = stored_after(diff)
    assert told(after, cycles("2027-03-01", "2027-03-29"), now).empty


def test_a_cycle_that_is_told_ahead_on_the_expected_day_keeps_its_ids() -> None:
    now = at("2027-03-20 15:00")
    stored = lived(cycles("2027-03-01"), now)
    diff = told(stored, cycles("2027-03-01", "2027-03-29"), now)
    assert [moved.in_time for moved in diff.moved] == [False] * 7
    assert diff.cancelled == ()


def test_an_appointment_replaces_the_expected_day() -> None:
    now = at("2027-03-10 15:00")
    diff = told(lived(cycles("2027-03-01"), now), cycles("2027-03-01", "2027-04-12"), now)
    assert [each.reason for each in diff.cancelled] == ["not_in_schedule"] * 7
    assert asked(stored_after(diff), "2027-03-10")[:7] == [f"2027-04-{k:02} 20:00" for k in range(5, 12)]


def test_after_a_delay_the_true_days_are_asked_and_what_was_asked_stays() -> None:
    now = at("2027-03-29 15:00")
    stored = lived(cycles("2027-03-01"), now)
    diff = told(stored, cycles("2027-03-01", "2027-04-12"), now)
    assert set(diff.kept) == set(stored)
    assert asked(stored_after(diff), "2027-03-29 16:00")[:7] == [f"2027-04-{k:02} 20:00" for k in range(5, 12)]


def test_after_a_short_delay_no_evening_is_asked_twice() -> None:
    now = at("2027-03-29 15:00")
    diff = told(lived(cycles("2027-03-01"), now), cycles("2027-03-01", "2027-03-31"), now)
    again = [each for each in diff.added if each.anchor_n == 2]
    assert [each.state for each in again] == ["planned"] * 2, "the other five evenings were asked already"
    assert local(again) == ["2027-03-29 20:00", "2027-03-30 20:00"]
    assert diff.cancelled == ()


def test_what_was_missed_while_it_was_expected_is_not_missed_twice() -> None:
    now = at("2027-03-29 15:00")
    away = replace(WHO, states=(span("hospital", "2027-03-22", "2027-03-29"),))
    stored = begun(made(RULES, away, cycles("2027-03-01"), years=0.3).occasions, now)
    assert reasons(stored[7:]) == ["hospital"] * 7
    real = cycles("2027-03-01", "2027-03-29")
    diff = replan(stored, made(RULES, away, real, now=now, known=stored, years=0.3))
    assert [each for each in diff.added if each.anchor_n == 2] == []


def test_a_question_that_is_still_open_is_not_asked_again_after_a_delay() -> None:
    rulebook = Rules.of({"a": schedule(anchor="cycle", on_days=[-7], window={"closes": "5d"})}, expected=EVERY_4_WEEKS)
    now = at("2027-03-23 12:00")
    stored = begun(made(rulebook, WHO, cycles("2027-03-01"), years=0.3).occasions, now, "invited")
    diff = replan(stored, made(rulebook, WHO, cycles("2027-03-01", "2027-03-31"), now=now, known=stored, years=0.3))
    (again,) = [each for each in diff.added if each.anchor_n == 2]
    assert (local([again]), again.reason) == (["2027-03-24 10:00"], "already_asked")


def test_a_retracted_cycle_is_expected_again() -> None:
    now = at("2027-03-10 15:00")
    both = stored_after(told(lived(cycles("2027-03-01"), now), cycles("2027-03-01", "2027-03-29"), now))
    back = told(both, cycles("2027-03-01"), now)
    assert asked(stored_after(back), "2027-03-10") == BEFORE_THE_SECOND
    assert len({each.id for each in stored_after(back)}) == len(stored_after(back))


@pytest.mark.parametrize(
    ("ended", "expected"), [("2027-03-15", 0), ("2027-03-29", 0), ("2027-03-30", 7), (None, 7), ("2027-02-20", 0)]
)
def test_no_cycle_is_expected_once_treatment_has_ended(ended: str | None, expected: int) -> None:
    end = [Anchor("end_of_treatment", day(ended))] if ended else []
    known = Timeline.of([*cycles("2027-03-01").anchors, *end])
    assert sum(each.anchor_n == 2 for each in made(RULES, WHO, known).occasions) == expected


def test_nothing_is_expected_before_the_first_event() -> None:
    assert made(RULES, WHO, Timeline()).occasions == ()


def test_an_expected_cycle_ends_no_series_and_closes_a_window() -> None:
    daily = schedule(anchor="cycle", repeat={"every": "1d", "until": "next cycle", "for": "40d"})
    month = schedule(anchor="cycle", on_days=[1], window={"closes": "40d", "until": "next cycle"})
    rulebook = Rules.of({"daily": daily, "month": month}, expected=EVERY_4_WEEKS)
    found = made(rulebook, WHO, cycles("2027-03-01")).occasions
    assert sum(each.assessment == "daily" for each in found) == 40, "treatment may be late"
    assert [each.closes_at for each in found if each.assessment == "month"] == [at("2027-03-29 04:00")]


def test_an_expected_event_has_the_next_number_for_a_choice_of_cycles() -> None:
    chosen = schedule(anchor="cycle", cycles=[2, 4], on_days=[-1])
    rulebook = Rules.of({"chosen": chosen}, expected=EVERY_4_WEEKS)
    assert local(made(rulebook, WHO, cycles("2027-03-01")).occasions) == ["2027-03-28 10:00"]
    assert local(made(rulebook, WHO, cycles("2027-03-01", "2027-03-29")).occasions) == ["2027-03-28 10:00"]


def test_the_timeline_itself_stays_as_it_was_recorded() -> None:
    known = cycles("2027-03-01", "2027-03-29")
    found = with_expected(known, EVERY_4_WEEKS)
    assert found.anchors == known.anchors
    assert [(each.on, each.n, each.expected) for each in found.expected] == [(date(2027, 4, 26), 3, True)]
    assert with_expected(known, {}) is known


def test_an_event_is_overdue_from_the_day_after_on() -> None:
    known = cycles("2027-03-01")
    assert overdue(known, EVERY_4_WEEKS, date(2027, 3, 29)) == ()
    assert [(each.kind, each.n, each.on) for each in overdue(known, EVERY_4_WEEKS, date(2027, 3, 30))] == [
        ("cycle", 2, date(2027, 3, 29))
    ]


@given(st.lists(st.tuples(st.integers(18, 45), st.integers(-12, 6)), min_size=1, max_size=5))
@settings(max_examples=60)
def test_through_any_delays_no_evening_is_asked_twice_and_known_days_are_asked(
    rhythm: list[tuple[int, int]],
) -> None:
    """Cycles come `gap` days after each other and are told `lag` days after (or before) they begin."""
    happened, dates = [(day("2027-03-01"), day("2027-02-15"))], [day("2027-03-01")]
    for gap, lag in rhythm:
        dates.append(dates[-1] + timedelta(days=gap))
        happened.append((dates[-1], max(dates[-1] + timedelta(days=lag), happened[-1][1] + timedelta(days=1))))
    stored: list[Occasion] = []
    horizon = datetime(2028, 6, 1, tzinfo=UTC)
    for k, (_, recorded) in enumerate(happened):
        now = datetime(recorded.year, recorded.month, recorded.day, 15, tzinfo=UTC)
        known = cycles(*(str(on) for on, _ in happened[: k + 1]))
        stored = begun(stored, now)
        stored = stored_after(replan(stored, plan(RULES, WHO, known, now, horizon, stored)))
        assert len({each.id for each in stored}) == len(stored)
        assert replan(stored, plan(RULES, WHO, known, now, horizon, stored)).empty
    evenings = Counter(each.due_local.date() for each in stored if each.begun or each.state == "planned")
    assert not [evening for evening, count in evenings.items() if count > 1]
    for on, recorded in happened:
        known_in_time = [on - timedelta(days=k) for k in range(1, 8) if on - timedelta(days=k) > recorded]
        assert not set(known_in_time) - set(evenings), "each evening that was known before it came is asked"
