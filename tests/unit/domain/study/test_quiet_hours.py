"""The quiet hours of one person as text, and what is refused."""

from datetime import time

import pytest

from pro_collector.domain.study.quiet_hours import parse, written


@pytest.mark.parametrize(
    ("text", "stored", "hours"),
    [
        ("21:00-08:00", "21:00-08:00", ((time(21), time(8)),)),
        ("9:30 - 10:00, 12:00-14:00", "09:30-10:00,12:00-14:00", ((time(9, 30), time(10)), (time(12), time(14)))),
        ("", None, ()),
        (None, None, ()),
    ],
)
def test_quiet_hours_are_stored_in_one_format(
    text: str | None, stored: str | None, hours: tuple[tuple[time, time], ...]
) -> None:
    assert parse(text) == hours
    assert written(hours) == stored
    assert parse(stored) == hours


@pytest.mark.parametrize("text", ["21-8", "21:00", "25:00-08:00", "21:00-21:00", "21:00-08:00;", "21:00-08:00,", "no"])
def test_a_text_that_is_no_quiet_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected quiet hours such as 21:00-08:00"):
        parse(text)
