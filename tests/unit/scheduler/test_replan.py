"""What a new plan does to what is stored: moved, added, cancelled, stopped, kept; begun is begun."""

from dataclasses import replace

import pytest

from scheduler.anchors import Anchor, Timeline
from scheduler.occasion import Occasion, State
from scheduler.replan import Diff, Moved, replan
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

NOW = at("2027-03-10 00:00")


def test_with_no_change_nothing_changes() -> None:
    plan = made(rules(schedule()))
    diff = replan(plan.occasions, plan)
    assert diff.empty
    assert diff.kept == plan.occasions


def test_a_first_plan_adds_everything_with_what_cannot_be_asked() -> None:
    plan = made(rules(schedule()), now=at("2027-03-12 15:00"))
    diff = replan([], plan)
    assert diff.added == plan.occasions
    assert [each.state for each in diff.added] == ["missed", "missed", "planned", "planned"]
    assert not diff.empty


def test_a_corrected_date_moves_what_has_not_begun() -> None:
    rulebook = rules(schedule())
    stored = begun(made(rulebook).occasions, NOW)
    diff = replan(stored, made(rulebook, timeline=happened(on=day("2027-03-03")), now=NOW, known=stored))
    assert diff.kept == tuple(stored[:2])
    assert [(moved.before, moved.after.id) for moved in diff.moved] == [(each, each.id) for each in stored[2:]]
    assert local([moved.after for moved in diff.moved]) == ["2027-03-17 10:00", "2027-03-24 10:00"]
    assert (diff.added, diff.cancelled) == ((), ())


def test_a_retracted_event_cancels_what_has_not_begun() -> None:
    rulebook = rules(schedule())
    stored = begun(made(rulebook).occasions, NOW)
    diff = replan(stored, made(rulebook, timeline=Timeline(), now=NOW, known=stored))
    assert [(each.id, each.state, each.reason, each.reminders) for each in diff.cancelled] == [
        (each.id, "cancelled", "not_in_schedule", ()) for each in stored[2:]
    ]
    assert diff.kept == tuple(stored[:2])


def test_what_was_cancelled_comes_back_as_added() -> None:
    rulebook = rules(schedule())
    stored = made(rulebook).occasions
    gone = replan(stored, made(rulebook, timeline=Timeline(), known=stored))
    diff = replan(gone.cancelled, made(rulebook, known=gone.cancelled))
    assert diff.added == stored


def test_what_was_missed_stays_missed() -> None:
    rulebook = rules(schedule())
    stored = made(rulebook, now=NOW).occasions
    diff = replan(stored, made(rulebook, now=NOW, known=stored))
    assert diff.empty


def test_someone_who_is_away_has_theirs_cancelled_as_missed_and_gets_them_back_in_time() -> None:
    rulebook = rules(schedule())
    stored = made(rulebook).occasions
    away = replan(stored, made(rulebook, person(states=(span("holiday", "2027-03-08"),)), known=stored))
    assert [(each.state, each.reason) for each in away.cancelled] == [("missed", "holiday")] * 3
    back = (*away.kept, *away.cancelled)
    home = made(rulebook, person(states=(span("holiday", "2027-03-08", "2027-03-12"),)), now=NOW, known=back)
    assert local(replan(back, home).added) == ["2027-03-15 10:00", "2027-03-22 10:00"]


def test_beyond_the_horizon_nothing_is_cancelled() -> None:
    rulebook = rules(schedule(repeat={"every": "1w"}))
    stored = made(rulebook, years=2).occasions
    diff = replan(stored, made(rulebook, years=1, known=stored))
    assert diff.empty
    assert len(diff.kept) == len(stored)


@pytest.mark.parametrize("state", ["open", "invited", "started"])
def test_what_is_under_way_is_stopped_when_someone_leaves(state: State) -> None:
    rulebook = rules(schedule())
    stored = begun(made(rulebook).occasions, NOW, state)
    gone = person(states=(span("withdrew", "2027-03-09"),))
    diff = replan(stored, made(rulebook, gone, now=NOW, known=stored))
    assert diff.stopped == tuple(replace(each, reason="participation_ended") for each in stored[:2])
    assert [each.reason for each in diff.cancelled] == ["withdrew", "withdrew"]
    assert diff.kept == ()


def test_what_is_finished_is_kept_when_someone_leaves() -> None:
    rulebook = rules(schedule())
    stored = begun(made(rulebook).occasions, NOW)
    diff = replan(stored, made(rulebook, person(states=(span("died", "2027-03-09"),)), now=NOW, known=stored))
    assert (diff.stopped, diff.kept) == ((), tuple(stored[:2]))


def test_an_end_of_participation_is_the_reason_also_where_the_rhythm_names_it() -> None:
    until_death = rules(schedule(repeat={"every": "1w", "until": "death", "for": "4w"}), ending=["death"])
    stored = made(until_death).occasions
    dead = Timeline.of([Anchor("surgery", day("2027-03-01")), Anchor("death", day("2027-03-10"))])
    diff = replan(stored, made(until_death, timeline=dead, known=stored))
    assert reasons(diff.cancelled) == ["ended", "ended"]
    assert diff.cancelled[0].detail == "death ended participation"
    left = replan(stored, made(until_death, person(states=(span("died", "2027-03-09"),)), dead, known=stored))
    assert reasons(left.cancelled) == ["died", "died"]


def test_leaving_on_a_later_day_stops_nothing_yet() -> None:
    rulebook = rules(schedule())
    stored = begun(made(rulebook).occasions, NOW, "open")
    diff = replan(stored, made(rulebook, person(states=(span("withdrew", "2027-03-20"),)), now=NOW, known=stored))
    assert (diff.stopped, diff.kept) == ((), (stored[0], stored[1], stored[2]))


def test_the_same_question_is_not_asked_twice_when_its_time_point_is_renamed() -> None:
    stored = begun(made(rules(schedule(offsets=["12w"], window={"closes": "14d"}))).occasions, at("2027-06-01 00:00"))
    now = at("2027-06-01 00:00")
    amended = rules(schedule(offsets=["13w", "20w"], window={"closes": "14d"}))
    diff = replan(stored, made(amended, now=now, known=stored))
    assert [(each.point, each.state, each.reason) for each in diff.added] == [
        ("91d", "cancelled", "already_asked"),
        ("140d", "planned", None),
    ]
    assert diff.added[0].detail == "asked on 2027-05-24 as 84d after surgery"
    after = [*diff.kept, *diff.added]
    again = made(amended, now=now, known=after)
    assert replan(after, again).empty


def test_a_planned_one_that_would_repeat_what_was_asked_is_not_revived_but_others_are_asked() -> None:
    now = at("2027-06-01 00:00")
    stored = begun(made(rules(schedule(offsets=["12w"], window={"closes": "14d"}))).occasions, now)
    far = rules(schedule(offsets=["20w"], window={"closes": "14d"}))
    assert [each.state for each in replan(stored, made(far, now=now, known=stored)).added] == ["planned"]
    other = rules(schedule(offsets=["13w"], window={"closes": "14d"}, anchor="enrolment"))
    assert [each.state for each in replan(stored, made(other, now=now, known=stored)).added] == ["planned"]


def test_overlapping_windows_of_one_series_are_no_repetition() -> None:
    rulebook = rules(schedule(repeat={"every": "1w"}, window={"closes": "10d"}))
    stored = begun(made(rulebook, years=0.05).occasions, NOW)
    diff = replan(stored, made(rulebook, years=0.2, now=NOW, known=stored))
    assert {each.state for each in diff.added} == {"planned"}


def test_correct_then_correct_back_is_the_identity() -> None:
    rulebook = rules(schedule(anchor="cycle", on_days=[1, 8, 15]))
    stored = begun(made(rulebook, timeline=cycles("2027-03-01", "2027-03-22")).occasions, NOW)
    there = replan(stored, made(rulebook, timeline=cycles("2027-03-04", "2027-03-29"), now=NOW, known=stored))
    between = applied(there)
    back = replan(between, made(rulebook, timeline=cycles("2027-03-01", "2027-03-22"), now=NOW, known=between))
    assert sorted(applied(back), key=lambda each: each.due_at) == stored


def applied(diff: Diff) -> list[Occasion]:
    """What is stored after a diff."""
    return [*diff.kept, *diff.added, *diff.cancelled, *(moved.after for moved in diff.moved)]


def test_a_new_number_is_no_new_time() -> None:
    (one,) = made(rules(schedule(on_days=[1]))).occasions
    assert not Moved(one, replace(one, n=2)).in_time
    assert Moved(one, replace(one, closes_at=one.late_until.replace(year=2030))).in_time


def test_what_only_the_moved_horizon_adds_is_told_apart() -> None:
    rulebook = rules(schedule(repeat={"every": "1w", "for": "20w"}))
    before = made(rulebook, years=0.1)
    away = person(states=(span("paused", "2027-03-15", "2027-03-20"),))
    diff = replan(before.occasions, made(rulebook, away, known=before.occasions), before.horizon)
    assert [each.reason for each in diff.cancelled] == ["paused"]
    assert diff.added == ()
    assert [each.due_at >= before.horizon for each in diff.extended] == [True] * 14
    unchanged = replan(before.occasions, made(rulebook, known=before.occasions), before.horizon)
    assert unchanged.empty
    assert len(unchanged.extended) == 14


def test_what_a_change_adds_before_the_old_horizon_is_added() -> None:
    before = made(rules(schedule()), timeline=Timeline(), years=0.05)
    diff = replan(before.occasions, made(rules(schedule())), before.horizon)
    assert (len(diff.added), len(diff.extended)) == (3, 1)
