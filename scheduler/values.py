"""The values that a study file is written in: names, dates, times of day; each error says what was expected."""

import re
from datetime import date, time
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

Reporter = Literal["self", "proxy", "caregiver"]
"""Who answers: the patient, somebody in their place, or a caregiver about themselves."""
AboutPatient = Literal["self", "proxy"]
"""Who answers about the patient."""
ABOUT_PATIENT: tuple[AboutPatient, ...] = get_args(AboutPatient)

REPORTERS: tuple[Reporter, ...] = get_args(Reporter)


def reads_as(reporter: Reporter) -> AboutPatient:
    """Whose words of a questionnaire a reporter reads: a caregiver answers about themselves, so those for `self`."""
    return "proxy" if reporter == "proxy" else "self"


def _clock(value: object) -> time:
    if isinstance(value, time):
        return value
    try:
        read = time.fromisoformat(value.zfill(5) if isinstance(value, str) else "")
    except ValueError:
        raise ValueError('expected a time of day from "00:00" to "23:59"') from None
    if read.second or read.microsecond or read.tzinfo:
        raise ValueError('expected hours and minutes only, such as "10:00": the time is local to each participant')
    return read


def _day(value: object) -> date:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("expected a date such as 2027-12-25") from None
    if not 1900 <= day.year <= 2200:
        raise ValueError("expected a date between 1900 and 2200")
    return day


def _month_day(value: object) -> tuple[int, int]:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(f"2000-{value}")
    except ValueError:
        raise ValueError('expected a month and a day such as "12-25"') from None
    return day.month, day.day


def _event_name(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        likely = re.sub(r"[^a-z0-9_]+", "_", value.lower()).strip("_0123456789")
        example = f": `{likely}`" if likely else ", such as `treatment_start`"
        raise ValueError(f"the name of an event has lower-case letters, digits and `_`, but no hyphen{example}")
    return value


def as_tuple(value: object) -> Any:
    """One value without brackets as a list of one."""
    return value if isinstance(value, list | tuple) else (value,)


ClockTime = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(lambda at: f"{at:%H:%M}"),
    WithJsonSchema({"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$", "examples": ["10:00"]}),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$", "examples": ["2027-12-25"]}),
]
MonthDay = Annotated[
    tuple[int, int],
    BeforeValidator(_month_day),
    PlainSerializer(lambda day: f"{day[0]:02}-{day[1]:02}"),
    WithJsonSchema({"type": "string", "pattern": r"^\d\d-\d\d$", "examples": ["12-25"]}),
]
EventName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]*$", description="the name of a timeline event"),
    BeforeValidator(_event_name),
]


class Frozen(BaseModel):
    """A model that never changes after it is read; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
