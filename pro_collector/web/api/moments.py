"""Days and local times that a program sends: within anybody's life or plan."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, NaiveDatetime

EARLIEST, LATEST = 1900, 2200
"""The years of a day in anybody's life or plan."""
Day = Annotated[date, Field(ge=date(EARLIEST, 1, 1), le=date(LATEST, 12, 31))]
LocalTime = Annotated[
    NaiveDatetime,
    Field(ge=datetime(EARLIEST, 1, 1), le=datetime(LATEST, 12, 31), examples=["2026-12-01T18:00"]),  # noqa: DTZ001
]
"""A time on the clock of somebody or of a site, without an offset."""
