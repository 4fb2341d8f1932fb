"""What people may choose on their own page: pure rules, with the edges."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from pro_collector.domain.conversation.own_choices import (
    CORRECTABLE,
    hours_to_choose,
    last_pause,
    leaves_room,
    may_correct,
    pause_problem,
)
from scheduler.calendar import silence
from scheduler.duration import Duration

TODAY = date(2026, 1, 31)
MONTH = Duration(months=1)
NIGHT = silence(((time(21), time(8)),), {TODAY})
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "problem"),
    [
        (date(2026, 1, 30), "past"),
        (TODAY, "past"),
        (date(2026, 2, 1), None),
        (date(2026, 2, 28), None),
        (date(2026, 3, 1), "too_long"),
    ],
)
def test_a_pause_reaches_from_tomorrow_to_the_limit_of_the_study(until: date, problem: str | None) -> None:
    assert last_pause(TODAY, MONTH) == date(2026, 2, 28)
    assert pause_problem(until, TODAY, MONTH, paused_by_team=False) == problem
    assert pause_problem(until, TODAY, MONTH, paused_by_team=True) == "by_team"


def test_own_quiet_hours_leave_four_hours_to_be_asked_in() -> None:
    assert leaves_room(NIGHT, [])
    assert leaves_room(NIGHT, [(time(12), time(21))])
    assert not leaves_room(NIGHT, [(time(11, 59), time(21))])
    assert not leaves_room(NIGHT, [(time(20), time(19))])


def test_the_hours_to_choose_are_those_at_which_the_study_writes_on_any_day() -> None:
    assert hours_to_choose(NIGHT) == [time(hour) for hour in range(8, 21)]


def test_what_has_ended_a_while_ago_is_not_corrected() -> None:
    assert may_correct("completed", NOW, NOW)
    assert may_correct("partial", NOW, NOW + CORRECTABLE - timedelta(seconds=1))
    assert not may_correct("completed", NOW, NOW + CORRECTABLE)
    assert not may_correct("started", None, NOW)
    assert not may_correct("cancelled", NOW, NOW)
