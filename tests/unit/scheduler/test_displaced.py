"""What was asked for a day that a corrected date says was wrong: kept, or set apart and asked on the right day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.anchors import UNSCHEDULED, Anchor, Timeline
from scheduler.budget import exceeded_by
from scheduler.displaced import displaced, takes_its_place
from scheduler.occasion import Occasion
from scheduler.replan import replan
from tests.unit.scheduler.cases import START, at, begun, cycles, happened, local, made, rules, schedule

NOW = at("2027-03-10 00:00")
DELAYED = date(2027, 3, 12)


def apart(occasions: Sequence[Occasion], one: Occasion) -> list[Occasion]:
    """The stored occasions after `one` of them was set apart."""
    aside = replace(one, anchor=UNSCHEDULED, anchor_key="", point=f"{UNSCHEDULED}-{one.due_local.date()}")
    return [aside if each.id == one.id else each for each in occasions]


def test_without_a_choice_nothing_is_asked_twice_and_the_team_sees_which() -> None:
    rulebook, delayed = rules(schedule()), happened(on=DELAYED)
    stored = begun(made(rulebook).occasions, NOW)
    assert displaced(stored, happened()) == []
    assert displaced(stored, delayed) == stored[:2]
    assert displaced(stored, Timeline()) == [], "an event that is retracted has no day"
    assert replan(stored, made(rulebook, timeline=delayed, now=NOW, known=stored)).added == ()


def test_set_apart_it_is_asked_on_the_right_day_under_an_id_of_its_own() -> None:
    rulebook, delayed = rules(schedule(on_days=[1])), happened(on=DELAYED)
    stored = begun(made(rulebook).occasions, NOW)
    known = apart(stored, stored[0])
    diff = replan(known, made(rulebook, timeline=delayed, now=NOW, known=known))
    assert (local(diff.added), diff.kept, diff.cancelled) == (["2027-03-12 10:00"], tuple(known), ())
    (instead,) = diff.added
    assert takes_its_place(stored[0], diff.added) == instead
    assert instead.id != stored[0].id
    assert (instead.point, instead.anchor) == (stored[0].point, "surgery")
    later = [*known, instead]
    assert replan(later, made(rulebook, timeline=delayed, now=NOW, known=later)).empty, "it keeps that id"

    again = begun(apart(later, instead), NOW)
    last = made(rulebook, timeline=happened(on=date(2027, 3, 20)), now=NOW, known=again)
    ids = {each.id for each in (*again, *replan(again, last).added)}
    assert len(ids) == 3, "a second delay makes a third one"


def test_a_date_that_was_later_than_the_right_one_has_nothing_to_ask_instead() -> None:
    rulebook = rules(schedule(on_days=[1]))
    stored = begun(made(rulebook).occasions, NOW)
    known = apart(stored, stored[0])
    for on in (START, START - timedelta(days=3)):
        added = replan(known, made(rulebook, timeline=happened(on=on), now=NOW, known=known)).added
        assert takes_its_place(stored[0], added) is None


def test_an_event_that_was_retracted_and_recorded_anew_is_asked_after_the_first_was_set_apart() -> None:
    rulebook = rules(schedule(anchor="cycle", on_days=[1], window={"closes": "7d"}))
    stored = begun(made(rulebook, timeline=cycles(str(START))).occasions, NOW)
    anew = Timeline.of([Anchor("cycle", date(2027, 3, 3), key="another")])
    kept = replan(stored, made(rulebook, timeline=anew, now=NOW, known=stored))
    assert [each.reason for each in kept.added] == ["already_asked"]
    known = apart([*stored, *kept.added], stored[0])
    asked = replan(known, made(rulebook, timeline=anew, now=at("2027-03-03 01:00"), known=known))
    assert [(each.state, each.reason) for each in asked.added] == [("planned", None)]


@given(st.integers(-20, 40), st.integers(0, 40), st.integers(0, 5))
def test_whatever_the_correction_each_time_point_is_asked_once_apart_from_what_was_set_apart(
    shift: int, passed: int, one: int
) -> None:
    rulebook, now = rules(schedule()), at("2027-03-01 00:00") + timedelta(days=passed)
    stored = begun(made(rulebook).occasions, now)
    timeline = happened(on=START + timedelta(days=shift))
    wrong = displaced(stored, timeline)
    known = apart(stored, wrong[one % len(wrong)]) if wrong else stored
    diff = replan(known, made(rulebook, timeline=timeline, now=now, known=known))
    after = {each.id: each for each in (*known, *diff.added, *(moved.after for moved in diff.moved), *diff.cancelled)}
    points = [(each.anchor, each.point) for each in after.values()]
    assert len(points) == len(set(points)) == len(after)
    assert len(after) == len(known) + len(diff.added), "nothing is lost"
    series = [each.point for each in after.values() if each.anchor != UNSCHEDULED]
    assert set(series) >= {each.point for each in stored}


def test_one_more_survey_is_measured_against_the_budget_of_its_reporter() -> None:
    rulebook = rules(schedule(on_days=[1, 2, 9]), burden={"surveys": 2})
    one, two, three = made(rules(schedule(on_days=[1, 2, 9]))).occasions
    more = replace(three, due_local=three.due_local - timedelta(days=3))
    assert exceeded_by(rulebook, [one, two], more) == "2 surveys"
    assert exceeded_by(rulebook, [one], more) is None
    assert exceeded_by(rulebook, [one, replace(two, reporter="proxy")], more) is None
    assert exceeded_by(rules(schedule()), [one, two, three], more) is None
