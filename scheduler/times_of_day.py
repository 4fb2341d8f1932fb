"""The hours at which an assessment is asked: one, several a day, or random ones that are the same at every planning."""

from datetime import time
from hashlib import sha256
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from scheduler.duration import Duration
from scheduler.values import ClockTime, Frozen

_HOUR = 60
_BYTES = 8


class RandomTimes(Frozen):
    """Random minutes of a day, from `from` on and before `until`: `times` of them, at least `apart`."""

    from_time: ClockTime = Field(alias="from")
    until: ClockTime
    times: int = Field(default=1, ge=1, le=24)
    apart: Duration = Duration()

    @property
    def minutes(self) -> int:
        """The length of the range in minutes."""
        return _minute(self.until) - _minute(self.from_time)

    @property
    def gap(self) -> int:
        """The least number of minutes between two of them."""
        return max(self.apart.seconds // 60, 1)

    @model_validator(mode="after")
    def _leaves_room(self) -> "RandomTimes":
        if self.minutes <= 0:
            raise ValueError("`until` is later on the same day than `from`")
        if self.apart.months or self.apart.days or self.apart.seconds < 0:
            raise ValueError("`apart` is a time within a day, such as 90min or 2h")
        if (self.times - 1) * self.gap >= self.minutes:
            raise ValueError(f"{self.times} times at least {self.apart} apart do not fit between `from` and `until`")
        return self

    def drawn(self, seed: str) -> list[time]:
        """The times in order, drawn from a seed: each minute is equally likely, and the same seed gives the same."""
        room = self.minutes - (self.times - 1) * self.gap
        places = sorted(_number(f"{seed}/{k}") % room for k in range(self.times))
        return [_at(_minute(self.from_time) + place + k * self.gap) for k, place in enumerate(places)]


def _form(value: object) -> str:
    return "range" if isinstance(value, RandomTimes | dict) else "clock"


def _some(value: object) -> object:
    if isinstance(value, list | tuple) and not value:
        raise ValueError('expected a time of day, or several such as ["08:00", "20:00"]')
    return value


_Hour = Annotated[
    Annotated[ClockTime, Tag("clock")] | Annotated[RandomTimes, Tag("range")],
    Discriminator(_form),
]
TimesOfDay = Annotated[
    Annotated[_Hour, Tag("one")] | Annotated[tuple[_Hour, ...], Tag("several")],
    Discriminator(lambda value: "several" if isinstance(value, list | tuple) else "one"),
    BeforeValidator(_some),
]


def slots(at: TimesOfDay) -> int:
    """How many times a day an assessment with these hours is asked."""
    return sum(part.times if isinstance(part, RandomTimes) else 1 for part in parts(at))


def parts(at: TimesOfDay) -> tuple[time | RandomTimes, ...]:
    """The hours as a list."""
    return at if isinstance(at, tuple) else (at,)


def drawn(at: TimesOfDay, seed: str) -> list[time]:
    """The times of one day, in order; the random ones from a seed."""
    times: list[time] = []
    for part in parts(at):
        times += part.drawn(seed) if isinstance(part, RandomTimes) else [part]
    return sorted(times)


def earliest(at: TimesOfDay) -> time:
    """The first time of a day at which an assessment may be asked."""
    return min(part.from_time if isinstance(part, RandomTimes) else part for part in parts(at))


def _number(seed: str) -> int:
    return int.from_bytes(sha256(seed.encode()).digest()[:_BYTES])


def _minute(at: time) -> int:
    return at.hour * _HOUR + at.minute


def _at(minute: int) -> time:
    return time(minute // _HOUR, minute % _HOUR)
