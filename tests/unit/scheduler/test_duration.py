"""Durations as people write them, and the calendar's way of adding them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scheduler.duration import Duration, add_calendar, add_months


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", Duration(days=7)),
        ("3w", Duration(days=21)),
        ("6mo", Duration(months=6)),
        ("1y", Duration(months=12)),
        ("2h", Duration(seconds=7200)),
        ("30min", Duration(seconds=1800)),
        ("1y 6mo", Duration(months=18)),
        (" 2 W ", Duration(days=14)),
        ("-3d", Duration(days=-3)),
        ("-1mo2d", Duration(months=-1, days=-2)),
        ("0d", Duration()),
    ],
)
def test_a_duration_is_read_as_written(text: str, expected: Duration) -> None:
    assert Duration.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", "expected a duration"),
        ("", "expected a duration"),
        ("d7", "expected a duration"),
        ("1.5d", "expected a duration"),
        ("7 days", "`days` is not a unit"),
        ("3m", "minutes or months"),
        ("900y", "longer than 150 years"),
    ],
)
def test_what_is_no_duration_is_refused_with_what_was_expected(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Duration.parse(text)


def test_a_bare_number_in_a_file_is_refused() -> None:
    with pytest.raises(ValidationError, match="with its unit"):
        TypeAdapter(Duration).validate_python(7)


def test_a_duration_passes_through_a_model_unchanged() -> None:
    adapter = TypeAdapter(Duration)
    assert adapter.validate_python(Duration(days=3)) == Duration(days=3)
    assert adapter.dump_python(adapter.validate_python("1y")) == "1y"
    assert adapter.json_schema()["pattern"].endswith("$")


@given(st.integers(0, 1800), st.integers(0, 5000), st.integers(0, 5000), st.booleans())
def test_writing_and_reading_is_the_identity(months: int, days: int, minutes: int, back: bool) -> None:
    sign = -1 if back else 1
    duration = Duration(sign * months, sign * days, sign * minutes * 60)
    if abs(duration.approximate_days()) < 150 * 365:
        assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("2027-01-31", "1mo", "2027-02-28"),
        ("2028-01-31", "1mo", "2028-02-29"),
        ("2027-01-31", "2mo", "2027-03-31"),
        ("2028-02-29", "1y", "2029-02-28"),
        ("2028-02-29", "4y", "2032-02-29"),
        ("2027-03-31", "-1mo", "2027-02-28"),
        ("2027-12-31", "1d", "2028-01-01"),
        ("2027-01-31", "1mo 1d", "2027-03-01"),
        ("2027-05-01", "1y", "2028-05-01"),
    ],
)
def test_months_clip_at_month_end_and_days_follow(start: str, duration: str, expected: str) -> None:
    assert add_calendar(date.fromisoformat(start), Duration.parse(duration)) == date.fromisoformat(expected)


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)), st.integers(-600, 600))
def test_adding_months_lands_in_that_month_and_never_later_in_it(day: date, months: int) -> None:
    landed = add_months(day, months)
    assert (landed.year * 12 + landed.month) - (day.year * 12 + day.month) == months
    assert landed.day <= day.day
    assert landed.day == day.day or (landed.toordinal() + 1 == add_months(landed.replace(day=1), 1).toordinal())


def test_a_wall_time_keeps_its_hour() -> None:
    assert add_calendar(datetime(2027, 1, 31, 9, 30), Duration.parse("1mo")) == datetime(2027, 2, 28, 9, 30)  # noqa: DTZ001


def test_two_durations_follow_each_other() -> None:
    assert Duration.parse("1mo").plus(Duration.parse("2d 3h")) == Duration(1, 2, 10800)
