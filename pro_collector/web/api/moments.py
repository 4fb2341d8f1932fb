"""Days and local times that a program sends: within anybody's life or plan."""

from datetime import date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, Field, NaiveDatetime

EARLIEST, LATEST = 1900, 2200
"""The years of a day in anybody's life or plan."""
Day = Annotated[date, Field(ge=date(EARLIEST, 1, 1), le=date(LATEST, 12, 31))]
LocalTime = Annotated[
    NaiveDatetime,
    Field(ge=datetime(EARLIEST, 1, 1), le=datetime(LATEST, 12, 31), examples=["2026-12-01T18:00"]),  # noqa: DTZ001
]
"""A time on the clock of somebody or of a site, without an offset."""


def _without_offset(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError("expected a local time without an offset, such as 14:30")
    return at


TimeOfDay = Annotated[time, AfterValidator(_without_offset), Field(examples=["14:30"])]
"""A time of day where somebody lives, without an offset."""
