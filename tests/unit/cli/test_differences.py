"""The lines that tell how a plan changes: what moves, what is renamed, what only lies further ahead."""

from dataclasses import replace

from pro_collector.cli.differences import lines, totals
from scheduler.replan import replan
from tests.unit.scheduler.cases import cycles, made, rules, schedule

RULES = rules(schedule(anchor="cycle", on_days=[8]))


def test_a_renamed_occasion_tells_which_number_changed() -> None:
    known = made(RULES, timeline=cycles("2027-03-01", "2027-04-12")).occasions
    moved_up = made(RULES, timeline=cycles("2027-03-01", "2027-04-12", "2027-03-22"), known=known)
    told = [line for _, line in sorted(lines(replan(known, moved_up), kept=False))]
    assert told == [
        "added      2027-03-29 10:00  a 7d self",
        "renamed    2027-04-19 10:00  a 7d self (cycle 2 -> 3)",
    ]


def test_an_occasion_with_another_number_in_its_series_tells_both() -> None:
    (first, _) = made(rules(schedule(on_days=[1, 8]))).occasions
    renamed = made(rules(schedule(on_days=[1, 8])), known=[replace(first, n=5, anchor_n=2)])
    told = [line for _, line in lines(replan([replace(first, n=5, anchor_n=2)], renamed), kept=False)]
    assert told[-1] == "renamed    2027-03-01 10:00  a 0d self (surgery 2 -> 1, number 5 -> 1)"


def test_the_totals_keep_what_lies_beyond_the_old_plan_apart() -> None:
    before = made(rules(schedule()), years=0.05)
    diff = replan(before.occasions, made(rules(schedule()), known=before.occasions), before.horizon)
    assert totals(diff.totals) == "0 moved, 0 added, 0 cancelled, 3 kept (and 1 later, as the plan now reaches further)"
    assert list(lines(diff, kept=False)) == []
