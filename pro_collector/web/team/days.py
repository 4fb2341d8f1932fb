"""The names of the days of the week on the team's pages."""

from collections.abc import Mapping

from scheduler.weekdays import DayName

DAYS: Mapping[DayName, str] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
