"""Days of the week: Sundays, Mondays and Thursdays, working days; compared with arithmetic of its own."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scheduler.occasion import Occasion
from scheduler.replan import replan
from scheduler.weekdays import DaysOff, first_from
from tests.unit.scheduler.cases import START, at, begun, day, happened, local, made, person, rules, schedule

ISO = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}


def asked(on: date = START, **said: Any) -> list[Occasion]:
    who = person(enrolled_on=day("2026-01-01"))
    return list(made(rules(schedule(**said)), who, happened(on=on), years=2).occasions)


def days(on: date, **said: Any) -> list[date]:
    return [each.wanted_local.date() for each in asked(on, **said)]


def counted(on: date, chosen: list[str], weeks: int, length: int) -> Iterator[date]:
    """The chosen days of every `weeks`-th week from a day on, counted day by day."""
    for k in range(length):
        if (k // 7) % weeks == 0 and (on + timedelta(days=k)).isoweekday() in {ISO[name] for name in chosen}:
            yield on + timedelta(days=k)


@given(
    st.dates(date(2026, 12, 1), date(2027, 6, 1)),
    st.lists(st.sampled_from(sorted(ISO)), min_size=1, max_size=4, unique=True),
    st.integers(1, 4),
    st.integers(1, 9),
)
def test_the_days_of_every_nth_week_are_what_one_counts(on: date, chosen: list[str], weeks: int, lasting: int) -> None:
    rhythm = {"every": f"{weeks}w", "weekdays": chosen, "for": f"{lasting}w"}
    assert days(on, repeat=rhythm) == list(counted(on, chosen, weeks, 7 * lasting))
    limited = {"every": f"{weeks}w", "weekdays": chosen, "count": 3}
    assert days(on, repeat=limited) == list(counted(on, chosen, weeks, 100))[:3]


@given(st.dates(date(2026, 12, 1), date(2027, 6, 1)), st.lists(st.sampled_from(sorted(ISO)), min_size=1, unique=True))
def test_a_time_point_moves_to_the_first_such_day(on: date, chosen: list[str]) -> None:
    wanted = [on + timedelta(days=5), on + timedelta(days=40)]
    moved = []
    for each in wanted:
        while each.isoweekday() not in {ISO[name] for name in chosen}:
            each += timedelta(days=1)
        moved.append(each)
    assert days(on, on_days=[6, 41], move_to=chosen) == moved


def test_a_daily_diary_on_working_days_leaves_out_weekends() -> None:
    found = asked(day("2027-03-04"), repeat={"every": "1d", "weekdays": "working_day", "for": "7d"})
    assert local(found) == [f"2027-03-{k:02} 10:00" for k in (4, 5, 8, 9, 10)]
    assert [each.point for each in found] == ["0d", "1d", "4d", "5d", "6d"]


def test_a_month_moves_to_a_working_day() -> None:
    found = asked(day("2027-01-31"), offsets=["1mo", "2mo", "3mo"], move_to="working_day")
    assert local(found) == ["2027-03-01 10:00", "2027-03-31 10:00", "2027-04-30 10:00"]
    assert [each.point for each in found] == ["1mo", "2mo", "3mo"]


def test_two_time_points_that_move_to_one_day_are_asked_once() -> None:
    found = asked(day("2027-03-01"), on_days=[6, 7, 8], move_to=["mon"])
    assert [(each.point, each.wanted_local.date()) for each in found] == [("5d", date(2027, 3, 8))]


def test_a_sunday_stays_the_same_sunday_when_the_anchor_moves_by_a_day() -> None:
    sundays = rules(schedule(repeat={"every": "1w", "weekdays": "sun", "for": "4w"}))
    now = at("2027-03-10 00:00")
    stored = begun(made(sundays, timeline=happened(on=day("2027-03-01"))).occasions, now)
    diff = replan(stored, made(sundays, timeline=happened(on=day("2027-03-02")), now=now, known=stored))
    assert (diff.added, diff.cancelled) == ((), ())
    assert {moved.in_time for moved in diff.moved} <= {False}, "only the date of the anchor is another"
    assert [each.point for each in stored] == ["0d-sun", "7d-sun", "14d-sun", "21d-sun"]


def test_days_off_are_a_weekend_and_dates() -> None:
    easter = DaysOff(dates={date(2027, 3, 26), date(2027, 3, 29)})
    assert first_from(date(2027, 3, 26), ("working_day",), easter) == date(2027, 3, 30)
    assert first_from(date(2027, 3, 26), ("fri",), easter) == date(2027, 3, 26), "a day of the week stays one"
    cairo = DaysOff(weekend=frozenset({4, 5}))
    assert first_from(date(2027, 3, 5), ("working_day",), cairo) == date(2027, 3, 7)
    never = DaysOff(weekend=frozenset(range(7)))
    assert first_from(date(2027, 3, 5), ("working_day",), never) == date(2027, 3, 5)


@pytest.mark.parametrize("said", ["Sunday", "SUN", ["sun"], "sunday"])
def test_a_day_of_the_week_may_be_written_in_full(said: object) -> None:
    assert schedule(move_to=said).move_to == ("sun",)


@pytest.mark.parametrize("said", ["someday", 1, True, ["mon", "xx"], "weekend"])
def test_what_is_no_day_of_the_week_says_what_was_expected(said: object) -> None:
    with pytest.raises(ValidationError, match="expected mon, tue, wed, thu, fri, sat, sun, working_day or own_day"):
        schedule(move_to=said)


def test_a_day_of_their_own_moves_what_is_to_come_and_is_the_first_day_without_one() -> None:
    weekly = {"repeat": {"every": "1w", "weekdays": "own_day", "count": 3}}
    rulebook = rules(schedule(**weekly))
    assert local(made(rulebook).occasions) == ["2027-03-01 10:00", "2027-03-08 10:00", "2027-03-15 10:00"]
    tuesdays = made(rulebook, person(preferred_day="tue")).occasions
    assert local(tuesdays) == ["2027-03-02 10:00", "2027-03-09 10:00", "2027-03-16 10:00"]
    now = at("2027-03-10 00:00")
    stored = begun(tuesdays, now)
    diff = replan(stored, made(rulebook, person(preferred_day="mon"), now=now, known=stored))
    assert not diff.added, "this week's was asked on its Tuesday"
    assert [f"{each.after.due_local:%a %d}" for each in diff.moved] == ["Mon 15"]


def test_a_time_point_moves_to_a_day_of_their_own() -> None:
    rulebook = rules(schedule(offsets=["1mo"], move_to="own_day"))
    assert local(made(rulebook, person(preferred_day="sun")).occasions) == ["2027-04-04 10:00"]
    assert local(made(rulebook).occasions) == ["2027-04-01 10:00"]
