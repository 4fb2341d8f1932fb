"""Schedules that count from, begin with or end with several events: compared with arithmetic written apart."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scheduler.anchors import Anchor, Timeline
from scheduler.event_choice import AnyEvent, FirstEvent, LaterEvent, in_words, next_day_of
from scheduler.replan import replan
from scheduler.rules import Schedule
from tests.unit.scheduler.cases import START, at, begun, day, local, made, person, rules, schedule

ONCE, REPEATED = ("progression", "new_therapy", "off_study"), ("cycle", "visit")
Told = dict[str, list[date]]


def timeline(**events: str) -> Timeline:
    """A timeline of events, each with its dates separated by spaces."""
    return of({kind: [day(on) for on in dates.split()] for kind, dates in events.items()})


def of(told: Told) -> Timeline:
    return Timeline.of(
        Anchor(kind, on, key=f"{kind}-{n}" if kind in REPEATED else "")
        for kind, dates in told.items()
        for n, on in enumerate(dates)
    )


def when(bound: Any, told: Told, since: date) -> date | None:
    """The day of a bound by listing every day that could be meant."""
    if isinstance(bound, dict):
        (form, parts), *_ = bound.items()
        days = sorted(each or date.max for each in (when(part, told, since) for part in parts))
        chosen = days[0] if form == "first_of" else days[-1]
        return None if chosen == date.max else chosen
    *prefix, kind = bound.split(" ")
    days = sorted(told.get(kind, []))
    if prefix == ["next"]:
        days = [on for on in days if (on - since).days >= 1]
    elif not prefix and kind in REPEATED:
        days = [on for on in days if (on - since).days >= 0]
    return days[0] if days else None


names = st.sampled_from([*ONCE, *REPEATED, "next cycle", "first visit", "next progression"])
bounds = names | st.sampled_from(["first_of", "later_of"]).flatmap(
    lambda form: st.lists(
        names | st.fixed_dictionaries({"first_of": st.lists(names, min_size=2, max_size=2)}), min_size=2, max_size=3
    ).map(lambda parts: {form: parts})
)
days = st.integers(-60, 200).map(lambda n: START + timedelta(days=n))
events = st.fixed_dictionaries(
    {},
    optional={
        **{kind: st.lists(days, min_size=1, max_size=1) for kind in ONCE},
        **{kind: st.lists(days, min_size=1, max_size=4, unique=True) for kind in REPEATED},
    },
)


@given(events, bounds | st.none(), bounds | st.none(), st.booleans(), st.sampled_from(["UTC", "Pacific/Apia"]))
def test_a_series_between_two_bounds_is_what_one_lists(
    told: Told, begins: Any, ends: Any, whole: bool, zone: str
) -> None:
    said = {key: bound for key, bound in (("from", begins), ("until", ends)) if bound is not None}
    rhythm = {"repeat": {"every": "9d", "for": "180d"}}
    series = schedule(**rhythm, **said) if whole else schedule(repeat={**rhythm["repeat"], **said})
    known = of({**told, "surgery": [START]})
    found = made(rules(series), person(zone, enrolled_on=day("2026-01-01")), known).occasions
    first = when(begins, told, START) if begins else date.min
    last = (when(ends, told, START) if ends else None) or date.max
    nine_days = [START + timedelta(days=9 * k) for k in range(20)]
    expected = [on for on in nine_days if first is not None and first <= on < last]
    assert [each.wanted_local.date() for each in found] == expected
    assert [each.due_at for each in found] == [datetime.combine(on, time(10), ZoneInfo(zone)) for on in expected]


def test_until_whichever_comes_first() -> None:
    ends = {"first_of": ["progression", "end_of_treatment", "new_therapy"]}
    series = rules(schedule(repeat={"every": "1w", "until": ends}))
    known = timeline(surgery="2027-03-01", end_of_treatment="2027-03-22", progression="2027-03-16")
    assert local(made(series, timeline=known).occasions)[-1] == "2027-03-15 10:00"
    before = timeline(surgery="2027-03-01", end_of_treatment="2027-03-22", progression="2027-02-20")
    assert made(series, timeline=before).occasions == ()


def test_from_the_later_of_two_waits_for_both() -> None:
    begins = {"later_of": ["end_of_treatment", "radiotherapy_end"]}
    series = rules(schedule(repeat={"every": "1w", "for": "8w", "from": begins}))
    one = timeline(surgery="2027-03-01", end_of_treatment="2027-03-08")
    assert made(series, timeline=one).occasions == ()
    both = timeline(surgery="2027-03-01", end_of_treatment="2027-03-08", radiotherapy_end="2027-04-05")
    assert local(made(series, timeline=both).occasions)[0] == "2027-04-05 10:00"


def test_lists_of_days_and_offsets_end_with_an_event_too() -> None:
    months = rules(schedule(offsets=["1mo", "3mo", "6mo"], until="progression"))
    known = timeline(surgery="2027-03-01", progression="2027-05-20")
    assert local(made(months, timeline=known).occasions) == ["2027-04-01 10:00"]
    daily = rules(schedule(on_days=list(range(1, 15)), until="discharge"))
    home = timeline(surgery="2027-03-01", discharge="2027-03-06")
    assert len(made(daily, timeline=home).occasions) == 5


def test_days_offsets_and_a_rhythm_make_one_series() -> None:
    mixed = rules(schedule(on_days=[1, 8], offsets=["1mo"], repeat={"every": "3mo", "starting": "3mo", "count": 2}))
    found = made(mixed).occasions
    assert [each.point for each in found] == ["0d", "7d", "1mo", "3mo", "6mo"]
    assert [each.n for each in found] == [1, 2, 3, 4, 5]


def test_each_of_several_events_has_a_series_of_its_own() -> None:
    either = rules(schedule(anchor={"any_of": ["surgery", "radiotherapy"]}, on_days=[8]))
    found = made(either, timeline=timeline(surgery="2027-03-01", radiotherapy="2027-04-01")).occasions
    assert [(each.anchor, each.anchor_n, each.wanted_local.date()) for each in found] == [
        ("surgery", 1, date(2027, 3, 8)),
        ("radiotherapy", 2, date(2027, 4, 8)),
    ]


FIRST_DOSE = rules(schedule(anchor={"first_of": ["chemotherapy", "radiotherapy"]}, repeat={"every": "1w", "count": 3}))


def test_the_first_of_several_events_is_one_anchor_and_keeps_its_ids() -> None:
    known = made(FIRST_DOSE, timeline=timeline(chemotherapy="2027-03-08")).occasions
    assert [each.anchor for each in known] == ["first_of"] * 3
    earlier = timeline(chemotherapy="2027-03-08", radiotherapy="2027-03-02")
    diff = replan(known, made(FIRST_DOSE, timeline=earlier, known=known))
    assert (diff.added, diff.cancelled) == ((), ())
    assert local([moved.after for moved in diff.moved]) == ["2027-03-02 10:00", "2027-03-09 10:00", "2027-03-16 10:00"]


def test_what_has_begun_stays_when_an_earlier_event_decides() -> None:
    now = at("2027-03-10 00:00")
    stored = begun(made(FIRST_DOSE, timeline=timeline(chemotherapy="2027-03-08")).occasions, now)
    earlier = timeline(chemotherapy="2027-03-08", radiotherapy="2027-03-04")
    diff = replan(stored, made(FIRST_DOSE, timeline=earlier, now=now, known=stored))
    assert diff.kept == tuple(stored[:1])
    assert local([moved.after for moved in diff.moved]) == ["2027-03-11 10:00", "2027-03-18 10:00"]


def test_the_later_of_two_events_is_no_anchor_before_both_happened() -> None:
    both = rules(schedule(anchor={"later_of": ["surgery", "radiotherapy"]}, on_days=[1]))
    assert made(both, timeline=timeline(surgery="2027-03-05")).occasions == ()
    found = made(both, timeline=timeline(surgery="2027-03-05", radiotherapy="2027-03-02")).occasions
    assert local(found) == ["2027-03-05 10:00"]


WINDOW = {"closes": "28d", "late_entry": "2d", "until": "next visit"}


def test_a_window_ends_where_the_next_event_begins() -> None:
    series = rules(schedule(anchor="visit", on_days=[1], window=WINDOW, reminders=["7d", "20d"]))
    first, last = made(series, timeline=timeline(visit="2027-03-01 2027-03-15")).occasions
    assert first.closes_at == at("2027-03-15 04:00"), "the beginning of that day in New York, in summer time"
    assert first.late_until == at("2027-03-17 04:00")
    assert first.reminders == (at("2027-03-08 15:00"),)
    assert (last.closes_at, len(last.reminders)) == (at("2027-04-12 14:00"), 2)


def test_a_window_is_not_made_longer_by_a_late_event() -> None:
    series = rules(schedule(anchor="visit", on_days=[1], window={"closes": "5d", "until": "next visit"}))
    first, _ = made(series, timeline=timeline(visit="2027-03-01 2027-03-15")).occasions
    assert first.closes_at == at("2027-03-06 15:00")


def test_an_occasion_asked_late_keeps_the_end_that_the_next_event_gives() -> None:
    series = rules(schedule(anchor="visit", on_days=[1], window=WINDOW, late_anchor="open"))
    told = timeline(visit="2027-03-01 2027-04-20")
    (late, _) = made(series, timeline=told, now=at("2027-04-05 15:00")).occasions
    assert (late.moved_by, late.closes_at) == ("late_anchor", at("2027-04-20 04:00"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"until": ["a", "b"]}, "of several events, say which counts: {first_of: [a, b]} or {later_of: [a, b]}"),
        ({"anchor": ["a", "b"]}, "of several events, say which counts: {any_of: [a, b]}, {first_of: [a, b]} or"),
        ({"until": {"any_of": ["a", "b"]}}, "`any_of` is for anchors; here use {first_of: [...]}"),
        ({"until": {"either": ["a", "b"]}}, "expected the name of an event, or {first_of: [...]} or {later_of: [...]}"),
        ({"until": {"first_of": ["a"]}}, "at least 2 items"),
        ({"anchor": "treatment-start"}, "but no hyphen: `treatment_start`"),
    ],
)
def test_what_is_no_choice_among_events_says_what_was_expected(said: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Schedule.model_validate(
            {"instruments": ["d"], "anchor": "a", "on_days": [1], "window": {"closes": "1d"}, **said}
        )
    assert expected in str(caught.value)


def test_a_choice_is_told_in_words() -> None:
    told = {
        "surgery": in_words("surgery"),
        "any": in_words(AnyEvent(any_of=("surgery", "cycle"))),
        "first": in_words(FirstEvent(first_of=("progression", "death"))),
        "later": in_words(LaterEvent(later_of=("surgery", FirstEvent(first_of=("cycle", "visit"))))),
    }
    assert told == {
        "surgery": "surgery",
        "any": "any of surgery, cycle",
        "first": "the first of progression, death",
        "later": "the later of surgery, the first of cycle, visit",
    }


def test_the_next_day_of_a_bound_is_the_first_after_or_unknown() -> None:
    known = timeline(progression="2026-03-10", cycle="2026-03-01 2026-03-15")
    since = day("2026-03-05")
    first, later = FirstEvent(first_of=("progression", "cycle")), LaterEvent(later_of=("progression", "cycle"))
    assert next_day_of("cycle", known, since) == day("2026-03-15")
    assert next_day_of(first, known, since) == day("2026-03-10")
    assert next_day_of(later, known, since) == day("2026-03-15")
    assert next_day_of(LaterEvent(later_of=("progression", "off_study")), known, since) is None
    assert next_day_of(first, known, day("2026-04-01")) is None
