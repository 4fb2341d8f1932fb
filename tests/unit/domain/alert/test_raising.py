"""Which alerts the rules raise, and that the past is judged with what was known then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from pro_collector.domain.alert.raising import (
    AlertSubject,
    Crossover,
    Triggered,
    alerts,
    raised_by,
    raised_by_silence,
    replay,
    still_holds,
)
from pro_collector.domain.alert.rule import AlertSection
from pro_collector.domain.condition.history import CheckInEnded, History, Valued
from pro_collector.domain.condition.language import silences
from tests.unit.domain.alert.made_up import patient, rule
from tests.unit.domain.condition.independent import YES, End, Row, holds
from tests.unit.domain.condition.made_up import CONDITIONS, ENDS, ROWS, START, history


@given(CONDITIONS, ROWS, ENDS)
@settings(max_examples=60)
def test_live_and_the_past_agree_and_each_occasion_raises_once(
    when: dict[str, Any], rows: list[Row], ends: list[End]
) -> None:
    try:
        rules = {"it": rule(when)}
    except ValidationError:
        return
    subject = AlertSubject(None, None, {"self": history(rows, ends, [])})
    live: list[Triggered] = []
    silent = subject.histories["self"].silent_at(list(silences(rules["it"].when)))
    moments = sorted({row[6] for row in rows} | {end[3] for end in ends} | silent)
    for before, now in zip([START - timedelta(days=1), *moments], moments, strict=False):
        so_far = ([row for row in rows if row[6] <= now], [end for end in ends if end[3] <= now])
        seen = AlertSubject(None, None, {"self": history(*so_far, [])})
        live += [
            each for each in alerts(rules, seen, now, before) if each.occasion not in {old.occasion for old in live}
        ]
    past = list(replay(rules, subject))
    assert past == live
    assert len({each.occasion for each in past}) == len(past)
    assert all(holds(when, rows, ends, [], each.at) == YES for each in past)


@given(CONDITIONS, ROWS, ENDS)
@settings(max_examples=40)
def test_what_is_handled_late_raises_what_it_would_have_raised_in_time(
    when: dict[str, Any], rows: list[Row], ends: list[End]
) -> None:
    try:
        rules = {"it": rule(when)}
    except ValidationError:
        return
    if any(silences(rules["it"].when)):
        return  # it may begin to hold although nothing came in
    subject = AlertSubject(None, None, {"self": history(rows, ends, [])})
    everything = dict.fromkeys({row[0] for row in rows} | {end[0] for end in ends}, START - timedelta(days=1))
    late = list(raised_by(rules, subject, everything, START + timedelta(days=999)))
    assert late == list(replay(rules, subject))


def test_a_corrected_answer_no_longer_holds_and_a_milder_one_next_week_changes_nothing() -> None:
    severe, now = rule(), START + timedelta(days=9)
    (mine,) = patient(8).histories.values()
    assert still_holds(severe, patient(8, 2).histories["self"], START, now), "that of the next day is another answer"
    corrected = Valued("day 0", "diary", "item", "pain", 3, START, START + timedelta(days=2))
    assert not still_holds(severe, History((*mine.values, corrected)), START, now)
    taken_back = Valued("day 0", "diary", "item", "pain", None, START, START + timedelta(days=2))
    assert not still_holds(severe, History((*mine.values, taken_back)), START, now)


def test_somebody_silent_is_noticed_when_nothing_came_in_and_an_answer_ends_it() -> None:
    silent = {"silent": rule({"silent_for": "14d"})}
    missed = CheckInEnded("week 2", "weekly", False, START + timedelta(days=7))
    quiet = AlertSubject(None, None, {"self": History(patient(2).histories["self"].values, (missed,))})
    assert raised_by_silence(silent, quiet, START + timedelta(days=13)) == []
    (found,) = raised_by_silence(silent, quiet, START + timedelta(days=15))
    assert (found.at, found.occasion) == (START + timedelta(days=14), "week 2")
    assert list(replay(silent, quiet)) == [found]
    assert list(replay(silent, quiet, START + timedelta(days=13))) == [], "they had left by then"
    assert (
        raised_by_silence({"severe": rule({"instrument": "diary", "item": "pain", "at_least": 1})}, quiet, found.at)
        == []
    )
    nothing_asked = AlertSubject(None, None, {"self": History(patient(2).histories["self"].values)})
    assert raised_by_silence(silent, nothing_asked, START + timedelta(days=99)) == []


def test_a_correction_does_not_raise_what_a_new_rule_says_of_the_answer_before() -> None:
    corrected = Valued("day 0", "diary", "item", "pain", 3, START, START + timedelta(days=2))
    subject = AlertSubject(None, None, {"self": History((*patient(8).histories["self"].values, corrected))})
    at = START + timedelta(days=2)
    assert list(raised_by({"new": rule()}, subject, {"day 0": at}, at)) == []
    assert len(list(raised_by({"new": rule()}, subject, {"day 0": START}, at))) == 1


def test_an_answer_raises_once_and_an_old_one_raises_nothing_with_the_next() -> None:
    found = list(replay({"severe": rule()}, patient(8, 3, 9)))
    assert [(each.occasion, each.key) for each in found] == [("day 0", "severe/self"), ("day 2", "severe/self")]
    other = Valued("day 5", "other", "item", "mood", 1, START + timedelta(days=5), START + timedelta(days=5))
    subject = AlertSubject(None, None, {"self": History((*patient(8).histories["self"].values, other))})
    assert alerts({"severe": rule()}, subject, START + timedelta(days=5), START + timedelta(days=4)) == []


def test_the_most_urgent_comes_first_and_rules_are_for_arms_sites_and_reporters() -> None:
    rules = {
        "later": rule(urgency="this_week"),
        "first": rule(urgency="now"),
        "elsewhere": rule(only={"sites": ["phoenix"]}),
        "of-arm": rule(only={"arms": ["treated"]}),
        "of-parents": rule(reporters=["proxy"]),
    }
    assert [each.rule for each in alerts(rules, patient(8), START)] == ["first", "of-arm", "later"]


def test_a_correction_raises_what_the_first_answer_did_not_and_nothing_twice() -> None:
    def corrected(first: float, then: float) -> list[str]:
        later = START + timedelta(days=2)
        values = (Valued("a", "diary", "item", "pain", first, START, START),
                  Valued("a", "diary", "item", "pain", then, START, later))  # fmt: skip
        found = replay({"severe": rule()}, AlertSubject(None, None, {"self": History(values)}))
        return [f"{(each.at - START).days}" for each in found]

    assert corrected(2, 9) == ["2"]
    assert corrected(8, 9) == ["0"]
    assert corrected(9, 2) == ["0"]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"watched": "never", "rules": {"a": {}}}, "this is no rule"),
        ({"watched": "sometimes", "rules": {}}, "never"),
        ({"watched": {"hours": []}, "rules": {}}, "at least 1"),
    ],
)
def test_a_section_says_who_watches(section: dict[str, Any], expected: str) -> None:
    if section["rules"]:
        section = {**section, "rules": {"a": rule().model_dump(mode="json", by_alias=True)}}
        expected = "an alert needs somebody who sees it"
    with pytest.raises(ValidationError, match=expected):
        AlertSection.model_validate({"told": {"en": "Nobody reads this at night."}, **section})


@pytest.mark.parametrize("when", [{"event": "cycle"}, {"not": {"event": "cycle"}}])
def test_treatment_alone_raises_nothing(when: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="looks only at treatment"):
        rule(when)


def test_a_rule_for_an_arm_looks_at_the_arm_on_the_day_of_the_answer() -> None:
    """Day 0 in the arm of enrolment, day 1 after the crossover, day 2 back: each rule raises what is its own."""
    rules = {arm: rule(only={"arms": [arm]}) for arm in ("treated", "observed")}
    day = timedelta(days=1)
    over = Crossover("observed", (START + day).date(), START + day / 2)
    back = Crossover("treated", (START + 2 * day).date(), START + day / 2)
    subject = replace(patient(8, 8, 8), crossovers=(back, over))
    raised = [("treated", "day 0"), ("observed", "day 1"), ("treated", "day 2")]
    assert [(each.rule, each.occasion) for each in replay(rules, subject)] == raised
    late = replace(subject, crossovers=(replace(over, known_at=START + 1.5 * day),))
    before = [("treated", "day 0"), ("treated", "day 1"), ("observed", "day 2")]
    assert [(each.rule, each.occasion) for each in replay(rules, late)] == before, "what was not known yet"
    undone = replace(subject, crossovers=(replace(over, retracted_at=START + 1.5 * day),))
    as_enrolled = [("treated", "day 0"), ("observed", "day 1"), ("treated", "day 2")]
    assert [(each.rule, each.occasion) for each in replay(rules, undone)] == as_enrolled
    fixed = replace(patient(2).histories["self"].values[0], value=8, known_at=START + 3 * day)
    corrected = AlertSubject("treated", None, {"self": History((*patient(2).histories["self"].values, fixed))}, (over,))
    (found,) = alerts(rules, corrected, START + 3 * day)
    assert (found.rule, found.at) == ("treated", START + 3 * day), "a correction is of the day of the answer"


def test_a_silence_belongs_to_the_arm_of_the_day_on_which_it_was_long_enough() -> None:
    missed = CheckInEnded("day 1", "daily", False, START + timedelta(days=1))
    silent = History(patient(2).histories["self"].values, (missed,))
    crossed = Crossover("observed", (START + timedelta(days=2)).date(), START)
    subject = AlertSubject("treated", None, {"self": silent}, (crossed,))
    rules = {arm: rule({"silent_for": "2d"}, only={"arms": [arm]}) for arm in ("treated", "observed")}
    (found,) = raised_by_silence(rules, subject, START + timedelta(days=3))
    assert found.rule == "observed"
