"""Durations as people write them ("7d", "3w", "6mo", "1y", "2h"), and their calendar arithmetic."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

Day = TypeVar("Day", bound=date)

_PART = re.compile(r"(\d+)\s*([a-z]+)")
_WHOLE = re.compile(r"-?(\d+\s*[a-z]+\s*)+")
_UNITS = {"min": (0, 0, 60), "h": (0, 0, 3600), "d": (0, 1, 0), "w": (0, 7, 0), "mo": (1, 0, 0), "y": (12, 0, 0)}
_EXPECTED = "expected a duration such as 2h, 7d, 3w, 6mo or 1y"
LONGEST_YEARS = 150


@dataclass(frozen=True, slots=True)
class Duration:
    """Months and days are added on the calendar (a month ends at its last day); seconds are elapsed time."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read "7d", "3w", "6mo", "1y", "2h", "30min", or several together ("1y 6mo"); a leading "-" negates it.

        Raises ValueError with the expected format.
        """
        clean = text.strip().lower()
        if not _WHOLE.fullmatch(clean):
            raise ValueError(_EXPECTED)
        sign = -1 if clean.startswith("-") else 1
        total = [0, 0, 0]
        for number, unit in _PART.findall(clean):
            for index, size in enumerate(_unit(unit)):
                total[index] += sign * int(number) * size
        if abs(total[0] * 30 + total[1] + total[2] / 86400) > LONGEST_YEARS * 366:
            raise ValueError(f"this is longer than {LONGEST_YEARS} years")
        return cls(*total)

    @property
    def elapsed(self) -> timedelta:
        """The elapsed time, without the months and days."""
        return timedelta(seconds=self.seconds)

    def approximate_days(self) -> float:
        """Length in days, with months of 30.44 days; use it to compare or show durations, never to compute dates."""
        return self.months * 30.436875 + self.days + self.seconds / 86400

    def plus(self, other: "Duration") -> "Duration":
        """The sum of both durations."""
        return Duration(self.months + other.months, self.days + other.days, self.seconds + other.seconds)

    def __str__(self) -> str:
        parts = [
            *_formatted(abs(self.months), 12, "y", "mo"),
            *_formatted(abs(self.days), 7, "w", "d"),
            *_formatted(abs(self.seconds) // 60, 60, "h", "min"),
        ]
        return ("-" if self.approximate_days() < 0 else "") + (" ".join(parts) or "0d")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "string",
            "pattern": r"^-?(\d+\s*(min|h|d|w|mo|y)\s*)+$",
            "examples": ["2h", "7d", "3w", "6mo", "1y"],
        }

    @classmethod
    def _validated(cls, value: object) -> "Duration":
        if isinstance(value, Duration):
            return value
        if isinstance(value, str):
            return cls.parse(value)
        raise ValueError(f"{_EXPECTED}, with its unit")


def add_months(day: Day, months: int) -> Day:
    """The same day `months` later, or the last day of that month if it is shorter (31 January + 1mo = 28 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if day.day <= 28:
        return day.replace(year=year, month=month + 1)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def add_calendar(day: Day, duration: Duration) -> Day:
    """`day` plus the months, then the days, of `duration`; `calendar.later` adds its seconds."""
    if duration.months:
        day = add_months(day, duration.months)
    return day + timedelta(days=duration.days)


def _unit(name: str) -> tuple[int, int, int]:
    if name == "m":
        raise ValueError("`m` could be minutes or months: write min or mo")
    if name not in _UNITS:
        raise ValueError(f"`{name}` is not a unit; use min, h, d, w, mo or y")
    return _UNITS[name]


def _formatted(amount: int, size: int, large: str, small: str) -> list[str]:
    if amount and amount % size == 0:
        return [f"{amount // size}{large}"]
    return [f"{amount}{small}"] if amount else []
