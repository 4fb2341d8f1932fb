"""Rules against the past: counts worked out by hand, cool-down, overlap, and events that came soon after."""

from datetime import date, timedelta

import pytest

from pro_collector.domain.alert.backtest import PastPerson, Share, overlap, past_alerts, summary
from tests.unit.domain.alert.made_up import START, patient, rule

RULES = {"severe": rule(cool_down="2d"), "worse": rule({**rule().when.model_dump(exclude_none=True), "at_least": 9.0})}


def person(code: str, *values: float, events: tuple[date, ...] = ()) -> PastPerson:
    """Somebody with one answered check-in a day."""
    surveys = {f"day {n}": START + timedelta(days=n) for n in range(len(values))}
    return PastPerson(code, patient(*values), surveys, events)


def test_a_cool_down_turns_alerts_into_repeats() -> None:
    found = past_alerts(RULES, person("A", 7, 8, 7, 9))
    assert [(each.triggered.rule, each.triggered.occasion, each.repeats) for each in found] == [
        ("severe", "day 0", 1), ("severe", "day 2", 1), ("worse", "day 3", 0),
    ]  # fmt: skip


def test_alerts_are_counted_by_rule_and_against_events() -> None:
    monday = START.date()
    people = [
        person("A", 8, 2, 9, events=(monday + timedelta(days=3),)),
        person("B", 1, 1, 1, 1, 1, 1, 1, 8, events=(monday, monday + timedelta(days=2))),
        person("C"),
    ]
    alerts = [each for one in people for each in past_alerts(RULES, one)]
    every = summary(alerts, people, days=3)
    assert (every.alerts, every.repeats) == (4, 0)
    assert every.surveys == Share(11, 3)
    assert every.people == Share(2, 2)
    assert every.per_week == 4
    assert every.before_event == Share(4, 3)
    assert every.events_announced == Share(3, 1)
    severe = summary(alerts, people, days=1, rule="severe")
    assert (severe.alerts, severe.before_event, severe.events_announced) == (3, Share(3, 1), Share(3, 1))
    assert summary(alerts, people, days=0).before_event == Share(4, 0)


def test_two_sets_of_rules_are_compared_by_check_in() -> None:
    someone = person("A", 8, 9, 3, 8)
    old = past_alerts({"severe": rule()}, someone)
    new = past_alerts({"worse": RULES["worse"]}, someone)
    assert overlap(old, new) == (1, 2, 0)
    assert overlap(new, old) == (1, 0, 2)


def test_a_share_has_wilsons_interval() -> None:
    """By hand with z = 1.96: none or all of 10 leaves z^2 / (10 + z^2); half of 20 is +- z / sqrt(20 + z^2) / 2."""
    low, high = Share(20, 10).interval or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.2993, 0.7007)
    assert Share(10, 10).interval == pytest.approx((0.7225, 1), abs=5e-5)
    assert Share(10, 0).interval == pytest.approx((0, 0.2775), abs=5e-5)
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)


def test_of_nobody_there_is_nothing() -> None:
    nothing = summary([], [], days=7)
    assert (nothing.alerts, nothing.surveys, nothing.per_week) == (0, Share(0, 0), 0)
