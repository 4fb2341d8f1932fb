"""What answers trigger: series that count from a check-in, that end, that are limited, and that are planned again."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.anchors import Anchor, Ended, EndedBy, Timeline
from scheduler.occasion import Occasion
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.replan import replan
from scheduler.rulebook import Rules
from scheduler.rules import Schedule
from scheduler.trigger import TriggeredSeries, triggered_anchors
from tests.unit.scheduler.cases import at, begun, local, made, person, reasons, span

ANSWERED = at("2027-03-08 20:40")
"""15:40 in New York."""


class Limited(Schedule):
    """A schedule that answers trigger, as the study file makes it."""

    limit: int | None = None
    last: bool = False

    @property
    def most_a_week(self) -> int | None:
        return self.limit

    @property
    def counts_last(self) -> bool:
        return self.last


def following(**said: object) -> Rules:
    schedule = {"instruments": ["diary"], "anchor": "trigger", "window": {"closes": "2d"}, **said}
    return Rules.of({"a": Limited.model_validate(schedule)})


def answered(*instants: datetime, who: Person | None = None, ended: dict[datetime, Ended] | None = None) -> Timeline:
    """A timeline without events, of check-ins that triggered the assessment at these instants."""
    ends = ended or {}
    triggered = [TriggeredSeries("a", "self", f"{each:%d-%H}", each, each, ends.get(each)) for each in instants]
    return Timeline(triggered=triggered_anchors(triggered, (who or person()).zone))


def test_days_count_from_the_day_of_the_check_in_and_hours_from_its_end() -> None:
    occasions = made(following(offsets=["4h", "1d", "1w"]), timeline=answered(ANSWERED)).occasions
    assert local(occasions) == ["2027-03-08 19:40", "2027-03-09 10:00", "2027-03-15 10:00"]
    assert [(each.anchor, each.anchor_key, each.point) for each in occasions[:2]] == [
        ("trigger", "08-20", "4h"),
        ("trigger", "08-20", "1d"),
    ]


def test_each_check_in_has_a_series_of_its_own_whose_ids_do_not_depend_on_the_others() -> None:
    rules, second = following(offsets=["1d"]), ANSWERED + timedelta(days=3)
    alone = made(rules, timeline=answered(second)).occasions
    both = made(rules, timeline=answered(ANSWERED, second)).occasions
    assert [each.id for each in both[1:]] == [each.id for each in alone]
    assert [each.anchor_n for each in both] == [1, 2]


def test_what_would_be_due_before_the_check_in_ended_is_asked_at_once() -> None:
    now = ANSWERED + timedelta(minutes=2)
    (occasion,) = made(following(on_days=[1]), timeline=answered(ANSWERED), now=now).occasions
    assert (occasion.due_at, occasion.moved_by) == (now, "late_anchor")


def test_a_limit_cancels_what_would_be_more_in_seven_days() -> None:
    daily = [ANSWERED + timedelta(days=day) for day in range(9)]
    occasions = made(following(offsets=["1d"], limit=2), timeline=answered(*daily)).occasions
    assert reasons(occasions) == [None, None, *["at_most"] * 5, None, None]


@pytest.mark.parametrize("by", ["recovered", "answer_corrected"])
def test_an_end_cancels_what_is_planned_from_then_on_and_adds_nothing(by: EndedBy) -> None:
    rules = following(repeat={"every": "1d", "count": 5})
    before = made(rules, timeline=answered(ANSWERED)).occasions
    now = ANSWERED + timedelta(days=2)
    stored = begun(before, now)
    ended = answered(ANSWERED, ended={ANSWERED: Ended(now, by)})
    diff = replan(stored, made(rules, timeline=ended, now=now, known=stored))
    assert reasons(diff.cancelled) == [by, by]
    assert not diff.added
    assert not diff.moved
    first = made(rules, timeline=ended, now=now).occasions
    assert all(each.due_at < now for each in first), "a plan from nothing has nothing after the end"


def test_an_end_that_was_wrong_is_undone() -> None:
    rules = following(repeat={"every": "1d", "count": 5})
    stored = list(made(rules, timeline=answered(ANSWERED)).occasions)
    now = ANSWERED + timedelta(hours=1)
    ended = answered(ANSWERED, ended={ANSWERED: Ended(now, "answer_corrected")})
    gone = applied(stored, made(rules, timeline=ended, now=now, known=stored).occasions)
    back = made(rules, timeline=answered(ANSWERED), now=now, known=gone).occasions
    assert [each for each in back if each.due_at > now] == [each for each in stored if each.due_at > now]


def test_newer_answers_end_what_earlier_ones_have_left() -> None:
    rules = following(offsets=["14d"], last=True)
    second = ANSWERED + timedelta(days=7)
    first = made(rules, timeline=answered(ANSWERED)).occasions
    diff = replan(first, made(rules, timeline=answered(ANSWERED, second), now=second, known=first))
    assert reasons(diff.cancelled) == ["triggered_again"]
    assert local(diff.added) == ["2027-03-29 10:00"]


def test_answers_of_the_other_reporter_do_not_end_it_and_are_followed_by_questions_to_them() -> None:
    two = [
        TriggeredSeries("a", "self", "1", ANSWERED, ANSWERED),
        TriggeredSeries("a", "proxy", "2", ANSWERED + timedelta(days=1), ANSWERED),
    ]
    timeline = Timeline(triggered=triggered_anchors(two, person().zone))
    occasions = made(following(offsets=["14d"], last=True), timeline=timeline).occasions
    assert [(each.reporter, each.reason) for each in occasions] == [("self", None), ("proxy", None)]


def test_a_corrected_answer_does_not_end_what_others_triggered() -> None:
    second = ANSWERED + timedelta(days=7)
    timeline = answered(ANSWERED, second, ended={second: Ended(second, "answer_corrected")})
    occasions = made(following(offsets=["14d"], last=True), timeline=timeline).occasions
    assert [(each.anchor_key, each.reason) for each in occasions] == [("08-20", None)]


def test_nothing_is_asked_after_a_death_or_in_a_pause() -> None:
    rules = following(repeat={"every": "1d", "count": 4})
    gone = person(states=(span("died", "2027-03-10"),))
    assert reasons(made(rules, gone, answered(ANSWERED)).occasions) == [None, None, "died", "died"]
    away = person(states=(span("hospital", "2027-03-09", "2027-03-10"),))
    assert reasons(made(rules, away, answered(ANSWERED)).occasions) == [None, "hospital", None, None]


def test_hours_after_an_event_count_from_its_time_of_day_also_where_the_clocks_change() -> None:
    rules = Rules.of({"a": Schedule.model_validate(
        {"instruments": ["diary"], "anchor": "surgery", "offsets": ["6h", "36h"], "window": {"closes": "4h"}}
    )})  # fmt: skip
    day = at("2027-03-13 00:00").date()  # the clocks of New York go forward in the night after it
    timed = Timeline.of([_surgery(day, "21:30")])
    assert local(made(rules, timeline=timed).occasions) == ["2027-03-14 04:30", "2027-03-15 10:30"]
    untimed = made(rules, timeline=Timeline.of([_surgery(day, None)])).occasions
    assert reasons(untimed) == ["time_unknown", "time_unknown"]


def test_a_time_of_day_that_is_recorded_later_plans_what_it_was_missing_for() -> None:
    rules = Rules.of({"a": Schedule.model_validate(
        {"instruments": ["diary"], "anchor": "surgery", "offsets": ["30h"], "window": {"closes": "4h"}}
    )})  # fmt: skip
    day = at("2027-03-08 00:00").date()
    stored = made(rules, timeline=Timeline.of([_surgery(day, None)])).occasions
    diff = replan(stored, made(rules, timeline=Timeline.of([_surgery(day, "08:00")]), known=stored))
    assert [(each.id, each.state) for each in diff.added] == [(stored[0].id, "planned")]


def _surgery(day: date, clock: str | None) -> Anchor:
    return Anchor("surgery", day, at=time.fromisoformat(clock) if clock else None)


def applied(stored: list[Occasion], new: tuple[Occasion, ...]) -> list[Occasion]:
    found = {each.id: each for each in new}
    return [found.get(each.id, each) for each in stored]


@given(st.data())
def test_a_life_of_answers_asks_nothing_twice_and_never_more_than_the_limit(data: st.DataObject) -> None:
    limit = data.draw(st.integers(1, 3))
    rules = following(repeat={"every": "1d", "count": 3}, limit=limit, last=data.draw(st.booleans()))
    who, stored = person(), list[Occasion]()
    known: list[TriggeredSeries] = []
    now = ANSWERED
    for step in range(data.draw(st.integers(1, 6))):
        now += timedelta(hours=data.draw(st.integers(1, 60)))
        what = data.draw(st.sampled_from(["answers", "recovers", "corrects", "time passes"]))
        if what == "answers":
            known.append(TriggeredSeries("a", "self", str(step), now, now))
        elif known and what != "time passes":
            place = data.draw(st.integers(0, len(known) - 1))
            by: EndedBy = "recovered" if what == "recovers" else "answer_corrected"
            known[place] = replace(known[place], ended=Ended(now, by) if data.draw(st.booleans()) else None)
        stored = begun(stored, now - timedelta(minutes=1))
        timeline = Timeline(triggered=triggered_anchors(known, who.zone))
        new = plan(rules, who, timeline, now, now + timedelta(days=60), stored)
        diff = replan(stored, new)
        written = {each.id: each for each in (*diff.added, *(m.after for m in diff.moved), *diff.cancelled)}
        kept = {each.id: each for each in stored}
        assert all(not kept[id].begun for id in written if id in kept), "what has begun is kept"
        stored = list({**kept, **written}.values())
        again = replan(stored, plan(rules, who, timeline, now, now + timedelta(days=60), stored))
        assert again.empty, "the same knowledge changes nothing"
        _within(stored, limit)


def _within(stored: list[Occasion], limit: int) -> None:
    days = sorted(each.due_local.date().toordinal() for each in stored if each.begun or each.state == "planned")
    assert all(sum(first <= day < first + 7 for day in days) <= limit for first in days)
