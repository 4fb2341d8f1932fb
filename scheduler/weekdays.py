"""Days of the week as a study file writes them, and the days off of one person."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator

from scheduler.values import as_tuple

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "working_day"]
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_A_DAY = timedelta(days=1)
_LONGEST_SEARCH = 60  # days; no row of days off is longer


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The days on which nobody works: days of the week (Monday is 0), and dates such as public holidays."""

    weekend: frozenset[int] = frozenset({5, 6})
    dates: Container[date] = frozenset()

    def covers(self, day: date) -> bool:
        """Whether nobody works on a day."""
        return day.weekday() in self.weekend or day in self.dates


def _weekday(value: object) -> object:
    if isinstance(value, str) and value.lower() in (*NAMES, *_LONG):
        return value.lower()[:3]
    if value == "working_day":
        return value
    raise ValueError("expected mon, tue, wed, thu, fri, sat, sun or working_day")


Weekdays = Annotated[tuple[Annotated[Weekday, BeforeValidator(_weekday)], ...], BeforeValidator(as_tuple)]


def falls_on(day: date, weekdays: Weekdays, off: DaysOff) -> bool:
    """Whether a day is one of these days of the week, or a working day if that is among them."""
    return NAMES[day.weekday()] in weekdays or ("working_day" in weekdays and not off.covers(day))


def first_from(day: date, weekdays: Weekdays, off: DaysOff) -> date:
    """The first day from `day` on that is one of these; `day` itself if there is none within two months."""
    days = (day + k * _A_DAY for k in range(_LONGEST_SEARCH))
    return next((each for each in days if falls_on(each, weekdays, off)), day)


def within(day: date, span: int, weekdays: Weekdays, off: DaysOff) -> Iterator[date]:
    """Each of the `span` days from `day` on that is one of these."""
    return (each for each in (day + k * _A_DAY for k in range(span)) if falls_on(each, weekdays, off))
