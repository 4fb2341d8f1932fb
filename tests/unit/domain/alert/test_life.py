"""The life of an alert: told step by step in watched hours, acknowledged once, closed with what was done."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition
from hypothesis.stateful import rule as act

from pro_collector.domain.alert.life import (
    DONE,
    NOTHING_DONE,
    Alert,
    acknowledge,
    advance,
    close,
    end_by_death,
    hand_over,
    meet,
    release,
    reopen,
)
from pro_collector.domain.alert.raising import Triggered
from pro_collector.domain.alert.rule import AlertRule
from pro_collector.domain.alert.watching import WatchedHours, WatchedTime, watched_time

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
"""A Monday, 12:00 in Madrid."""
ALWAYS = WatchedTime(None, MADRID)
HOUR = timedelta(hours=1)
RULE = AlertRule.model_validate(
    {
        "label": {"en": "Severe pain"},
        "when": {"instrument": "diary", "item": "pain", "at_least": 7},
        "urgency": "now",
        "steps": [{"to": "nurse", "within": "1h"}, {"to": "doctor", "within": "2h"}, {"to": "lead", "within": "4h"}],
        "cool_down": "3d",
        "close_within": "5d",
    }
)


def office_hours(**more: object) -> WatchedTime:
    """Monday to Friday from 8 to 16 in Madrid."""
    hours = WatchedHours.model_validate({"hours": [{"from": "08:00", "until": "16:00"}], **more})
    return watched_time(hours, MADRID)


def found(at: datetime = NOON) -> Triggered:
    return Triggered("severe", "self", at, f"occasion of {at}")


def everybody(role: str) -> Collection[str]:
    return (f"{role}-ana",)


def opened(time: WatchedTime = ALWAYS) -> Alert:
    """An alert whose first step was told at noon."""
    return advance(meet(found(), None, RULE, time, NOON), RULE, time, everybody, NOON)[0]


def alert_of(result: Alert | str) -> Alert:
    assert isinstance(result, Alert), result
    return result


def test_it_is_told_step_by_step_and_the_last_step_again_and_again() -> None:
    alert, heard = meet(found(), None, RULE, ALWAYS, NOON), []
    for minutes in range(0, 16 * 60, 10):
        alert, told = advance(alert, RULE, ALWAYS, everybody, NOON + timedelta(minutes=minutes))
        heard += [(minutes // 60, each.role) for each in told]
    assert heard == [(0, "nurse"), (1, "doctor"), (3, "lead"), (7, "lead"), (11, "lead"), (15, "lead")]


def test_an_empty_step_is_skipped_at_once_and_said() -> None:
    alert, told = advance(
        meet(found(), None, RULE, ALWAYS, NOON), RULE, ALWAYS, lambda role: {"lead": ("eva",)}.get(role, ()), NOON
    )
    assert [(each.role, each.nobody) for each in told] == [("nurse", True), ("doctor", True), ("lead", False)]
    assert alert.due_at == NOON + 4 * HOUR


def test_with_nobody_at_all_every_step_is_said_and_it_is_tried_again() -> None:
    alert, told = advance(meet(found(), None, RULE, ALWAYS, NOON), RULE, ALWAYS, lambda _: (), NOON)
    assert [each.nobody for each in told] == [True, True, True]
    assert alert.due_at is not None
    assert [each.nobody for each in advance(alert, RULE, ALWAYS, lambda _: (), alert.due_at)[1]] == [True]


def test_outside_of_watched_hours_it_waits_until_they_begin() -> None:
    friday_night = datetime(2026, 3, 27, 20, tzinfo=UTC)
    alert = meet(found(friday_night), None, RULE, office_hours(), friday_night)
    monday = datetime(2026, 3, 30, 6, tzinfo=UTC)  # summer time began on Sunday: 08:00 is 06:00 UTC
    assert alert.due_at == monday
    assert advance(alert, RULE, office_hours(), everybody, monday - timedelta(seconds=1))[1] == ()
    alert, told = advance(alert, RULE, office_hours(), everybody, monday)
    assert (told[0].role, alert.due_at) == ("nurse", monday + HOUR)
    assert (
        meet(
            found(friday_night),
            None,
            RULE,
            watched_time(office_hours().hours or "", MADRID, every_hour=True),
            friday_night,
        ).due_at
        == friday_night
    )


def test_what_is_handled_late_wakes_nobody_at_night() -> None:
    friday_noon, saturday = datetime(2026, 3, 27, 11, tzinfo=UTC), datetime(2026, 3, 28, 2, tzinfo=UTC)
    alert = meet(found(friday_noon), None, RULE, office_hours(), saturday)
    assert (alert.raised_at, alert.due_at) == (friday_noon, datetime(2026, 3, 30, 6, tzinfo=UTC))


def test_time_counts_in_watched_hours_only() -> None:
    half_past_three = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    time = office_hours()
    assert time.after(half_past_three, timedelta(minutes=30)) == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert time.after(half_past_three, HOUR) == datetime(2026, 3, 3, 7, 30, tzinfo=UTC)
    assert time.after(half_past_three, 9 * HOUR) == datetime(2026, 3, 4, 7, 30, tzinfo=UTC)
    closed = office_hours(closed=["2026-03-03", {"every_year": "03-04"}])
    assert closed.after(half_past_three, HOUR) == datetime(2026, 3, 5, 7, 30, tzinfo=UTC)
    assert not time.watched(datetime(2026, 3, 2, 15, tzinfo=UTC))
    assert time.watched(datetime(2026, 3, 2, 7, tzinfo=UTC))


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    nights = WatchedHours.model_validate({"hours": [{"days": ["fri"], "from": "22:00", "until": "06:00"}]})
    time = watched_time(nights, MADRID)
    assert time.watched(datetime(2026, 3, 7, 4, 59, tzinfo=UTC))
    assert not time.watched(datetime(2026, 3, 7, 5, tzinfo=UTC))
    assert time.opens(datetime(2026, 3, 7, 5, tzinfo=UTC)) == datetime(2026, 3, 13, 21, tzinfo=UTC)


def test_hours_that_overlap_count_once() -> None:
    both = [{"from": "08:00", "until": "12:00"}, {"from": "10:00", "until": "14:00"}]
    time = watched_time(WatchedHours.model_validate({"hours": both}), MADRID)
    assert time.after(datetime(2026, 3, 2, 7, tzinfo=UTC), 5 * HOUR) == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_hours_in_which_nobody_ever_watches_are_refused() -> None:
    with pytest.raises(ValueError, match="write `watched: never`"):
        office_hours(closed=[{"from": "2025-01-01", "until": "2199-12-31"}])


def test_the_second_person_is_refused_and_nothing_changes() -> None:
    alert = alert_of(acknowledge(opened(), "ana", RULE, ALWAYS, NOON + HOUR))
    assert acknowledge(alert, "leo", RULE, ALWAYS, NOON + 2 * HOUR) == "ana has acknowledged it already"
    closed = alert_of(close(alert, "ana", "phoned", "", NOON + 2 * HOUR))
    assert acknowledge(closed, "leo", RULE, ALWAYS, NOON + 3 * HOUR) == "it was closed by ana"
    assert close(closed, "leo", "phoned", "", NOON + 3 * HOUR) == "it was closed by ana"


def test_what_was_acknowledged_is_told_to_nobody_until_it_is_forgotten() -> None:
    alert = alert_of(acknowledge(opened(), "ana", RULE, ALWAYS, NOON + HOUR))
    due = NOON + HOUR + timedelta(days=5)
    assert advance(alert, RULE, ALWAYS, everybody, due - timedelta(seconds=1)) == (alert, ())
    back, told = advance(alert, RULE, ALWAYS, everybody, due)
    assert (back.state, back.came_back, back.acknowledged_by, told[0].role) == ("raised", 1, None, "nurse")
    assert alert_of(acknowledge(back, "leo", RULE, ALWAYS, due)).acknowledged_by == "leo"


def test_whoever_did_nothing_says_why() -> None:
    assert close(opened(), "ana", "wrong", " ", NOON) == "`wrong` needs a note: why was nothing done?"
    closed = alert_of(close(opened(), "ana", "wrong", "typing mistake", NOON))
    assert (closed.acknowledged_by, closed.done, closed.note, closed.due_at) == ("ana", "wrong", "typing mistake", None)


def test_what_comes_again_is_counted_and_after_the_cool_down_a_new_one_is_opened() -> None:
    def raised(at: datetime, last: Alert) -> Alert:
        return meet(found(at), last, RULE, ALWAYS, at)

    alert = raised(NOON + HOUR, opened())
    assert (alert.repeats, alert.raised_at, alert.last_at) == (1, NOON, NOON + HOUR)
    closed = alert_of(close(alert, "ana", "phoned", "", NOON + 2 * HOUR))
    again = raised(NOON + timedelta(days=2), closed)
    assert (again.state, again.repeats) == ("closed", 2)
    late = meet(found(NOON + timedelta(minutes=30)), again, RULE, ALWAYS, NOON + timedelta(days=4))
    assert (late.state, late.repeats, late.last_at) == ("closed", 3, NOON + timedelta(days=2)), (
        "older than what was seen"
    )
    fresh = raised(NOON + timedelta(days=3), again)
    assert (fresh.state, fresh.repeats, fresh.raised_at) == ("raised", 0, NOON + timedelta(days=3))


@dataclass
class Record:
    """What happened to the alerts of one key, to hold the laws against."""

    opened: int = 0
    told: list[datetime] = field(default_factory=list)
    acknowledged: int = 0


class LifeOfAlerts(RuleBasedStateMachine):
    """People and time act at random on the alerts of one key; the laws hold after each act."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.alert, self.time = NOON, opened(), office_hours()
        self.record = Record(opened=1)

    @initialize(roster=st.sets(st.sampled_from(["nurse", "doctor", "lead"])))
    def somebody_is_on_duty(self, roster: set[str]) -> None:
        self.roster = roster

    @act(minutes=st.integers(1, 60 * 48))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        before = self.alert
        on_duty = {role: (role,) for role in self.roster}
        self.alert, told = advance(before, RULE, self.time, lambda role: on_duty.get(role, ()), self.now)
        assert (before.state == "closed" or before.due_at is None or self.now < before.due_at) == (told == ())
        assert all(each.nobody for each in told[:-1]), "only empty steps are skipped"
        assert told == () or (not told[-1].nobody or told[-1].step == len(RULE.steps) - 1)
        assert advance(self.alert, RULE, self.time, everybody, self.now) == (self.alert, ()), "once is enough"

    @act()
    def it_is_raised(self) -> None:
        before = self.alert
        self.alert = meet(found(self.now), before, RULE, self.time, self.now)
        new = self.alert.raised_at != before.raised_at
        over = before.state == "closed" and self.now - before.raised_at >= timedelta(days=3)
        assert new == (over and self.now > before.last_at)

    @act(who=st.sampled_from(["ana", "leo"]))
    def it_is_acknowledged(self, who: str) -> None:
        result = acknowledge(self.alert, who, RULE, self.time, self.now)
        assert isinstance(result, Alert) == (self.alert.state == "raised")
        self.alert = result if isinstance(result, Alert) else self.alert

    @precondition(lambda self: self.alert.state != "closed")
    @act(done=st.sampled_from(DONE), note=st.sampled_from(["", "called the ward"]))
    def it_is_closed(self, done: str, note: str) -> None:
        result = close(self.alert, "eva", done, note, self.now)  # type: ignore[arg-type]
        assert isinstance(result, Alert) == (bool(note) or done not in NOTHING_DONE)
        self.alert = result if isinstance(result, Alert) else self.alert

    @act()
    def they_die(self) -> None:
        if self.alert.state != "closed":
            self.alert = end_by_death(self.alert, self.now)
            assert advance(self.alert, RULE, self.time, everybody, self.now + timedelta(days=9)) == (self.alert, ())

    @precondition(lambda self: self.alert.done == "died")
    @act()
    def nobody_has_died(self) -> None:
        self.alert = reopen(self.alert, self.time, self.now)
        assert (self.alert.state, self.alert.step) == ("raised", -1)

    @invariant()
    def an_open_alert_always_has_a_next_moment(self) -> None:
        assert (self.alert.due_at is None) == (self.alert.state == "closed")
        assert (self.alert.done is not None) == (self.alert.state == "closed")
        assert self.alert.due_at is None or self.time.watched(self.alert.due_at) or self._at_closing(self.alert.due_at)

    def _at_closing(self, at: datetime) -> bool:
        return self.time.watched(at - timedelta(microseconds=1))


TestLifeOfAlerts = LifeOfAlerts.TestCase
TestLifeOfAlerts.settings = settings(max_examples=30, stateful_step_count=25)


def test_who_has_it_can_give_it_back_or_to_a_colleague() -> None:
    raised, taken = opened(), alert_of(acknowledge(opened(), "ana", RULE, ALWAYS, NOON))
    closed = alert_of(close(taken, "ana", "phoned", "", NOON + HOUR))
    assert release(raised, ALWAYS, NOON) == hand_over(raised, "leo") == "nobody has acknowledged it"
    assert release(closed, ALWAYS, NOON) == hand_over(closed, "leo") == "it was closed by ana"
    given = alert_of(hand_over(taken, "leo"))
    assert (given.acknowledged_by, given.acknowledged_at, given.due_at) == ("leo", NOON, taken.due_at)
    night = datetime(2026, 3, 2, 20, tzinfo=UTC)
    again = alert_of(release(taken, office_hours(), night))
    assert (again.state, again.acknowledged_by, again.due_at) == ("raised", None, datetime(2026, 3, 3, 7, tzinfo=UTC))
    assert [
        each.role for each in advance(again, RULE, office_hours(), everybody, datetime(2026, 3, 3, 7, tzinfo=UTC))[1]
    ] == ["nurse"]
