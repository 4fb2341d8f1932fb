"""Entries of more than one version of a study: which anchors they speak of, and from when they ask."""

from dataclasses import replace

from scheduler.anchors import Anchor, Timeline
from scheduler.occasion import Occasion
from scheduler.rulebook import Entry, Rules
from scheduler.rules import Schedule
from tests.unit.scheduler.cases import at, begun, day, local, made, person, reasons, rules, schedule

AMENDED = at("2027-03-20 00:00")


def entries(*found: Entry) -> Rules:
    return replace(rules(schedule()), entries=found)


def surgery(recorded: str | None) -> Timeline:
    return Timeline.of([Anchor("surgery", day("2027-03-01"), recorded_at=at(recorded) if recorded else None)])


WEEKLY: Schedule = schedule()
FORTNIGHTLY: Schedule = schedule(repeat={"every": "2w", "for": "4w"})
FINISHING = entries(
    Entry("a", WEEKLY, anchored_until=AMENDED),
    Entry("a", FORTNIGHTLY, anchored_from=AMENDED, anchored_until=at("2027-06-01 00:00")),
    Entry("a", schedule(on_days=[1]), anchored_from=at("2027-06-01 00:00")),
)


def test_each_anchor_goes_on_under_the_version_that_was_in_force_when_it_was_told() -> None:
    told = ("2027-03-01 00:00", "2027-03-20 00:00", "2027-05-31 00:00", "2027-06-01 00:00")
    assert [len(made(FINISHING, timeline=surgery(each)).occasions) for each in told] == [4, 2, 2, 1]


def test_an_anchor_that_nobody_dated_belongs_to_the_version_in_force_now() -> None:
    assert len(made(FINISHING, timeline=surgery(None)).occasions) == 1


def test_a_prospective_version_asks_nothing_that_was_past_and_says_so() -> None:
    found = made(entries(Entry("a", WEEKLY, asks_from=AMENDED)), now=AMENDED).occasions
    assert reasons(found) == ["prospective_only", "prospective_only", "prospective_only", None]
    assert found[0].detail == "asked only from the amendment of the study on"


def test_a_prospective_version_never_opens_what_was_past_later_either() -> None:
    rulebook = entries(Entry("a", schedule(late_anchor="open"), asks_from=AMENDED))
    stored = made(rulebook, now=AMENDED).occasions
    assert made(rulebook, now=at("2027-03-21 00:00"), known=stored).occasions == stored


def test_what_was_planned_before_a_prospective_version_is_still_asked() -> None:
    stored = begun(made(rules(WEEKLY)).occasions, at("2027-03-16 00:00"))
    (waiting,) = [each for each in stored if each.point == "21d"]
    amended = waiting.due_at
    (found,) = [
        each
        for each in made(
            entries(Entry("a", WEEKLY, asks_from=at("2027-03-23 00:00"))), now=amended, known=stored
        ).occasions
        if each.point == "21d"
    ]
    assert found == waiting


def test_a_backlog_opens_the_last_that_was_past_at_the_amendment_and_no_later_one() -> None:
    rulebook = entries(Entry("a", WEEKLY, backlog_until=AMENDED))
    assert reasons(made(rulebook, now=AMENDED).occasions) == ["late_anchor", "late_anchor", None, None]
    later = at("2027-04-20 00:00")
    assert reasons(made(rulebook, now=later).occasions) == ["late_anchor"] * 4


def test_entries_for_other_people_are_left_out() -> None:
    for_women = Entry("a", schedule(only={"sexes": ["female"]}))
    assert made(entries(for_women), person(sex="male")).occasions == ()


def test_two_assessments_at_one_time_come_in_order_of_importance() -> None:
    found: tuple[Occasion, ...] = made(rules(schedule(on_days=[1]), schedule(on_days=[1], priority=1))).occasions
    assert [each.assessment for each in found] == ["b", "a"]
    assert local(found) == ["2027-03-01 10:00"] * 2


def test_a_corrected_date_does_not_open_what_a_prospective_version_left_out() -> None:
    rulebook = entries(Entry("a", schedule(on_days=[1], late_anchor="open"), asks_from=AMENDED))
    stored = made(rulebook, now=AMENDED).occasions
    corrected = Timeline.of([Anchor("surgery", day("2027-03-02"))])
    again = made(rulebook, timeline=corrected, now=at("2027-03-21 00:00"), known=stored).occasions
    assert reasons(again) == ["prospective_only"]
