"""Days of the week as a study file writes them, and the days off of one person."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator

from scheduler.values import as_tuple

NAMES: tuple["DayName", ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OWN_DAY: Literal["own_day"] = "own_day"
"""The day of the week that a person prefers. Who prefers none has every day, and in a week the first."""
Weekday = DayName | Literal["working_day", "own_day"]
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_A_DAY = timedelta(days=1)
_LONGEST_SEARCH = 60  # days; no row of days off is longer


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The days on which nobody works: days of the week (Monday is 0), and dates such as public holidays.

    `own` is the day of the week that a person prefers, if they prefer one.
    """

    weekend: frozenset[int] = frozenset({5, 6})
    dates: Container[date] = frozenset()
    own: DayName | None = None

    def covers(self, day: date) -> bool:
        """Whether nobody works on a day."""
        return day.weekday() in self.weekend or day in self.dates


def _weekday(value: object) -> object:
    if isinstance(value, str) and value.lower() in (*NAMES, *_LONG):
        return value.lower()[:3]
    if value in ("working_day", OWN_DAY):
        return value
    raise ValueError("expected mon, tue, wed, thu, fri, sat, sun, working_day or own_day")


Weekdays = Annotated[tuple[Annotated[Weekday, BeforeValidator(_weekday)], ...], BeforeValidator(as_tuple)]


def falls_on(day: date, weekdays: Weekdays, off: DaysOff) -> bool:
    """Whether a day is one of these: a day of the week, a working day, or the day that the person prefers."""
    name = NAMES[day.weekday()]
    own = OWN_DAY in weekdays and off.own in (None, name)
    return own or name in weekdays or ("working_day" in weekdays and not off.covers(day))


def first_from(day: date, weekdays: Weekdays, off: DaysOff) -> date:
    """The first day from `day` on that is one of these; `day` itself if there is none within two months."""
    days = (day + k * _A_DAY for k in range(_LONGEST_SEARCH))
    return next((each for each in days if falls_on(each, weekdays, off)), day)


def within(day: date, span: int, weekdays: Weekdays, off: DaysOff) -> Iterator[date]:
    """Each of the `span` days from `day` on that is one of these."""
    if OWN_DAY in weekdays and off.own is None:
        weekdays = (*(each for each in weekdays if each != OWN_DAY), NAMES[day.weekday()])
    return (each for each in (day + k * _A_DAY for k in range(span)) if falls_on(each, weekdays, off))


def name_in_week(day: date, weekdays: Weekdays, off: DaysOff) -> str:
    """What distinguishes a day among these of its week: that of a person keeps its name when they prefer another."""
    name = NAMES[day.weekday()]
    listed = name in weekdays or "working_day" in weekdays
    return "own" if OWN_DAY in weekdays and not listed and off.own in (None, name) else name
