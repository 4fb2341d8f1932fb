"""Conditions: what they say of a person, against a second evaluation; and what their language refuses, and why."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from pro_collector.domain.condition.evaluate import evaluate
from pro_collector.domain.condition.history import CheckInEnded, Happened, History, Valued
from pro_collector.domain.condition.language import When, leaves
from tests.unit.domain.condition.independent import NO, UNKNOWN, YES, End, Event, Row, holds
from tests.unit.domain.condition.made_up import CONDITIONS, ENDS, EVENTS, INSTANTS, ROWS, history

READ: TypeAdapter[When] = TypeAdapter(When)
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
AS_NUMBER = {True: YES, False: NO, None: UNKNOWN}
PAIN = {"instrument": "diary", "item": "pain"}


def diary(*values: float | str, every: timedelta = timedelta(days=1), **rest: Any) -> History:
    """One answer about pain a day."""
    given = [
        Valued(f"day {n}", "diary", "item", "pain", value, START + n * every, START + n * every)
        for n, value in enumerate(values)
    ]
    return History(tuple(given), **rest)


def says(when: dict[str, Any], known: History, day: float = 100) -> bool | None:
    """Whether a condition holds so many days after the start."""
    return evaluate(READ.validate_python(when), known, START + timedelta(days=day)).holds


@given(CONDITIONS, ROWS, ENDS, EVENTS, INSTANTS)
def test_a_second_evaluation_says_the_same(
    when: dict[str, Any], rows: list[Row], ends: list[End], events: list[Event], at: datetime
) -> None:
    condition, known = READ.validate_python(when), history(rows, ends, events)
    found = evaluate(condition, known, at)
    assert AS_NUMBER[found.holds] == holds(when, rows, ends, events, at)
    assert all(each.known_at <= at for each in found.evidence)
    assert {each.occasion for each in found.evidence} <= {row[0] for row in [*rows, *ends]}
    assert found.holds is not None or not found.evidence
    assert evaluate(READ.validate_python({"not": when}), known, at).evidence == found.evidence
    past = ([row for row in reversed(rows) if row[6] <= at], [end for end in reversed(ends) if end[3] <= at])
    assert evaluate(condition, history(*past, events), at) == found, "what comes later, or the order, changes it"


@given(CONDITIONS)
def test_a_condition_is_written_as_it_was_read(when: dict[str, Any]) -> None:
    condition = READ.validate_python(when)
    assert READ.validate_python(READ.dump_python(condition, mode="json", by_alias=True)) == condition
    assert READ.validate_python(READ.dump_python(condition, mode="json", by_alias=True, exclude_none=True)) == condition


@pytest.mark.parametrize(
    ("more", "values", "expected"),
    [
        ({"at_least": 7}, (3, 7), True),
        ({"at_least": 7}, (7, 6), False),
        ({"at_least": 7}, (), None),
        ({"at_most": 2}, (2,), True),
        ({"codes": ["yes"]}, ("yes",), True),
        ({"codes": [1]}, ("1",), False),
        ({"at_least": 7, "in_a_row": 3}, (8, 7, 9), True),
        ({"at_least": 7, "in_a_row": 3}, (9, 8, 6, 9), False),
        ({"at_least": 7, "in_a_row": 3}, (9, 9), None),
        ({"at_least": 7, "times": 2, "of_last": 3}, (8, 2, 8), True),
        ({"at_least": 7, "times": 2, "of_last": 3}, (8, 8), True),
        ({"at_least": 7, "times": 2, "of_last": 3}, (8, 8, 2, 2), False),
        ({"rises_by": 2, "since": "last"}, (1, 1, 3), True),
        ({"rises_by": 2, "since": "last"}, (1, 2, 3), False),
        ({"rises_by": 2, "since": "baseline"}, (1, 2, 3), True),
        ({"falls_by": 2, "since": "baseline"}, (5, 4, 3), True),
        ({"rises_by": 2, "since": "last"}, (9,), None),
        ({"at_least": 3, "rises_by": 2, "since": "last"}, (0, 2), False),
        ({"at_least": 3, "rises_by": 2, "since": "last"}, (1, 3), True),
    ],
)
def test_levels_changes_and_counts(more: dict[str, Any], values: tuple[float, ...], expected: bool | None) -> None:
    assert says({**PAIN, **more}, diary(*values)) is expected


def test_the_baseline_is_the_last_value_up_to_the_day_of_the_first_event() -> None:
    rise = {**PAIN, "rises_by": 3, "since": {"until": "treatment_start"}}
    begun = (Happened("treatment_start", date(2026, 3, 3), START), Happened("treatment_start", date(2026, 3, 9), START))
    assert says(rise, diary(0, 4, 6, happened=begun)) is False
    assert says(rise, diary(0, 4, 7, happened=begun)) is True
    assert says(rise, diary(0, 4, 7)) is None


def test_within_leaves_old_values_out() -> None:
    assert says({**PAIN, "at_least": 7, "within": "3d"}, diary(8), day=3) is True
    assert says({**PAIN, "at_least": 7, "within": "3d"}, diary(8), day=3.1) is None
    assert says({**PAIN, "at_least": 7, "in_a_row": 2, "within": "36h"}, diary(8, 8, 8), day=2.6) is None
    assert says({"answered": "diary", "within": "3d"}, diary(0), day=4) is False


def test_treatment_counts_in_days_of_the_person_since_the_last_event() -> None:
    known = History(
        happened=(Happened("cycle", date(2026, 3, 2), START), Happened("cycle", date(2026, 3, 23), START)),
        zone=ZoneInfo("America/New_York"),
    )
    late = {"event": "cycle", "within": "14d"}
    assert says(late, known, day=14) is True
    assert says(late, known, day=15) is False
    assert says(late, known, day=21) is True
    assert says({**late, "not_before": "7d"}, known, day=6) is False
    assert says(late, History(), day=6) is False
    midnight_there = 14 + 18 / 24  # 04:00 UTC of the next day is midnight in New York
    assert says(late, known, day=midnight_there - 0.01) is True
    assert says(late, known, day=midnight_there + 0.01) is False


def test_a_date_counts_as_it_was_believed_at_the_time() -> None:
    moved = START + timedelta(days=10)
    known = History(
        happened=(
            Happened("cycle", date(2026, 3, 2), START, replaced_at=moved),
            Happened("cycle", date(2026, 3, 9), moved),
        )
    )
    assert says({"event": "cycle", "within": "5d"}, known, day=9) is False
    assert says({"event": "cycle", "within": "5d"}, known, day=11) is True


def test_check_ins_that_ended_without_an_answer_are_missed() -> None:
    ended = [CheckInEnded(f"week {n}", "weekly", n == 0, START + timedelta(days=7 * n)) for n in range(3)]
    missed = {"missed": "weekly", "in_a_row": 2}
    assert says(missed, History(ended=tuple(ended)), day=7) is False
    assert says(missed, History(ended=tuple(ended)), day=14) is True
    assert says(missed, History(ended=tuple(ended[1:2])), day=14) is None


def test_a_corrected_answer_replaces_the_first_from_when_it_is_known() -> None:
    wrong = Valued("day 0", "diary", "item", "pain", 9, START, START)
    right = Valued("day 0", "diary", "item", "pain", 2, START, START + timedelta(days=1))
    severe = READ.validate_python({**PAIN, "at_least": 7})
    assert evaluate(severe, History((right, wrong)), START).holds is True
    assert evaluate(severe, History((right, wrong)), START + timedelta(days=1)).holds is False


def test_an_answer_that_was_taken_back_is_none() -> None:
    back = Valued("day 1", "diary", "item", "pain", None, START, START + timedelta(days=3))
    history = History((*diary(8, 2).values, back))
    severe = READ.validate_python({**PAIN, "at_least": 7})
    assert evaluate(severe, history, START + timedelta(days=2)).holds is False
    assert evaluate(severe, history, START + timedelta(days=3)).holds is True


def test_the_opposite_of_what_nobody_knows_does_not_hold() -> None:
    assert says({"not": {**PAIN, "at_least": 7}}, History()) is None
    assert says({"all_of": [{**PAIN, "at_least": 7}, {"answered": "other"}]}, History()) is False
    assert says({"any_of": [{**PAIN, "at_least": 7}, {"not": {"answered": "other"}}]}, History()) is True


def test_the_evidence_of_two_of_three_is_the_two() -> None:
    twice = READ.validate_python({**PAIN, "at_least": 7, "times": 2, "of_last": 3})
    found = evaluate(twice, diary(8, 8, 2), START + timedelta(days=9))
    assert sorted(each.occasion for each in found.evidence) == ["day 0", "day 1"]
    assert found.newest is not None
    assert found.newest.occasion == "day 1"


def test_every_leaf_is_found() -> None:
    when = {"all_of": [{**PAIN, "at_least": 1}, {"not": {"any_of": [{"missed": "weekly"}, {"event": "cycle"}]}}]}
    assert [type(leaf).__name__ for leaf in leaves(READ.validate_python(when))] == [
        "OfValue", "MissedCheckIns", "InTreatment",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ([{**PAIN, "at_least": 7}], "expected a condition such as {instrument: symptom-diary"),
        (
            {"instrumnt": "diary"},
            "a condition has one of the keys instrument, answered, missed, silent_for, event, all_of, any_of,",
        ),
        ({"instrumnt": "diary"}, "did you mean `instrument`?"),
        ({**PAIN, "at_least": 7, "event": "cycle"}, "put them into a list under `all_of` or `any_of`"),
        ({"instrument": "diary", "at_least": 7}, "name an `item` or a `scale`, and not both"),
        (PAIN, "say which values"),
        ({"instrument": "diary", "scale": "total", "codes": [1]}, "`codes` are answers to an `item`"),
        ({**PAIN, "at_least": 7, "at_most": 3}, "no value is `at_least` more than it is `at_most`"),
        ({**PAIN, "rises_by": 2}, "`rises_by` and `falls_by` go with `since`"),
        ({**PAIN, "at_least": 2, "since": "last"}, "`rises_by` and `falls_by` go with `since`"),
        ({**PAIN, "rises_by": 2, "falls_by": 2, "since": "last"}, "cannot both rise and fall"),
        ({**PAIN, "rises_by": 0, "since": "last"}, "greater than 0"),
        ({**PAIN, "at_least": 7, "times": 2}, "`times` and `of_last` go together"),
        ({**PAIN, "at_least": 7, "times": 4, "of_last": 3}, "4 times cannot be among the last 3"),
        ({**PAIN, "at_least": 7, "times": 2, "of_last": 3, "in_a_row": 2}, "and not both"),
        ({**PAIN, "at_least": 7, "within": "1mo"}, "a month has no fixed length"),
        ({"event": "cycle", "within": "36h"}, "expected whole days, such as 14d"),
        ({"event": "cycle", "within": "3d", "not_before": "4d"}, "on no day are both true"),
        ({"all_of": []}, "at least 1"),
        ({"not": {"event": "cycle", "for": "3d"}}, "not permitted"),
    ],
)
def test_a_mistake_is_explained(when: object, expected: str) -> None:
    with pytest.raises(ValidationError, match="validation error") as caught:
        READ.validate_python(when)
    assert expected in str(caught.value)


def test_words_are_neither_above_nor_below_a_limit() -> None:
    assert says({**PAIN, "at_least": 7}, diary("bad")) is None
    assert says({**PAIN, "codes": ["bad"]}, diary("bad")) is True
    assert says({**PAIN, "codes": [1]}, diary(True)) is False, "true is no 1"
