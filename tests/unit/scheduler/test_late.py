"""What comes too late, and what falls into a pause: a reason, or one second chance, never a flood and never silence."""

from dataclasses import replace

from scheduler.anchors import Anchor, Timeline
from scheduler.occasion import Occasion
from scheduler.replan import replan
from tests.unit.scheduler.cases import at, begun, day, happened, local, made, person, reasons, rules, schedule, span

NOW = at("2027-03-20 16:00")  # a Saturday noon in New York; surgery was on Monday, 1 March


def planned(occasions: tuple[Occasion, ...]) -> list[Occasion]:
    return [each for each in occasions if each.state == "planned"]


def test_a_late_anchor_asks_at_once_while_the_window_is_open() -> None:
    (found,) = made(rules(schedule(on_days=[19])), now=NOW).occasions  # due on the 19th, open until the 22nd
    assert (found.state, found.moved_by, found.due_at) == ("planned", "late_anchor", NOW)
    assert found.closes_at == at("2027-03-22 14:00")


def test_a_late_anchor_asks_at_the_next_allowed_minute() -> None:
    night = at("2027-03-20 03:30:20")  # 23:30 in New York
    (found,) = made(rules(schedule(on_days=[19]), quiet=("21:00", "08:00")), now=night).occasions
    assert local([found]) == ["2027-03-20 08:00"]
    (found,) = made(rules(schedule(on_days=[19])), now=night).occasions
    assert found.due_at == at("2027-03-20 03:31")


def test_of_a_daily_series_the_one_before_is_not_asked_beside_the_next() -> None:
    daily = rules(schedule(repeat={"every": "1d", "for": "3w"}, window={"closes": "2d"}), quiet=("21:00", "08:00"))
    by_day = made(daily, now=at("2027-03-18 22:00")).occasions  # 18:00 in New York: sixteen hours before the next
    assert (by_day[17].moved_by, by_day[17].closes_at) == ("late_anchor", at("2027-03-20 14:00"))
    by_night = made(
        daily, now=at("2027-03-19 02:00")
    ).occasions  # 22:00: it would go at 8:00, two hours before the next
    assert (by_night[17].state, by_night[17].reason) == ("missed", "late_anchor")
    assert local(planned(by_night))[0] == "2027-03-19 10:00"


def test_what_a_retraction_cancelled_is_asked_when_it_is_taken_back_in_time() -> None:
    rulebook = rules(schedule(on_days=[19, 40]))
    stored = list(made(rulebook).occasions)
    retracted = replan(stored, made(rulebook, timeline=Timeline(), now=at("2027-03-18 12:00"), known=stored))
    assert reasons(retracted.cancelled) == ["not_in_schedule"] * 2
    back = replan(
        retracted.cancelled, made(rulebook, now=NOW, known=retracted.cancelled)
    )  # the first is past, but open
    assert [(each.id, each.state, each.moved_by) for each in back.added] == [
        (stored[0].id, "planned", "late_anchor"),
        (stored[1].id, "planned", None),
    ]
    too_late = at("2027-03-25 12:00")
    back = replan(retracted.cancelled, made(rulebook, now=too_late, known=retracted.cancelled))
    assert [each.id for each in back.added] == [stored[1].id]
    assert [each.id for each in back.kept] == [stored[0].id]


def test_a_late_anchor_past_its_window_is_a_miss_with_its_reason() -> None:
    found = made(rules(schedule()), now=NOW).occasions
    assert reasons(found) == ["late_anchor", "late_anchor", "late_anchor", None]
    assert {each.state for each in found[:3]} == {"missed"}
    assert found[0].detail == "due 2027-03-01 10:00, known only afterwards"


def test_a_study_may_open_the_last_late_one_but_only_that() -> None:
    found = made(rules(schedule(late_anchor="open")), now=NOW).occasions
    assert reasons(found) == ["late_anchor", "late_anchor", None, None]
    asked = found[2]
    assert (asked.due_at, asked.opens_at, asked.moved_by) == (NOW, NOW, "late_anchor")
    assert asked.closes_at == at("2027-03-22 14:00")  # cut short: the next of the series comes then
    assert asked.late_until == asked.closes_at


def test_an_opened_window_is_as_long_as_the_rule_says() -> None:
    once = schedule(on_days=[8], late_anchor="open", window={"closes": "3d", "late_entry": "1d"})
    (found,) = made(rules(once), now=NOW).occasions
    assert (found.closes_at, found.late_until) == (at("2027-03-23 16:00"), at("2027-03-24 16:00"))


def test_nothing_is_opened_less_than_a_day_before_the_next() -> None:
    sunday = at("2027-03-21 20:00")
    found = made(rules(schedule(late_anchor="open")), now=sunday).occasions
    assert reasons(found) == ["late_anchor", "late_anchor", "late_anchor", None]


def test_reminders_of_a_shortened_window_stay_inside_it() -> None:
    (*_, asked, _) = made(rules(schedule(late_anchor="open", reminders=["1d", "2d"])), now=NOW).occasions
    assert list(asked.reminders) == [at("2027-03-21 16:00")]


def test_a_late_one_is_not_opened_for_someone_away() -> None:
    away = person(states=(span("holiday", "2027-03-18", "2027-03-25"),))
    found = made(rules(schedule(on_days=[8], late_anchor="open")), away, now=NOW).occasions
    assert reasons(found) == ["late_anchor"]


def test_a_late_one_is_not_opened_when_nothing_may_ever_be_sent() -> None:
    found = made(rules(schedule(on_days=[8], late_anchor="open"), blackout=[]), now=NOW).occasions
    assert reasons(found) == [None]
    silent = rules(schedule(on_days=[8], at="10:00"), quiet=("10:01", "10:00"))
    late = made(silent, now=NOW).occasions
    assert reasons(late) == ["late_anchor"]


def test_an_enrolment_inside_a_window_asks_then() -> None:
    day_one = schedule(on_days=[1], window={"closes": "7d"})
    (found,) = made(rules(day_one), person(enrolled_on=day("2027-03-04"))).occasions
    assert (found.state, local([found])) == ("planned", ["2027-03-04 10:00"])
    (found,) = made(rules(day_one), person(enrolled_on=day("2027-03-04")), now=at("2027-03-04 21:30")).occasions
    assert local([found]) == ["2027-03-04 16:30"]


def test_what_was_asked_in_time_is_not_late_afterwards() -> None:
    stored = begun(made(rules(schedule())).occasions, NOW)
    assert made(rules(schedule()), now=NOW, known=stored).occasions == tuple(stored)


def test_what_waits_to_be_sent_is_not_moved() -> None:
    stored = made(rules(schedule())).occasions
    a_little_after = at("2027-03-08 15:00:05")
    known = begun(stored, at("2027-03-05 00:00"))
    again = made(rules(schedule()), now=a_little_after, known=known).occasions
    assert again == tuple(known)


def test_what_waits_to_be_sent_is_cancelled_all_the_same_when_someone_dies() -> None:
    stored = made(rules(schedule())).occasions
    gone = person(states=(span("died", "2027-03-08"),))
    again = made(rules(schedule()), gone, now=at("2027-03-08 15:00:05"), known=begun(stored, at("2027-03-05 00:00")))
    assert reasons(again.occasions) == [None, "died", "died", "died"]


def test_a_decided_miss_is_not_decided_again() -> None:
    rulebook = rules(schedule(late_anchor="open"))
    first = made(rulebook, now=NOW).occasions
    later = at("2027-03-21 16:00")
    assert made(rulebook, now=later, known=begun(first, later)).occasions == tuple(begun(first, later))


def test_a_wrong_date_put_right_brings_the_occasion_back() -> None:
    rulebook = rules(schedule(on_days=[8]))
    wrong = made(rulebook, timeline=happened(on=day("2026-03-20")), now=NOW, who=person(enrolled_on=day("2026-01-01")))
    assert reasons(wrong.occasions) == ["late_anchor"]
    right = made(rulebook, timeline=happened(on=day("2027-03-20")), now=NOW, known=wrong.occasions)
    assert (local(right.occasions), reasons(right.occasions)) == (["2027-03-27 10:00"], [None])
    assert [each.id for each in replan(wrong.occasions, right).added] == [each.id for each in right.occasions]


WEEKLY = {"repeat": {"every": "1w", "for": "8w"}}
AWAY = (span("hospital", "2027-03-08", "2027-03-24"),)


def test_after_a_pause_nothing_comes_back_unless_the_study_says_so() -> None:
    found = made(rules(schedule(**WEEKLY)), person(states=AWAY)).occasions
    assert reasons(found) == [None, "hospital", "hospital", "hospital", *[None] * 4]


def test_after_a_pause_at_most_one_is_caught_up() -> None:
    found = made(rules(schedule(**WEEKLY, after_pause="catch_up")), person(states=AWAY)).occasions
    assert reasons(found) == [None, "hospital", "hospital", None, *[None] * 4]
    assert (found[3].due_at, found[3].moved_by) == (at("2027-03-24 14:00"), "resume")
    assert found[3].closes_at == at("2027-03-25 14:00")  # the window it had


def test_a_caught_up_one_never_reaches_into_the_next() -> None:
    long = schedule(**WEEKLY, after_pause="catch_up", window={"closes": "2d"}, reminders=["1d"])
    found = made(rules(long), person(states=(span("paused", "2027-03-08", "2027-03-13"),))).occasions
    assert (found[1].due_at, found[1].closes_at) == (at("2027-03-13 15:00"), at("2027-03-15 14:00"))
    assert list(found[1].reminders) == [at("2027-03-14 14:00")]
    near = person(states=(span("paused", "2027-03-08", "2027-03-15"),))
    assert reasons(made(rules(long), near).occasions)[:3] == [None, "paused", None]


def test_a_pause_without_an_end_or_with_nothing_in_it_catches_nothing_up() -> None:
    rulebook = rules(schedule(**WEEKLY, after_pause="catch_up"))
    assert "resume" not in {
        each.moved_by for each in made(rulebook, person(states=(span("paused", "2027-04-01"),))).occasions
    }
    empty = person(states=(span("paused", "2027-03-09", "2027-03-11"),))
    assert reasons(made(rulebook, empty).occasions) == [None] * 8


def test_one_pause_after_another_is_one_absence() -> None:
    rulebook = rules(schedule(**WEEKLY, after_pause="catch_up"))
    twice = person(states=(span("holiday", "2027-03-10", "2027-03-12"), span("hospital", "2027-03-08", "2027-03-10")))
    found = made(rulebook, twice).occasions
    assert (reasons(found)[:3], local(found)[1]) == ([None, None, None], "2027-03-12 10:00")
    for_good = person(states=(span("hospital", "2027-03-08", "2027-03-10"), span("paused", "2027-03-09")))
    assert reasons(made(rulebook, for_good).occasions)[:3] == [None, "hospital", "paused"]


def test_who_cannot_be_asked_on_returning_is_not_asked_later_either() -> None:
    rulebook = rules(schedule(**WEEKLY, after_pause="catch_up"))
    away = person(
        states=(span("hospital", "2027-03-08", "2027-03-10"), span("stopped_texting", "2027-03-01", "2027-03-12"))
    )
    stored = made(rulebook, away).occasions
    assert reasons(stored)[:3] == ["stopped_texting", "hospital", None]
    later = at("2027-03-13 00:00")
    assert made(rulebook, away, now=later, known=stored).occasions[1] == stored[1]


def test_a_return_that_is_told_late_is_caught_up_from_now() -> None:
    rulebook = rules(schedule(**WEEKLY, after_pause="catch_up"))
    before = made(rulebook, person(states=(span("hospital", "2027-03-08"),)), now=at("2027-03-08 00:00"))
    stored = begun(before.occasions, NOW)
    told = person(states=(span("hospital", "2027-03-08", "2027-03-18"),))
    after = made(rulebook, told, now=NOW, known=stored)
    assert reasons(after.occasions)[:4] == ["late_anchor", "hospital", None, None]
    assert (after.occasions[2].due_at, after.occasions[2].moved_by) == (NOW, "resume")
    again = made(rulebook, told, now=at("2027-03-20 16:00:30"), known=replan(stored, after).added)
    assert again.occasions[2] == after.occasions[2]


def test_a_death_recorded_for_the_wrong_person_is_taken_back_without_a_flood() -> None:
    rulebook = rules(schedule(**WEEKLY))
    first = begun(made(rulebook).occasions, at("2027-03-05 00:00"))
    dead = made(rulebook, person(states=(span("died", "2027-03-06"),)), now=at("2027-03-06 00:00"), known=first)
    assert reasons(dead.occasions) == [None, *["died"] * 7]
    alive = made(rulebook, now=NOW, known=dead.occasions)
    assert reasons(alive.occasions) == [None, "late_anchor", "late_anchor", *[None] * 5]


def test_moving_east_past_the_hour_asks_at_the_next_allowed_minute_there() -> None:
    rulebook = rules(schedule(on_days=[8]), quiet=("21:00", "08:00"))
    stored = made(rulebook, person("Pacific/Honolulu")).occasions
    now = at("2027-03-08 09:00")  # 7 March, 23:00 in Honolulu; 8 March, 23:00 in Kiritimati
    (moved,) = made(rulebook, person("Pacific/Kiritimati"), now=now, known=stored).occasions
    assert (local([moved]), moved.moved_by) == (["2027-03-09 08:00"], "late_anchor")


def test_moving_west_asks_nothing_twice() -> None:
    rulebook = rules(schedule())
    now = at("2027-03-08 08:00")
    stored = begun(made(rulebook, person("Asia/Tokyo")).occasions, now)
    after = made(rulebook, person("America/Los_Angeles"), now=now, known=stored)
    assert after.occasions[:2] == tuple(stored[:2])
    assert local(after.occasions[2:]) == ["2027-03-15 10:00", "2027-03-22 10:00"]


def test_an_anchor_that_comes_back_from_beyond_is_asked_again_only_if_it_was_not() -> None:
    rulebook = rules(schedule(on_days=[8]))
    stored = begun(made(rulebook).occasions, NOW)
    without = made(rulebook, timeline=Timeline(), now=NOW, known=stored)
    assert replan(stored, without).kept == tuple(stored)
    again = made(rulebook, timeline=Timeline.of([Anchor("surgery", day("2027-03-02"))]), now=NOW, known=stored)
    assert again.occasions == tuple(stored)
    assert replace(again.occasions[0]) == stored[0]


def test_what_is_due_this_very_minute_is_not_late() -> None:
    (found,) = made(rules(schedule(on_days=[1])), now=at("2027-03-01 15:00")).occasions
    assert (found.due_at, found.moved_by, found.state) == (at("2027-03-01 15:00"), None, "planned")


def test_exactly_a_day_before_the_next_is_early_enough() -> None:
    a_day_before = at("2027-03-21 14:00")
    found = made(rules(schedule(late_anchor="open")), now=a_day_before).occasions
    assert (found[2].state, found[2].closes_at) == ("planned", at("2027-03-22 14:00"))
    a_minute_later = made(rules(schedule(late_anchor="open")), now=at("2027-03-21 14:01")).occasions
    assert reasons(a_minute_later)[2] == "late_anchor"


def test_the_next_of_a_series_counts_also_beyond_the_horizon() -> None:
    rulebook = rules(schedule(late_anchor="open"))
    whole = made(rulebook, now=NOW).occasions
    until_tomorrow = made(rulebook, now=NOW, years=20.6 / 366).occasions
    assert until_tomorrow == whole[:3]
    assert until_tomorrow[2].closes_at == whole[3].due_at


def test_a_pause_that_ends_beyond_the_horizon_is_seen_whole() -> None:
    rulebook = rules(schedule(repeat={"every": "1w", "for": "40w"}, after_pause="catch_up"))
    long = person(states=(span("hospital", "2027-03-08", "2027-10-01"),))
    whole = made(rulebook, long).occasions
    part = made(rulebook, long, years=14.67 / 366).occasions
    assert part == whole[: len(part)]
    assert reasons(part) == [None, "hospital", "hospital"]


def test_a_date_put_right_is_decided_anew_also_within_a_pause() -> None:
    rulebook = rules(schedule(repeat={"every": "5d", "count": 4}, after_pause="catch_up"))
    away = person(states=(span("hospital", "2027-03-01", "2027-03-07"),))
    stored = made(rulebook, away).occasions
    assert (stored[1].moved_by, local(stored)[1]) == ("resume", "2027-03-07 10:00")
    wrong = made(rulebook, away, happened(on=day("2027-02-25")), known=stored)
    between = [*replan(stored, wrong).cancelled, *replan(stored, wrong).kept]
    assert "hospital" in reasons(between)
    right = made(rulebook, away, known=between).occasions
    assert right == stored


def test_whom_a_late_one_could_not_be_asked_is_not_asked_when_the_pause_is_over() -> None:
    rulebook = rules(schedule(on_days=[1], late_anchor="open", window={"closes": "10d"}))
    for away, told in (
        (person(states=(span("holiday", "2027-03-02", "2027-03-05"),)), at("2027-03-03 00:00")),
        (
            person(states=(span("hospital", "2027-03-01", "2027-03-04"),), enrolled_on=day("2027-03-02")),
            at("2027-02-20 00:00"),
        ),
    ):
        stored = made(rulebook, away, now=told).occasions
        assert [each.state == "planned" for each in stored] == [False]
        assert made(rulebook, away, now=at("2027-03-06 00:00"), known=stored).occasions == stored


def test_after_years_away_nothing_from_before_is_caught_up() -> None:
    rulebook = rules(schedule(repeat={"every": "1w"}, after_pause="catch_up"))
    for ends in ("2030-03-15", "2199-12-31"):
        found = made(rulebook, person(states=(span("paused", "2027-03-08", ends),)), years=0.2).occasions
        assert set(reasons(found)) == {None, "paused"}
        assert {each.moved_by for each in found} == {None}
