"""Faults that other systems were seen to have, each with the test that shows that this planner does not have it."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler.anchors import Anchor, Timeline
from scheduler.calendar import wall_time
from scheduler.replan import replan
from tests.unit.scheduler.cases import (
    at,
    begun,
    cycles,
    day,
    happened,
    local,
    made,
    person,
    reasons,
    rules,
    schedule,
    span,
)

NEW_YORK, SYDNEY = "America/New_York", "Australia/Sydney"


def test_f1_a_late_anchor_is_never_silence() -> None:
    """RapidPro: an event whose time is past when the field is set is dropped without a trace."""
    two_months_late = at("2027-05-01 12:00")
    weekly = {"repeat": {"every": "1w", "for": "12w"}}
    missed = made(rules(schedule(**weekly)), now=two_months_late).occasions
    assert len(missed) == 12
    assert reasons(missed) == ["late_anchor"] * 9 + [None] * 3
    opened = made(rules(schedule(**weekly, late_anchor="open")), now=two_months_late).occasions
    assert reasons(opened) == ["late_anchor"] * 8 + [None] * 4
    assert opened[8].due_at == two_months_late


def test_f2_each_participant_is_asked_by_their_own_clock() -> None:
    """RapidPro: campaigns fire in the zone of the organisation, not of the contact."""
    rulebook = rules(schedule(on_days=[1], at="09:00"))
    here, there = (made(rulebook, person(zone)).occasions[0] for zone in (NEW_YORK, SYDNEY))
    assert local([here]) == local([there]) == ["2027-03-01 09:00"]
    assert here.due_at - there.due_at == timedelta(hours=16)


def test_f3_a_change_of_zone_keeps_what_was_done_and_every_id() -> None:
    """RADAR: a change of zone deletes and rebuilds the schedule, and matches what was done by raw offset."""
    rulebook = rules(schedule(repeat={"every": "1w", "for": "8w"}))
    now = at("2027-03-20 00:00")  # after the change to summer time: done in winter, matched in summer
    stored = begun(made(rulebook).occasions, now)
    diff = replan(stored, made(rulebook, person(SYDNEY), now=now, known=stored))
    assert diff.kept == tuple(stored[:3])
    assert [moved.before.id for moved in diff.moved] == [each.id for each in stored[3:]]
    assert {moved.after.due_local.hour for moved in diff.moved} == {10}
    assert (diff.added, diff.cancelled) == ((), ())


def test_f4_reminders_come_one_after_another() -> None:
    """RADAR: all reminders of a task were sent at one instant."""
    (found,) = made(
        rules(schedule(on_days=[1], at="20:00", reminders=["2h", "3h", "1d", "2d"]), quiet=("21:00", "08:00"))
    ).occasions
    assert len(set(found.reminders)) == len(found.reminders) == 3
    assert all(later - sooner >= timedelta(hours=1) for sooner, later in zip(found.reminders, found.reminders[1:]))  # noqa: B905


def test_f5_what_hangs_on_a_visit_is_planned_and_can_be_missed() -> None:
    """RADAR: assessments anchored to a clinic visit are never notified, and there is no state for a miss."""
    rulebook = rules(schedule(anchor="visit", on_days=[2], reminders=["1d"]))
    visits = Timeline.of([Anchor("visit", day("2027-03-01"), key="1"), Anchor("visit", day("2027-04-01"), key="2")])
    found = made(rulebook, timeline=visits, now=at("2027-03-20 00:00")).occasions
    assert [(each.anchor_n, each.state) for each in found] == [(1, "missed"), (2, "planned")]
    assert len(found[1].reminders) == 1


def test_f7_the_hour_holds_through_summer_time_and_one_past_date_drops_nothing_else() -> None:
    """CHT: send times carry a fixed offset, and a group of which one date is past is dropped whole."""
    rulebook = rules(schedule(repeat={"every": "1w", "for": "4w"}, at="09:00"))
    found = made(rulebook, now=at("2027-03-02 00:00")).occasions
    assert reasons(found) == [None, None, None, None]
    assert found[0].moved_by == "late_anchor"  # still inside its window
    assert [f"{each.due_at:%H:%M}" for each in found[1:]] == ["14:00", "13:00", "13:00"]
    much_later = made(rulebook, now=at("2027-03-12 00:00")).occasions
    assert reasons(much_later) == ["late_anchor", "late_anchor", None, None]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_f11_the_clock_of_the_server_decides_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """REDCap: surveys are sent by the clock of the one server."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = made(rules(schedule())).occasions
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [f"{each.due_at:%H:%M}" for each in found] == ["15:00", "15:00", "14:00", "14:00"]


@pytest.mark.parametrize("kind", ["paused", "hospital", "holiday", "withdrew", "died"])
def test_f12_who_is_away_or_gone_is_asked_nothing_and_reminded_of_nothing(kind: str) -> None:
    """Castor: a participant whose record is locked still gets the surveys that were planned before."""
    rulebook = rules(schedule(reminders=["1d", "2d"]))
    stored = made(rulebook).occasions
    now = at("2027-03-08 15:00")  # at the very moment of the second
    known = begun(stored, at("2027-03-05 00:00"))
    diff = replan(known, made(rulebook, person(states=(span(kind, "2027-03-08"),)), now=now, known=known))
    assert [(each.reason, each.reminders) for each in diff.cancelled] == [(kind, ())] * 3
    assert (diff.moved, diff.added) == ((), ())


def test_f14_every_occasion_expires_and_an_edit_renotifies_nobody() -> None:
    """Beiwe: surveys have no end, and editing a prompt sent it to everyone again."""
    before = rules(schedule(repeat={"every": "1w", "for": "8w"}))
    now = at("2027-03-20 00:00")
    stored = begun(made(before).occasions, now)
    assert all(each.closes_at - each.due_at <= timedelta(days=3, hours=1) for each in stored)
    edited = rules(schedule(repeat={"every": "1w", "for": "8w"}, at="18:00", priority=2, instruments=["diary", "more"]))
    diff = replan(stored, made(edited, now=now, known=stored))
    assert diff.added == ()
    assert diff.kept == tuple(stored[:3])
    assert {moved.after.id for moved in diff.moved} == {each.id for each in stored[3:]}


def test_every_other_week_does_not_drift_over_the_years() -> None:
    """LAMP: "every two weeks" drifted, because dates went through UTC."""
    found = made(rules(schedule(repeat={"every": "2w", "for": "5y"}, at="00:30")), person(SYDNEY), years=6).occasions
    assert len(found) == 131
    assert {(each.due_local.weekday(), each.due_local.hour, each.due_local.minute) for each in found} == {(0, 0, 30)}


def test_an_evening_start_is_today_and_not_next_week() -> None:
    """Surveda: a survey started after 19:00 local time ran a week later, its day being taken in UTC."""
    evening = at("2027-03-02 01:00")  # 20:00 on 1 March in New York
    (found,) = made(rules(schedule(on_days=[1], at="20:30")), now=evening).occasions
    assert local([found]) == ["2027-03-01 20:30"]


def test_resuming_after_a_month_away_does_not_flood() -> None:
    """RapidPro, Spoke: texts held back in quiet hours or a pause all went out at once when sending resumed."""
    daily = schedule(anchor="cycle", repeat={"every": "1d", "for": "60d"}, after_pause="catch_up")
    away = person(states=(span("holiday", "2027-03-05", "2027-04-05"),))
    found = made(rules(daily), away, cycles("2027-03-01")).occasions
    per_day: dict[datetime, int] = {}
    for each in found:
        if each.state == "planned":
            midnight = wall_time(each.due_at, ZoneInfo(NEW_YORK)).replace(hour=0, minute=0)
            per_day[midnight] = per_day.get(midnight, 0) + 1
    assert max(per_day.values()) == 1


def test_an_anchor_that_is_put_right_keeps_its_place_in_the_plan() -> None:
    """REDCap: after a wrong date the only way was to delete the schedule and make it again."""
    rulebook = rules(schedule(offsets=["6w", "12w", "1y"]))
    stored = made(rulebook, timeline=happened(on=day("2027-03-11"))).occasions
    diff = replan(stored, made(rulebook, timeline=happened(on=day("2027-03-01")), known=stored))
    assert [moved.after.point for moved in diff.moved] == ["42d", "84d", "12mo"]
    assert {moved.before.id for moved in diff.moved} == {each.id for each in stored}
