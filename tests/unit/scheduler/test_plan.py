"""From rules, a person and a timeline to occasions: when, of whom, within which window."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid5

import pytest

from scheduler.anchors import Anchor, Timeline
from scheduler.occasion import Occasion
from scheduler.person import Span
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


def only(rulebook: object, **said: object) -> Occasion:
    (found,) = made(rulebook, **said).occasions  # type: ignore[arg-type]
    return found


def test_an_occasion_says_when_in_both_clocks_and_from_which_anchor() -> None:
    found = only(rules(schedule(on_days=[8], window={"opens": "-1d", "closes": "3d", "late_entry": "2d"})))
    assert (found.assessment, found.anchor, found.anchor_on, found.anchor_n, found.n) == (
        "a",
        "surgery",
        day("2027-03-01"),
        1,
        1,
    )
    assert (found.due_local, found.zone) == (datetime(2027, 3, 8, 10), "America/New_York")  # noqa: DTZ001
    assert found.due_at == at("2027-03-08 15:00")
    assert found.opens_at == at("2027-03-07 15:00")
    assert found.closes_at == at("2027-03-11 15:00")
    assert found.late_until == at("2027-03-13 15:00")
    assert (found.state, found.reason, found.detail, found.moved_by) == ("planned", None, None, None)
    assert (found.instruments, found.reporter, found.priority, found.point) == (("diary",), "self", 5, "7d")


def test_the_window_closes_at_the_same_hour_though_the_clocks_change_in_it() -> None:
    found = only(rules(schedule(on_days=[13], window={"closes": "3d"})))  # 13 March; summer time begins on the 14th
    assert (found.due_at, found.closes_at) == (at("2027-03-13 15:00"), at("2027-03-16 14:00"))


def test_days_count_from_the_anchor_as_day_one_and_there_is_no_day_zero() -> None:
    found = made(rules(schedule(on_days=[-1, 1, 8])), person(enrolled_on=day("2027-01-01"))).occasions
    assert local(found) == ["2027-02-28 10:00", "2027-03-01 10:00", "2027-03-08 10:00"]
    assert [each.n for each in found] == [1, 2, 3]


def test_offsets_are_calendar_arithmetic_and_clip_at_month_end() -> None:
    found = made(rules(schedule(offsets=["1mo", "2mo", "6w", "1y"])), timeline=happened(on=day("2027-03-31"))).occasions
    assert local(found) == ["2027-04-30 10:00", "2027-05-12 10:00", "2027-05-31 10:00", "2028-03-31 10:00"]
    assert [each.point for each in found] == ["1mo", "42d", "2mo", "12mo"]


def test_a_monthly_rhythm_does_not_drift_after_a_short_month() -> None:
    monthly = schedule(repeat={"every": "1mo", "count": 4})
    found = made(rules(monthly), timeline=happened(on=day("2027-12-31")))
    assert local(found.occasions) == ["2027-12-31 10:00", "2028-01-31 10:00", "2028-02-29 10:00", "2028-03-31 10:00"]


def test_for_a_time_and_for_a_count_leave_out_the_end() -> None:
    assert len(made(rules(schedule(repeat={"every": "1w", "for": "2y"}))).occasions) == 105
    assert len(made(rules(schedule(repeat={"every": "1w", "count": 3}))).occasions) == 3
    assert len(made(rules(schedule(repeat={"every": "1w", "for": "4w", "count": 9}))).occasions) == 4


def test_weekly_for_two_years_then_quarterly_makes_a_decade() -> None:
    phases = schedule(
        repeat=[{"every": "1w", "for": "2y"}, {"every": "3mo", "starting": "2y", "for": "8y"}],
    )
    found = made(rules(phases), years=11).occasions
    assert len(found) == 105 + 32
    assert [each.n for each in found] == list(range(1, 138))
    assert found[-1].point == "117mo"


def test_two_rhythms_that_meet_on_a_day_ask_once() -> None:
    both = schedule(repeat=[{"every": "1w", "count": 3}, {"every": "2w", "count": 3}])
    assert local(made(rules(both)).occasions) == [
        "2027-03-01 10:00",
        "2027-03-08 10:00",
        "2027-03-15 10:00",
        "2027-03-29 10:00",
    ]


def test_until_an_event_leaves_out_its_day() -> None:
    weekly = schedule(repeat={"every": "1w", "until": "end_of_treatment"})
    ended = Timeline.of([Anchor("surgery", day("2027-03-01")), Anchor("end_of_treatment", day("2027-03-15"))])
    assert local(made(rules(weekly), timeline=ended).occasions) == ["2027-03-01 10:00", "2027-03-08 10:00"]


def test_until_an_event_of_the_day_of_the_anchor_asks_nothing() -> None:
    weekly = schedule(repeat={"every": "1w", "until": "end_of_treatment"})
    ended = Timeline.of([Anchor("surgery", day("2027-03-01")), Anchor("end_of_treatment", day("2027-03-01"))])
    assert made(rules(weekly), timeline=ended).occasions == ()


@pytest.mark.parametrize(
    ("progressed", "until", "after"),
    [("2027-02-26", 0, 6), ("2027-03-01", 0, 6), ("2027-03-02", 1, 5), ("2027-05-10", 2, 4), (None, 6, 0)],
    ids=["three-days-before-the-anchor", "on-that-day", "a-day-after", "in-the-middle", "never"],
)
def test_an_event_that_happens_once_ends_and_begins_a_series_from_before_its_anchor_too(
    progressed: str | None, until: int, after: int
) -> None:
    rhythm = {"every": "9w", "for": "1y"}
    both = rules(
        schedule(repeat={**rhythm, "until": "progression"}), schedule(repeat={**rhythm, "from": "progression"})
    )
    progression = [Anchor("progression", day(progressed))] if progressed else []
    known = made(both, timeline=Timeline.of([Anchor("surgery", day("2027-03-01")), *progression]))
    found = [each.assessment for each in known.occasions]
    assert (found.count("a"), found.count("b")) == (until, after)


def test_an_event_that_repeats_counts_from_the_anchor_on() -> None:
    daily = schedule(repeat={"every": "1d", "until": "cycle", "for": "9d"})
    told = Timeline.of([Anchor("surgery", day("2027-03-01")), *cycles("2027-02-10", "2027-03-05").anchors])
    assert len(made(rules(daily), timeline=told).occasions) == 4


def test_until_the_next_of_its_own_kind_hands_over_to_it() -> None:
    daily = schedule(anchor="cycle", repeat={"every": "1d", "until": "cycle", "for": "30d"})
    found = made(rules(daily), timeline=cycles("2027-03-01", "2027-03-04", "2027-03-06"), years=0.03).occasions
    assert local(found) == [f"2027-03-{k:02} 10:00" for k in range(1, 12)]
    assert [each.anchor_n for each in found] == [1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3]


def test_from_an_event_waits_for_it_and_keeps_the_rhythm() -> None:
    yearly = schedule(anchor="enrolment", repeat={"every": "1y", "from": "end_of_treatment", "for": "5y"})
    assert made(rules(yearly), timeline=Timeline()).occasions == ()
    ended = happened("end_of_treatment", day("2028-06-01"))
    assert local(made(rules(yearly), timeline=ended, years=9).occasions)[0] == "2029-03-01 10:00"


def test_the_day_of_enrolment_is_an_anchor_and_may_be_recorded() -> None:
    first = rules(schedule(anchor="enrolment", on_days=[1]))
    assert local(made(first, timeline=Timeline()).occasions) == ["2027-03-01 10:00"]
    assert local(made(first, timeline=happened("enrolment", day("2027-03-04"))).occasions) == ["2027-03-04 10:00"]


def test_every_cycle_has_its_own_day_eight() -> None:
    found = made(rules(schedule(anchor="cycle", on_days=[8])), timeline=cycles("2027-03-01", "2027-03-22")).occasions
    assert local(found) == ["2027-03-08 10:00", "2027-03-29 10:00"]
    assert [(each.anchor_n, each.n) for each in found] == [(1, 1), (2, 1)]


@pytest.mark.parametrize(
    ("only_for", "said", "asked"),
    [
        ({"arms": ["treated"]}, {"arm": "treated"}, True),
        ({"arms": ["treated"]}, {"arm": "observed"}, False),
        ({"arms": ["treated"]}, {}, False),
        ({"sites": ["madrid"]}, {"site": "madrid"}, True),
        ({"sites": ["madrid"]}, {"site": "phoenix"}, False),
        ({"languages": ["es"]}, {"language": "es"}, True),
        ({"languages": ["es"]}, {"language": "en"}, False),
        ({"sexes": ["female"]}, {"sex": "female"}, True),
        ({"sexes": ["female"]}, {"sex": "male"}, False),
        ({"ages": {"from": 18}}, {"birth_date": date(2009, 3, 1)}, True),
        ({"ages": {"from": 18}}, {"birth_date": date(2009, 3, 2)}, False),
        ({"ages": {"below": 18}}, {"birth_date": date(2009, 3, 2)}, True),
        ({"ages": {"below": 18}}, {"birth_date": date(2009, 3, 1)}, False),
    ],
)
def test_whom_an_assessment_is_for(only_for: dict[str, object], said: dict[str, Any], asked: bool) -> None:
    found = made(rules(schedule(on_days=[1], only=only_for)), person(**said)).occasions
    assert bool(found) is asked


BANDS = [{"below": 8, "by": "proxy"}, {"from": 8, "below": 13, "by": "both"}, {"from": 13, "below": 90, "by": "self"}]


@pytest.mark.parametrize(
    ("born", "who"),
    [
        ("2022-03-01", ["proxy"]),
        ("2019-03-02", ["proxy"]),
        ("2019-03-01", ["proxy", "self"]),
        ("2014-03-02", ["proxy", "self"]),
        ("2014-03-01", ["self"]),
        ("1937-03-01", []),
    ],
)
def test_who_answers_follows_the_age_on_the_day(born: str, who: list[str]) -> None:
    found = made(rules(schedule(on_days=[1], reporter=BANDS)), person(birth_date=day(born))).occasions
    assert sorted(each.reporter for each in found) == who
    assert len({each.id for each in found}) == len(who)


def test_a_birthday_in_the_middle_of_a_series_changes_who_answers() -> None:
    monthly = schedule(repeat={"every": "1mo", "count": 4}, reporter=BANDS)
    found = made(rules(monthly), person(birth_date=day("2014-05-01"))).occasions
    assert [each.reporter for each in found] == ["proxy", "self", "proxy", "self", "self", "self"]


def test_a_birthday_on_the_29th_of_february_is_on_the_first_of_march_in_other_years() -> None:
    leapling = person(birth_date=day("2016-02-29"))
    assert (leapling.age_on(day("2027-02-28")), leapling.age_on(day("2027-03-01"))) == (10, 11)
    assert leapling.age_on(day("2028-02-29")) == 12
    assert person().age_on(day("2028-02-29")) is None


def test_where_the_age_decides_and_is_unknown_the_occasion_says_so() -> None:
    found = only(rules(schedule(on_days=[1], reporter=BANDS)))
    assert (found.state, found.reason) == ("cancelled", "birth_date_unknown")
    found = only(rules(schedule(on_days=[1], only={"ages": {"from": 18}})))
    assert (found.state, found.reason) == ("cancelled", "birth_date_unknown")


def test_a_band_may_say_that_nobody_answers() -> None:
    nobody = schedule(on_days=[1], reporter=[{"below": 5, "by": "nobody"}, {"from": 5, "by": "self"}])
    assert made(rules(nobody), person(birth_date=day("2024-01-01"))).occasions == ()


def test_the_preferred_hour_of_a_participant_replaces_the_rules_unless_fixed() -> None:
    evening = person(preferred_time=time(19, 30))
    assert local(made(rules(schedule(on_days=[1])), evening).occasions) == ["2027-03-01 19:30"]
    assert local(made(rules(schedule(on_days=[1], fixed_time=True)), evening).occasions) == ["2027-03-01 10:00"]


def test_reminders_go_in_order_once_each_and_never_after_the_window() -> None:
    found = only(rules(schedule(on_days=[1], reminders=["2d", "1d", "1d", "3d"])))
    assert list(found.reminders) == [at("2027-03-02 15:00"), at("2027-03-03 15:00")]


def test_quiet_hours_move_reminders_too_and_two_on_one_minute_are_one() -> None:
    found = only(rules(schedule(on_days=[1], at="20:30", reminders=["1h", "2h", "1d"]), quiet=("21:00", "08:00")))
    assert list(found.reminders) == [at("2027-03-02 13:00"), at("2027-03-03 01:30")]


def test_a_reminder_that_nothing_ever_allows_is_left_out() -> None:
    always = schedule(on_days=[1], at="09:59", reminders=["1d"])
    found = only(rules(always, blackout=[date.fromordinal(day("2027-03-02").toordinal() + k) for k in range(900)]))
    assert (found.state, found.reminders) == ("planned", ())


def test_quiet_hours_move_the_invitation_within_its_window() -> None:
    found = only(rules(schedule(on_days=[1], at="22:15"), quiet=("21:00", "08:00")))
    assert local([found]) == ["2027-03-02 08:00"]
    assert (found.moved_by, found.wanted_local) == ("quiet_hours", datetime(2027, 3, 1, 22, 15))  # noqa: DTZ001
    assert found.closes_at == at("2027-03-05 03:15")  # the window does not move


def test_quiet_hours_that_eat_the_window_make_a_miss_with_that_reason() -> None:
    found = only(rules(schedule(on_days=[1], at="22:15", window={"closes": "9h"}), quiet=("21:00", "08:00")))
    assert (found.state, found.reason, found.reminders) == ("missed", "quiet_hours", ())
    assert local([found]) == ["2027-03-01 22:15"]


def test_a_participants_own_quiet_hours_count_as_well() -> None:
    mornings = person(quiet=((time(9), time(12)),))
    assert local(made(rules(schedule(on_days=[1]), quiet=("21:00", "08:00")), mornings).occasions) == [
        "2027-03-01 12:00"
    ]


def test_a_blackout_moves_to_the_day_after_or_makes_a_miss() -> None:
    closed = [day("2027-03-01"), day("2027-03-02")]
    found = only(rules(schedule(on_days=[1]), blackout=closed, quiet=("21:00", "08:00")))
    assert (local([found]), found.moved_by) == (["2027-03-03 08:00"], "blackout")
    found = only(rules(schedule(on_days=[1], window={"closes": "1d"}), blackout=closed))
    assert (found.state, found.reason) == ("missed", "blackout")


def test_a_silence_without_end_is_a_miss() -> None:
    found = only(rules(schedule(on_days=[1]), quiet=("08:00", "08:00")))
    assert (found.state, found.reason) == ("missed", "blackout")


def test_a_window_without_length_is_a_miss() -> None:
    found = only(rules(schedule(on_days=[1], window={"closes": "0d"})))
    assert (found.state, found.reason) == ("missed", "no_time_left")


@pytest.mark.parametrize("kind", ["paused", "hospital", "holiday"])
def test_while_someone_is_away_occasions_are_missed_for_that_reason(kind: str) -> None:
    away = person(states=(span(kind, "2027-03-08", "2027-03-15"),))
    found = made(rules(schedule()), away).occasions
    assert reasons(found) == [None, kind, None, None]
    assert [each.state for each in found] == ["planned", "missed", "planned", "planned"]
    assert found[1].detail == "from 2027-03-08 to 2027-03-15"


def test_a_pause_without_an_end_lasts() -> None:
    found = made(rules(schedule()), person(states=(span("paused", "2027-03-10"),))).occasions
    assert reasons(found) == [None, None, "paused", "paused"]
    assert found[2].detail == "from 2027-03-10 to further notice"


def test_nobody_is_reminded_in_hospital() -> None:
    away = person(states=(span("hospital", "2027-03-03", "2027-03-05"),))
    found = only(rules(schedule(on_days=[1], reminders=["1d", "2d"])), who=away)
    assert list(found.reminders) == [at("2027-03-02 15:00")]


@pytest.mark.parametrize("kind", ["withdrew", "died"])
def test_after_leaving_every_occasion_is_cancelled_with_the_reason(kind: str) -> None:
    gone = person(states=(span(kind, "2027-03-15"),))
    plan = made(rules(schedule()), gone)
    assert reasons(plan.occasions) == [None, None, kind, kind]
    assert [each.state for each in plan.occasions[2:]] == ["cancelled", "cancelled"]
    assert (plan.ended_at, plan.ended_by) == (at("2027-03-15 04:00"), kind)


def test_an_event_that_ends_participation_cancels_from_its_day_on() -> None:
    died = Timeline.of([Anchor("surgery", day("2027-03-01")), Anchor("death", day("2027-03-15"))])
    plan = made(rules(schedule(), ending=["death"]), timeline=died)
    assert reasons(plan.occasions) == [None, None, "ended", "ended"]
    assert plan.occasions[2].detail == "death on 2027-03-15"


def test_having_moved_changes_nothing_by_itself() -> None:
    moved = person(states=(span("moved", "2027-03-08"),))
    assert reasons(made(rules(schedule()), moved).occasions) == [None] * 4


def test_who_stopped_texting_is_asked_by_other_channels_or_missed() -> None:
    stopped = person(states=(span("stopped_texting", "2027-03-08", "2027-03-16"),))
    assert reasons(made(rules(schedule()), stopped).occasions) == [None, "stopped_texting", "stopped_texting", None]
    both = schedule(ladder=[{"channel": "sms"}, {"channel": "email", "after": "1d"}])
    assert reasons(made(rules(both), stopped).occasions) == [None] * 4


def test_what_was_due_before_enrolment_was_never_to_be_asked() -> None:
    late = person(enrolled_on=day("2027-03-12"))
    found = made(rules(schedule()), late).occasions
    assert reasons(found) == ["before_enrolment", "before_enrolment", None, None]
    assert {each.state for each in found[:2]} == {"cancelled"}


def test_an_id_is_a_uuid5_of_what_never_changes() -> None:
    (found,) = made(rules(schedule(anchor="cycle", on_days=[8])), timeline=cycles("2027-03-01")).occasions
    assert found.id == uuid5(UUID(int=7), "a/cycle/1/7d/self")


def test_ids_outlive_dates_zones_and_times() -> None:
    rulebook = rules(schedule(anchor="cycle", on_days=[1, 8]))
    before = made(rulebook, timeline=cycles("2027-03-01", "2027-03-22"))
    later_rules = rules(schedule(anchor="cycle", on_days=[1, 8], at="18:00", window={"closes": "2d"}))
    after = made(later_rules, person("Asia/Tokyo"), cycles("2027-03-03", "2027-03-29"))
    assert [each.id for each in before.occasions] == [each.id for each in after.occasions]


def test_a_forgotten_cycle_renumbers_but_renames_nothing() -> None:
    rulebook = rules(schedule(anchor="cycle", on_days=[8]))
    two = made(rulebook, timeline=cycles("2027-03-01", "2027-04-12")).occasions
    three = made(rulebook, timeline=cycles("2027-03-01", "2027-04-12", "2027-03-22")).occasions
    assert {each.id for each in two} < {each.id for each in three}
    assert [each.anchor_n for each in three] == [1, 2, 3]
    assert three[2].id == two[1].id


def test_the_horizon_is_the_end() -> None:
    weekly = rules(schedule(repeat={"every": "1w"}))
    assert len(made(weekly, years=1).occasions) == 53
    assert all(each.due_at < made(weekly, years=1).horizon for each in made(weekly, years=1).occasions)


def test_a_proxy_answers_from_a_day_on_and_nothing_is_asked_of_both() -> None:
    rulebook = rules(schedule())
    stored = begun(made(rulebook).occasions, at("2027-03-09 00:00"))
    proxied = person(states=(span("answered_by_proxy", "2027-03-08", "2027-03-20"),))
    now = at("2027-03-09 00:00")
    new = made(rulebook, proxied, now=now, known=stored).occasions
    assert [(each.reporter, each.state) for each in new] == [
        ("self", "completed"), ("self", "completed"), ("proxy", "planned"), ("self", "planned"),
    ]  # fmt: skip
    back = replan(new, made(rulebook, now=now, known=new))
    assert [(each.reporter, each.point) for each in back.cancelled] == [("proxy", "14d")]
    assert [(each.reporter, each.point) for each in back.added] == [("self", "14d")]
    later = begun(new, at("2027-03-16 00:00"))
    again = made(rulebook, now=at("2027-03-16 00:00"), known=later).occasions
    assert [(each.reporter, each.point) for each in again if each.due_at > now] == [("proxy", "14d"), ("self", "21d")]


def test_a_proxy_who_answers_anyway_is_asked_once() -> None:
    both = rules(schedule(reporter=[{"by": "both"}]))
    proxied = person(birth_date=day("1980-01-01"), states=(span("answered_by_proxy", "2027-03-08"),))
    asked = [(each.reporter, each.point) for each in made(both, proxied).occasions]
    assert sorted(asked) == [("proxy", "0d"), ("proxy", "14d"), ("proxy", "21d"), ("proxy", "7d"), ("self", "0d")]


def test_who_crossed_over_has_the_assessments_of_the_arm_of_each_day() -> None:
    of_a, of_b = (schedule(only={"arms": [arm]}) for arm in "ab")
    crossed = person(arm="a", states=(Span("crossed_over", day("2027-03-14"), None, "b"),))
    rulebook = rules(of_a, of_b)
    asked = [(each.assessment, each.point) for each in made(rulebook, crossed).occasions]
    assert asked == [("a", "0d"), ("a", "7d"), ("b", "14d"), ("b", "21d")]
    back = replace(crossed, states=(*crossed.states, Span("crossed_over", day("2027-03-20"), None, "a")))
    assert [each.assessment for each in made(rulebook, back).occasions] == ["a", "a", "b", "a"]
    stored = begun(made(rulebook, person(arm="a")).occasions, at("2027-03-09 00:00"))
    diff = replan(stored, made(rulebook, crossed, now=at("2027-03-09 00:00"), known=stored))
    assert [each.point for each in diff.cancelled] == ["14d", "21d"]
    assert [(each.assessment, each.point) for each in diff.added] == [("b", "14d"), ("b", "21d")]
