"""Treatment events as bitemporal facts: what was believed when, and the stable key of an anchor."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.study.timeline import TreatmentEvent, believed, doubt, effective, refusal

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
REPEATING = {"cycle"}


def event(
    n: int, kind: str, on: str, *, root: int | None = None, at: int = 0, retracted: bool = False
) -> TreatmentEvent:
    """Record number n, recorded `at` days after noon; the first of its event unless it has a root."""
    return TreatmentEvent(
        UUID(int=n),
        UUID(int=root or n),
        kind,
        date.fromisoformat(on),
        NOON + timedelta(days=at),
        retracted=retracted,
    )


FIRST = event(1, "cycle", "2027-03-01")
SECOND = event(2, "cycle", "2027-03-22", at=1)
MOVED = event(3, "cycle", "2027-03-29", root=2, at=2)
GONE = event(4, "cycle", "2027-03-29", root=2, at=3, retracted=True)
BACK = event(5, "cycle", "2027-03-22", root=2, at=4)


def test_the_last_record_of_each_event_is_believed() -> None:
    assert believed([SECOND, FIRST]) == [FIRST, SECOND]
    assert believed([FIRST, SECOND, MOVED]) == [FIRST, MOVED]
    assert believed([FIRST, SECOND, MOVED, GONE]) == [FIRST]
    assert believed([FIRST, SECOND, MOVED, GONE, BACK]) == [FIRST, BACK]


def test_the_belief_at_an_earlier_instant() -> None:
    records = [FIRST, SECOND, MOVED, GONE, BACK]
    for days, expected in ((0, [FIRST]), (1, [FIRST, SECOND]), (2, [FIRST, MOVED]), (3, [FIRST]), (4, [FIRST, BACK])):
        assert believed(records, NOON + timedelta(days=days)) == expected
    assert believed(records, NOON - timedelta(days=1)) == []


def test_of_two_records_at_one_instant_the_later_given_counts() -> None:
    again = event(6, "cycle", "2027-03-23", root=2, at=1)
    assert believed([SECOND, again]) == [again]


def test_an_anchor_keeps_its_identity_through_every_correction() -> None:
    before = effective([FIRST, SECOND], repeating=REPEATING).anchors
    after = effective([FIRST, SECOND, MOVED], repeating=REPEATING).anchors
    again = effective([FIRST, SECOND, MOVED, GONE, BACK], repeating=REPEATING).anchors
    assert [anchor.key for anchor in before] == [anchor.key for anchor in after] == [anchor.key for anchor in again]
    assert [anchor.on for anchor in after] == [date(2027, 3, 1), date(2027, 3, 29)]


def test_an_anchor_keeps_the_instant_of_its_first_record() -> None:
    (_, second) = effective([FIRST, SECOND, MOVED], repeating=REPEATING).anchors
    assert second.recorded_at == SECOND.recorded_at


def test_a_forgotten_cycle_is_numbered_by_date_and_changes_no_key() -> None:
    forgotten = event(7, "cycle", "2027-03-10", at=9)
    anchors = effective([FIRST, SECOND, forgotten], repeating=REPEATING).anchors
    assert [(anchor.n, anchor.key) for anchor in anchors] == [
        (1, str(FIRST.id)),
        (2, str(forgotten.id)),
        (3, str(SECOND.id)),
    ]


def test_the_key_of_an_event_that_happens_once_is_its_kind() -> None:
    surgery = event(1, "surgery", "2027-03-01")
    wrong = event(2, "surgery", "2027-03-01", root=1, at=1, retracted=True)
    anew = event(3, "surgery", "2027-03-02", at=2)
    (before,) = effective([surgery], repeating=REPEATING).anchors
    (after,) = effective([surgery, wrong, anew], repeating=REPEATING).anchors
    assert (before.key, after.key) == ("", "")


def test_a_record_that_contradicts_what_is_believed_is_refused_with_the_reason() -> None:
    surgery = event(1, "surgery", "2027-03-01")
    second = refusal([surgery], event(2, "surgery", "2027-04-01"), REPEATING)
    assert second == "surgery happens once and is recorded on 2027-03-01: correct that date, or retract it"
    assert refusal([FIRST], event(2, "cycle", "2027-03-01"), REPEATING) == "a cycle on 2027-03-01 is recorded already"
    nothing = refusal([], event(2, "cycle", "2027-03-01", root=9), REPEATING)
    assert nothing == "there is no recorded cycle with this id to correct"
    mistyped = refusal([], event(2, "cycle", "0207-03-01"), REPEATING)
    assert mistyped == "0207-03-01 is no date of anybody's treatment"
    for year in ("1899", "2201"):
        told = refusal([], event(2, "cycle", f"{year}-07-01"), REPEATING)
        assert told == f"{year}-07-01 is no date of anybody's treatment"
    for first_or_last in ("1900-01-01", "2200-12-31"):
        assert refusal([], event(2, "cycle", first_or_last), REPEATING) is None
    other = refusal([FIRST], event(2, "surgery", "2027-03-01", root=1), REPEATING)
    assert other == "this was recorded as cycle; retract it and add surgery instead"


def test_a_record_without_contradiction_is_accepted() -> None:
    surgery = event(1, "surgery", "2027-03-01")
    assert FIRST.first
    assert not MOVED.first
    assert refusal([], surgery, REPEATING) is None
    assert refusal([FIRST], SECOND, REPEATING) is None
    assert refusal([FIRST, SECOND], MOVED, REPEATING) is None
    assert refusal([FIRST, SECOND], GONE, REPEATING) is None
    gone = event(2, "surgery", "2027-03-01", root=1, at=1, retracted=True)
    assert refusal([surgery, gone], event(3, "surgery", "2027-05-01", at=2), REPEATING) is None


@given(st.permutations([FIRST, SECOND, MOVED, GONE, BACK]), st.integers(-1, 6))
def test_the_order_in_which_records_are_given_does_not_matter(records: list[TreatmentEvent], days: int) -> None:
    as_of = NOON + timedelta(days=days)
    expected = effective([FIRST, SECOND, MOVED, GONE, BACK], as_of, repeating=REPEATING)
    assert effective(records, as_of, repeating=REPEATING) == expected


def test_nothing_happens_before_the_birth() -> None:
    born = date(1970, 5, 2)
    assert "before the birth date" in str(refusal([], event(1, "cycle", "1926-12-10"), REPEATING, born))
    assert refusal([], event(1, "cycle", "1970-05-02"), REPEATING, born) is None
    assert refusal([], event(1, "cycle", "1926-12-10"), REPEATING) is None, "without a birth date nobody can tell"


def test_a_date_years_ahead_is_to_be_confirmed() -> None:
    today = NOON.date()
    assert doubt(event(1, "cycle", "2036-12-10"), today) == "2036-12-10 is more than a year ahead"
    assert doubt(event(1, "cycle", "2028-03-01"), today) is None, "an appointment"
    assert doubt(event(1, "cycle", "2036-12-10", retracted=True), today) is None
