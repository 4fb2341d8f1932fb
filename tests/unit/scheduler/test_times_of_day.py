"""Several times a day and random times: in their range, apart, the same at every planning, and in local time."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scheduler.occasion import Occasion
from scheduler.replan import replan
from scheduler.times_of_day import RandomTimes
from tests.unit.scheduler.cases import at, begun, day, happened, local, made, person, reasons, rules, schedule, span

DAILY = {"every": "1d", "for": "3d"}
PROMPTS = {"from": "09:00", "until": "21:00", "times": 5, "apart": "90min"}


def asked(said: object, **more: Any) -> list[Occasion]:
    return list(made(rules(schedule(at=said, repeat=DAILY, window={"closes": "1h"}), **more)).occasions)


def test_a_morning_and_an_evening_are_one_assessment() -> None:
    found = asked(["08:00", "20:30"])
    assert local(found) == [f"2027-03-0{k} {hour}" for k in (1, 2, 3) for hour in ("08:00", "20:30")]
    assert [each.point for each in found] == ["0d", "0d/2", "1d", "1d/2", "2d", "2d/2"]
    assert [each.n for each in found] == [1, 2, 3, 4, 5, 6]
    assert len({each.id for each in found}) == 6


def test_a_preferred_hour_does_not_fold_several_into_one() -> None:
    who = person(preferred_time=time(18, 30))
    twice = rules(schedule(at=["08:00", "20:30"], on_days=[1]))
    assert local(made(twice, who).occasions) == ["2027-03-01 08:00", "2027-03-01 20:30"]
    assert local(made(rules(schedule(at="08:00", on_days=[1])), who).occasions) == ["2027-03-01 18:30"]


def test_another_hour_moves_and_keeps_the_id() -> None:
    known = asked(["08:00", "20:30"])
    later = rules(schedule(at=["09:00", "20:30"], repeat=DAILY, window={"closes": "1h"}))
    diff = replan(known, made(later, known=known))
    assert (diff.added, diff.cancelled, len(diff.moved)) == ((), (), 3)
    assert {moved.before.id for moved in diff.moved} == {each.id for each in known if each.n % 2}


@given(
    st.integers(0, 20),
    st.integers(2, 60 * 3),
    st.integers(1, 8),
    st.integers(0, 45),
    st.integers(0, 2**64),
    st.sampled_from(["Europe/Madrid", "Pacific/Auckland", "America/St_Johns"]),
)
def test_random_times_are_in_their_range_and_apart(
    hour: int, length: int, times: int, apart: int, who: int, zone: str
) -> None:
    if (times - 1) * max(apart, 1) >= length:
        times = 1
    until = datetime(2027, 1, 1, hour, tzinfo=ZoneInfo("UTC")) + timedelta(minutes=length)
    said = {"from": f"{hour:02}:00", "until": f"{until:%H:%M}", "times": times, "apart": f"{apart}min"}
    if until.day > 1:
        return
    someone = person(zone, id=UUID(int=who))
    rulebook = rules(schedule(at=said, repeat=DAILY))
    found = made(rulebook, someone).occasions
    assert found == made(rulebook, someone).occasions
    assert len(found) == 3 * times
    for each in found:
        assert each.due_at == each.due_local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
        minutes = (each.due_local - datetime.combine(each.due_local.date(), time(hour))) / timedelta(minutes=1)
        assert 0 <= minutes < length
    for earlier, following in pairwise(found):
        if earlier.due_local.date() == following.due_local.date():
            assert following.due_local - earlier.due_local >= timedelta(minutes=max(apart, 1))


def test_everybody_is_asked_at_other_random_times_and_on_other_days_too() -> None:
    rulebook = rules(schedule(at=PROMPTS, repeat={"every": "1d", "for": "40d"}))
    found = [made(rulebook, person(id=UUID(int=n))).occasions for n in range(3)]
    times = [each.due_local.time() for occasions in found for each in occasions]
    assert len(times) == 600
    assert len(set(times)) > 200, "of 720 minutes"
    hours = [sum(each.hour == hour for each in times) for hour in range(9, 21)]
    assert min(hours) > 20, "each hour is hit"


def test_a_random_time_stays_when_the_anchor_moves() -> None:
    rulebook = rules(schedule(at=PROMPTS, repeat=DAILY))
    now = at("2027-02-20 00:00")
    stored = begun(made(rulebook).occasions, now)
    diff = replan(stored, made(rulebook, timeline=happened(on=day("2027-03-02")), now=now, known=stored))
    assert len(diff.moved) == 15
    assert all(moved.before.due_local + timedelta(days=1) == moved.after.due_local for moved in diff.moved)


def test_a_prompt_that_is_over_is_not_asked_late() -> None:
    rulebook = rules(schedule(at=["08:00", "12:00", "20:30"], on_days=[1], window={"closes": "1h"}))
    found = made(rulebook, now=at("2027-03-01 18:00")).occasions
    assert reasons(found) == ["late_anchor", "late_anchor", None]


def test_after_a_pause_a_missed_time_is_caught_up_at_the_first_hour() -> None:
    twice = schedule(at=["08:00", "20:30"], repeat=DAILY, window={"closes": "4h"}, after_pause="catch_up")
    found = made(rules(twice), person(states=(span("paused", "2027-03-01", "2027-03-05"),))).occasions
    assert [each.moved_by for each in found] == [None] * 5 + ["resume"]
    assert local(found)[-1] == "2027-03-05 08:00"


def test_hours_of_a_gap_in_the_clocks_move_forward_each() -> None:
    spring = rules(schedule(at=["02:15", "02:45", "10:00"], on_days=[1]))
    found = made(spring, timeline=happened(on=date(2027, 3, 14))).occasions
    assert local(found) == ["2027-03-14 03:15", "2027-03-14 03:45", "2027-03-14 10:00"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], "expected a time of day, or several"),
        ("8 pm", 'expected a time of day from "00:00" to "23:59"'),
        ({"from": "21:00", "until": "09:00"}, "`until` is later on the same day than `from`"),
        ({"from": "09:00", "until": "10:00", "times": 5, "apart": "30min"}, "5 times at least 30min apart do not fit"),
        ({"from": "09:00", "until": "10:00", "apart": "1d"}, "`apart` is a time within a day"),
        ({"from": "09:00", "until": "10:00", "count": 5}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_no_hour_says_what_was_expected(said: object, expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        schedule(at=said)
    assert expected in str(caught.value)


def test_a_range_that_is_just_long_enough_leaves_no_choice() -> None:
    full = RandomTimes.model_validate({"from": "09:00", "until": "09:03", "times": 3})
    assert full.drawn("anything") == [time(9, 0), time(9, 1), time(9, 2)]
