"""What must hold of every plan, whatever the rules, the person, the timeline and the moment."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from scheduler.anchors import Anchor, Timeline
from scheduler.calendar import wall_time
from scheduler.occasion import PLAN_REASONS, Occasion, Plan
from scheduler.person import Person, Span
from scheduler.plan import plan
from scheduler.replan import Diff, replan
from scheduler.rulebook import Rules
from scheduler.rules import Schedule
from tests.shared.properties import examples
from tests.unit.scheduler.cases import person, rules, schedule

ZONES = sorted(available_timezones())
FIRST = date(2026, 10, 1)

days = st.integers(0, 250).map(lambda n: FIRST + timedelta(days=n))
instants = st.integers(0, 400 * 1440).map(lambda n: datetime(2026, 9, 20, tzinfo=UTC) + timedelta(minutes=n))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    when: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"on_days": [1, 8]},
                {"offsets": ["2w", "1mo", "6w"]},
                {"repeat": {"every": "1w", "until": "surgery"}},
                {"repeat": [{"every": "5d", "count": 6}, {"every": "1mo", "starting": "30d", "for": "1y"}]},
                {"repeat": {"every": "2w", "from": "cycle", "for": "6mo"}},
            ]
        )
    )
    return schedule(
        **when,
        anchor=draw(st.sampled_from(["enrolment", "cycle", "surgery"])),
        at=f"{draw(st.integers(0, 23)):02}:{draw(st.sampled_from([0, 30])):02}",
        window={"opens": "-1d", "closes": draw(st.sampled_from(["6h", "2d", "10d"])), "late_entry": "1d"},
        reminders=draw(st.sampled_from([[], ["3h"], ["1d", "2d"]])),
        late_anchor=draw(st.sampled_from(["miss", "open"])),
        after_pause=draw(st.sampled_from(["skip", "catch_up"])),
        priority=draw(st.integers(1, 3)),
        reporter=draw(st.sampled_from([[], [{"below": 12, "by": "both"}, {"from": 12, "by": "self"}]])),
    )


@st.composite
def rulebooks(draw: st.DrawFn) -> Rules:
    said = draw(st.lists(schedules(), min_size=1, max_size=3))
    quiet = draw(st.sampled_from([None, ("21:00", "08:00"), ("02:00", "03:30")]))
    burden = draw(st.sampled_from([{}, {"burden": {"surveys": 2}}]))
    return rules(*said, quiet=quiet, ending=["death"], **burden)


@st.composite
def people(draw: st.DrawFn) -> Person:
    pauses = tuple(
        Span("hospital", start, start + timedelta(days=draw(st.integers(1, 30))))
        for start in draw(st.lists(days, max_size=2))
    )
    return person(
        draw(st.sampled_from(ZONES)),
        enrolled_on=draw(days),
        birth_date=draw(st.sampled_from([None, date(2015, 1, 31), date(1980, 2, 29)])),
        states=pauses,
    )


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    cycles = [Anchor("cycle", on, key=str(k)) for k, on in enumerate(draw(st.lists(days, max_size=4)))]
    others = [Anchor(kind, draw(days)) for kind in ("surgery", "death") if draw(st.booleans())]
    return Timeline.of([*cycles, *others])


def far(instant: datetime, ahead: int = 200) -> datetime:
    return instant + timedelta(days=ahead)


def applied(diff: Diff) -> list[Occasion]:
    """What is stored after a diff."""
    return [*diff.kept, *diff.added, *diff.cancelled, *diff.stopped, *(moved.after for moved in diff.moved)]


def lived(occasions: list[Occasion], until: datetime) -> list[Occasion]:
    """What is stored when everything due until then was asked."""
    return [
        replace(each, state="invited") if each.state == "planned" and each.due_at <= until else each
        for each in occasions
    ]


def by_id(occasions: Plan | list[Occasion]) -> dict[object, Occasion]:
    found = occasions.occasions if isinstance(occasions, Plan) else occasions
    return {each.id: each for each in found}


@given(rulebooks(), people(), timelines(), instants)
@examples(150)
def test_every_occasion_is_inside_its_window_and_named_once_and_dead_ones_say_why(
    rulebook: Rules, who: Person, timeline: Timeline, now: datetime
) -> None:
    found = plan(rulebook, who, timeline, now, far(now)).occasions
    assert len({each.id for each in found}) == len(found)
    assert list(found) == sorted(found, key=lambda each: each.due_at)
    zone = ZoneInfo(who.zone)
    for each in found:
        assert each.due_at < far(now)
        assert each.due_local == wall_time(each.due_at, zone)
        assert (each.reason is None) == (each.state == "planned")
        assert each.reason is None or each.reason in PLAN_REASONS
        assert each.closes_at <= each.late_until
        if each.state == "planned":
            assert each.opens_at <= each.due_at < each.closes_at
            assert each.due_at >= now
            assert rulebook.silence.covers(each.due_local) is None
            for reminder in each.reminders:
                assert each.due_at < reminder < each.closes_at
                assert rulebook.silence.covers(wall_time(reminder, zone)) is None
        else:
            assert each.state in ("missed", "cancelled")
            assert each.reminders == ()


@given(rulebooks(), people(), timelines(), instants)
@examples(100)
def test_replanning_with_no_change_is_the_identity_now_and_later(
    rulebook: Rules, who: Person, timeline: Timeline, now: datetime
) -> None:
    horizon = far(now)
    stored = list(plan(rulebook, who, timeline, now, horizon).occasions)
    assert replan(stored, plan(rulebook, who, timeline, now, horizon, stored)).empty
    for later in (now + timedelta(hours=5), now + timedelta(days=17)):
        stored = lived(stored, later)
        diff = replan(stored, plan(rulebook, who, timeline, later, horizon, stored))
        assert not diff.moved
        assert not diff.added
        assert not diff.cancelled
        assert set(by_id(applied(diff))) == set(by_id(stored))


@given(rulebooks(), people(), timelines(), instants, st.integers(1, 199))
@examples(100)
def test_splitting_the_horizon_changes_nothing(
    rulebook: Rules, who: Person, timeline: Timeline, now: datetime, split: int
) -> None:
    whole = plan(rulebook, who, timeline, now, far(now)).occasions
    part = plan(rulebook, who, timeline, now, far(now, split)).occasions
    assert part == tuple(each for each in whole if each.due_at < far(now, split))


@given(rulebooks(), people(), timelines(), instants, st.integers(-20, 20))
@examples(100)
def test_a_correction_loses_nothing_and_asks_nothing_twice(
    rulebook: Rules, who: Person, timeline: Timeline, now: datetime, shift: int
) -> None:
    horizon = far(now)
    stored = lived(list(plan(rulebook, who, timeline, now - timedelta(days=9), horizon).occasions), now)
    moved = Timeline.of([replace(each, on=each.on + timedelta(days=shift)) for each in timeline.anchors])
    diff = replan(stored, plan(rulebook, who, moved, now, horizon, stored))
    after = by_id(applied(diff))
    assert set(by_id(stored)) <= set(after)
    assert len(after) == len(applied(diff))
    for each in stored:
        if each.begun:
            assert after[each.id] == each
    back = replan(applied(diff), plan(rulebook, who, timeline, now, horizon, applied(diff)))
    again = by_id(applied(back))
    for each in stored:
        if each.begun or (each.state == "planned" and rulebook.burden is None):
            assert again[each.id] == each


@given(rulebooks(), people(), timelines(), instants)
@examples(60)
def test_after_a_death_nothing_is_planned(rulebook: Rules, who: Person, timeline: Timeline, now: datetime) -> None:
    died = wall_time(now, ZoneInfo(who.zone)).date()
    gone = Timeline.of([*timeline.anchors, Anchor("death", died)])
    found = plan(rulebook, who, gone, now, far(now)).occasions
    assert not [each for each in found if each.state == "planned" and each.due_local.date() >= died]


@given(rulebooks(), people(), timelines(), instants)
@examples(60)
def test_while_away_nothing_is_planned_and_at_most_one_of_a_series_comes_after(
    rulebook: Rules, who: Person, timeline: Timeline, now: datetime
) -> None:
    found = plan(rulebook, who, timeline, now, far(now)).occasions
    for each in found:
        if each.state == "planned":
            assert not any(span.covers(each.due_local.date()) for span in who.states)
    resumed = [
        (each.assessment, each.anchor_key, each.reporter, each.due_local.date())
        for each in found
        if each.moved_by == "resume"
    ]
    assert len(set(resumed)) == len(resumed)
