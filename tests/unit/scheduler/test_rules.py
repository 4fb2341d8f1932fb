"""What a schedule may say, and what is refused with what was expected."""

from datetime import date, time
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from scheduler.rulebook import silence_of
from scheduler.rules import Blackout, Burden, ClockTime, Schedule
from tests.unit.scheduler.cases import schedule


def test_a_time_of_day_is_hours_and_minutes() -> None:
    assert schedule(at="9:30").at == time(9, 30)
    assert schedule(at=time(9, 30)).at == time(9, 30)
    assert TypeAdapter(ClockTime).dump_python(time(9, 30)) == "09:30"


@pytest.mark.parametrize("said", ["25:00", "ten", "10", 630, "10:00:30", "10:00+02:00", None])
def test_what_is_no_time_of_day_is_refused(said: object) -> None:
    with pytest.raises(ValidationError, match="expected"):
        schedule(at=said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"on_days": []}, "say when, with on_days, offsets or repeat"),
        ({"on_days": [0]}, "no day 0"),
        ({"repeat": {"every": "6h"}}, "whole number of days"),
        ({"repeat": {"every": "0d"}}, "whole number of days"),
        ({"repeat": {"every": "-1w"}}, "whole number of days"),
        ({"repeat": {"every": "1mo -1d"}}, "expected a duration"),
        ({"repeat": {"every": "1w", "starting": "2h"}}, "whole days or longer"),
        ({"repeat": {"every": "1w", "for": "2h"}}, "whole days or longer"),
        ({"repeat": {"every": "1w", "count": 0}}, "greater than or equal to 1"),
        ({"window": {}}, "Field required"),
        ({"priority": 0}, "greater than or equal to 1"),
        ({"anchor": "Day One"}, "but no hyphen: `day_one`"),
        ({"instruments": []}, "at least 1 item"),
        ({"colour": "blue"}, "not permitted"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(said: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        schedule(**said)


def test_one_repeat_may_stand_without_a_list() -> None:
    alone = schedule(repeat={"every": "1w", "count": 2})
    assert alone.repeat == schedule(repeat=[{"every": "1w", "count": 2}]).repeat


def test_a_burden_needs_a_limit() -> None:
    assert Burden(surveys=2).questions is None
    with pytest.raises(ValidationError, match="give surveys, questions, or both"):
        Burden()


def test_blackouts_are_days_ranges_and_days_of_every_year() -> None:
    read = TypeAdapter(list[Blackout]).validate_python(
        ["2027-05-01", {"from": "2027-08-01", "until": "2027-08-03"}, {"every_year": "12-25"}]
    )
    silence = silence_of((), read)
    assert silence.dates == {date(2027, 5, 1), date(2027, 8, 1), date(2027, 8, 2), date(2027, 8, 3)}
    assert silence.yearly == {(12, 25)}
    again = TypeAdapter(list[Blackout]).dump_python(read, mode="json", by_alias=True)
    assert again[2] == {"every_year": "12-25"}
    assert TypeAdapter(list[Blackout]).validate_python(read) == read


@pytest.mark.parametrize("said", ["soon", "0207-03-01", "9999-12-31", {"every_year": "13-45"}, {"every_year": "25-12"}])
def test_what_is_no_date_is_refused(said: object) -> None:
    with pytest.raises(ValidationError, match="expected a"):
        TypeAdapter(Blackout).validate_python(said)


def test_a_day_of_every_year_may_be_given_as_a_date() -> None:
    read = TypeAdapter(Blackout).validate_python({"every_year": date(2027, 12, 25)})
    assert silence_of((), [read]).yearly == {(12, 25)}


def test_a_schedule_is_read_once_and_never_changed() -> None:
    with pytest.raises(ValidationError):
        schedule().priority = 1  # type: ignore[misc]
    assert Schedule.model_validate(schedule().model_dump(by_alias=True)) == schedule()
