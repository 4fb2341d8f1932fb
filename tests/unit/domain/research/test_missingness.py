"""Who was expected, who came, and why the others did not; counted twice, in two ways."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.research.consort import flow
from pro_collector.domain.research.missingness import (
    FIXED,
    VisitStanding,
    completion,
    pattern,
    patterns,
    reasons,
    standing,
)
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit, VisitState
from tests.unit.domain.research.made_up import left, person, visit

ANN, BEN, CAT, DAN, EVA = (
    person("ann"),
    person("ben", arm="y"),
    left("cat", "died", 10),
    left("dan", "withdrew", 9),
    person("eva"),
)
VISITS = [
    visit(ANN, 1, "completed", "answered"), visit(ANN, 2, "completed", "answered", mode="web"),
    visit(BEN, 1, "completed", "answered"), visit(BEN, 2, "missed", "no_answer"),
    visit(CAT, 1, "partial", "window_closed", late=True), visit(CAT, 2, "missed", "hospital"),
    visit(CAT, 3, "cancelled", "died"),
    visit(DAN, 1, "completed", "answered", mode="call"), visit(DAN, 3, "cancelled", "withdrew"),
    visit(EVA, 1, "missed", "holiday"), visit(EVA, 2, "completed", "answered"), visit(EVA, 3, "planned"),
    visit(EVA, 4, "cancelled", "budget"), visit(EVA, 9, "completed", "answered", planned=False),
]  # fmt: skip
PEOPLE = [ANN, BEN, CAT, DAN, EVA]


def test_a_table_worked_out_by_hand() -> None:
    """Day 1: all five are expected, and four come. Day 8: Dan has no row and left on day 9, so he is not expected."""
    rows = {row.visit: row for row in completion(PEOPLE, VISITS) if row.by == "all"}
    assert list(rows) == ["weekly 0d", "weekly 7d", "weekly 14d", "weekly 21d"]
    first, second, third, fourth = rows.values()
    assert (first.population, first.expected, first.received, first.complete, first.missing) == (5, 5, 4, 3, 1)
    assert (first.available_rate, first.completion_rate) == (4 / 5, 4 / 5)
    assert (first.late, first.by_text, first.by_call, first.by_web) == (1, 3, 1, 0)
    assert (second.expected, second.received, second.withdrew, second.missing) == (4, 2, 1, 2)
    assert (second.available_rate, second.completion_rate) == (2 / 5, 2 / 4)
    assert (third.died, third.withdrew, third.pending, third.not_reached, third.expected) == (1, 1, 1, 2, 0)
    assert (third.available_rate, third.completion_rate) == (0.0, None)
    assert (fourth.not_planned, fourth.died, fourth.withdrew, fourth.not_reached) == (1, 1, 1, 2)


def test_groups_add_up_to_all() -> None:
    rows = list(completion(PEOPLE, VISITS))
    for field in ("population", "expected", "received", "missing", "died", "pending"):
        for name in {row.visit for row in rows}:
            sums = Counter[str]()
            for row in rows:
                if row.visit == name:
                    sums[row.by] += getattr(row, field)
            assert sums["all"] == sums["arm"] == sums["site"], (field, name)
    assert {(row.by, row.arm, row.site) for row in rows} == {
        ("all", None, None), ("arm", "x", None), ("arm", "y", None), ("site", None, "a"),
    }  # fmt: skip


def test_reasons_keep_what_is_missing_apart_from_what_was_never_expected() -> None:
    found = {(row.visit, row.arm, row.standing, row.reason): row.participants for row in reasons(PEOPLE, VISITS)}
    assert found["weekly 0d", "x", "missing", "holiday"] == 1
    assert found["weekly 0d", "x", "partial", "window_closed"] == 1
    assert found["weekly 7d", "y", "missing", "no_answer"] == 1
    assert found["weekly 7d", "x", "withdrew", None] == 1
    assert found["weekly 14d", "x", "died", "died"] == 1
    assert found["weekly 21d", "x", "not_planned", "budget"] == 1


def test_patterns_and_the_flow() -> None:
    found = {(row.arm, row.pattern): row.participants for row in patterns(PEOPLE, VISITS)}
    assert found == {("x", "complete"): 2, ("x", "monotone"): 1, ("x", "intermittent"): 1, ("y", "monotone"): 1}
    steps = [(row.step, row.visit, row.reason, row.participants) for row in flow(PEOPLE, VISITS) if row.arm == "x"]
    assert steps[:6] == [
        ("enrolled", None, None, 4),
        ("left the study", None, "died", 1),
        ("left the study", None, "withdrew", 1),
        ("planned", None, None, 4),
        ("first visit received", None, None, 3),
        ("later visit received", None, None, 1),
    ]
    assert ("missing", "weekly 7d", "hospital", 1) in steps
    assert ("received", "weekly 0d", None, 3) in steps


@pytest.mark.parametrize(
    ("who", "state", "reason", "expected"),
    [
        (left("p", "died", 9), "missed", "no_answer", VisitStanding.MISSING),
        (left("p", "died", 8), "missed", "no_answer", VisitStanding.DIED),
        (left("p", "died", 8), "completed", "answered", VisitStanding.COMPLETE),
        (left("p", "withdrew", 3), "cancelled", "withdrew", VisitStanding.WITHDREW),
        (left("p", "progression", 3), "cancelled", "ended", VisitStanding.OFF_STUDY),
        (left("p", "progression", 3), "partial", "participation_ended", VisitStanding.PARTIAL),
        (person("p"), "cancelled", "died", VisitStanding.DIED),
        (person("p"), "invited", None, VisitStanding.PENDING),
        (person("p"), "cancelled", "not_in_schedule", VisitStanding.NOT_PLANNED),
    ],
)
def test_what_a_visit_of_day_8_is(
    who: ParticipantOfStudy, state: VisitState, reason: str | None, expected: VisitStanding
) -> None:
    assert standing(who, visit(who, 2, state, reason)) is expected


def test_what_a_caregiver_who_goes_on_does_not_answer_is_missing() -> None:
    for who, expected in (
        (left("p", "withdrew", 3), VisitStanding.MISSING),
        (left("p", "died", 3), VisitStanding.DIED),
    ):
        assert standing(who, visit(who, 2, "missed", "no_answer", reporter="caregiver")) is expected
        was = VisitStanding.WITHDREW if expected is VisitStanding.MISSING else expected
        assert standing(who, visit(who, 2, "cancelled", "withdrew", reporter="caregiver")) is was


def test_the_dead_are_dead_also_if_they_had_withdrawn_before() -> None:
    gone = left("p", "withdrew", 5, died_on=left("q", "died", 9).died_on)
    assert standing(gone, visit(gone, 2, "cancelled", "ended")) is VisitStanding.WITHDREW
    assert standing(gone, visit(gone, 3, "cancelled", "ended")) is VisitStanding.DIED
    assert standing(gone, None) is VisitStanding.DIED


@given(st.lists(st.sampled_from(list(VisitStanding))))
def test_a_pattern_follows_from_what_came_after_what(places: list[VisitStanding]) -> None:
    text = "".join({"complete": "r", "partial": "r", "missing": "m"}.get(place, "") for place in places)
    expected = (
        "nothing expected" if not text
        else "nothing received" if "r" not in text
        else "complete" if "m" not in text
        else "intermittent" if "m" in text[: text.rindex("r")]
        else "monotone"
    )  # fmt: skip
    assert pattern(places) == expected


STATES: st.SearchStrategy[VisitState] = st.sampled_from(
    ["planned", "invited", "completed", "partial", "missed", "cancelled"]
)
REASONS = st.sampled_from(["answered", "no_answer", "hospital", "died", "withdrew", "ended", "budget", None])
PERSONS = st.one_of(
    st.builds(person, st.just(""), arm=st.sampled_from(["x", "y", None]), site=st.sampled_from(["a", None])),
    st.builds(left, st.just(""), st.sampled_from(["died", "withdrew", "progression"]), st.integers(1, 30)),
)


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[list[ParticipantOfStudy], list[PlannedVisit]]:
    people = [
        person(f"p{n}", **{name: getattr(one, name) for name in ("arm", "site", "died_on", "withdrew_on",
               "off_study_on", "off_study_reason", "off_study_day")})
        for n, one in enumerate(draw(st.lists(PERSONS, max_size=6)))
    ]  # fmt: skip
    numbers = st.lists(st.integers(1, 4), unique=True, max_size=4)
    visits = [visit(one, n, draw(STATES), draw(REASONS)) for one in people for n in draw(numbers)]
    return people, visits


@given(cohorts())
def test_nobody_is_counted_twice_or_forgotten(cohort: tuple[list[ParticipantOfStudy], list[PlannedVisit]]) -> None:
    people, visits = cohort
    asked = {each.participant_id for each in visits}
    for row in completion(people, visits):
        others = row.died + row.withdrew + row.off_study + row.not_planned + row.pending + row.not_reached
        assert row.expected + others == row.population <= len(asked)
        assert row.expected == row.received + row.missing
        assert row.complete <= row.received >= row.late
        assert row.received == row.by_call + row.by_web + row.by_text
        for rate in (row.available_rate, row.completion_rate):
            assert rate is None or 0 <= rate <= 1
        assert (row.available_rate or 0) <= (row.completion_rate or 0)
    named = sum(row.participants for row in patterns(people, visits))
    assert named == len(asked)
    enrolled = sum(row.participants for row in flow(people, visits) if row.step == "enrolled")
    assert enrolled == len(people)
    told = {place.value for place in FIXED | {VisitStanding.NOT_PLANNED}}
    assert all(row.standing in told for row in reasons(people, visits))
