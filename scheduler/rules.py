"""The models of schedules in a study file: anchors, offsets, repeats, windows, reporters, conditions, quiet hours."""

from datetime import time
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from scheduler.after_end import AfterEnd
from scheduler.anchors import TRIGGER
from scheduler.duration import Duration
from scheduler.event_choice import AnchorChoice, Bound, in_words, kinds
from scheduler.numbers import Numbers, chooses
from scheduler.times_of_day import TimesOfDay, slots
from scheduler.values import ClockTime, Day, EventName, Frozen, MonthDay, Reporter, as_tuple
from scheduler.weekdays import Weekdays

Channel = Literal["sms", "email", "call"]
OLDEST = 150
_REPORTERS: dict[str, tuple[Reporter, ...]] = {
    "self": ("self",),
    "proxy": ("proxy",),
    "both": ("self", "proxy"),
    "nobody": (),
}

__all__ = ["ClockTime", "Day", "EventName", "Frozen", "MonthDay", "Reporter"]


def _caregiver(value: object) -> object:
    if value not in (None, "caregiver"):
        raise ValueError("expected caregiver; for a proxy, or by age: `reporter: [{below: 13, by: proxy}, ...]`")
    return value


def _some_hours(value: object) -> Any:
    return None if value is None else as_tuple(value)


class Hours(Frozen):
    """Hours of the day in which nothing is sent; `until` is the first minute in which messages may be sent again."""

    from_time: ClockTime = Field(alias="from")
    until: ClockTime


class Window(Frozen):
    """The time in which answers count, from the invitation on. `opens` may be negative. Late entries are marked.

    It closes at the latest at the beginning of the day of the next event `until`, after the day of the occasion.
    """

    opens: Duration = Duration()
    closes: Duration
    until_event: Bound | None = Field(default=None, alias="until")
    late_entry: Duration = Duration()

    @cached_property
    def closes_late(self) -> Duration:
        """The duration from the invitation to the end of late entry."""
        return self.closes.plus(self.late_entry)


class Repeat(Frozen):
    """Repeated time points after the anchor.

    They end after a duration (`for`), after a `count`, at an event (`until`), or with the participation. The last day
    of `until` and `for` is excluded ("for: 2w" every week gives two occasions). `from` skips the time points before an
    event and does not move the others. With `weekdays` there is one on each of these days, in the first week of each
    interval.
    """

    every: Duration
    starting: Duration = Duration()
    from_event: Bound | None = Field(default=None, alias="from")
    until_event: Bound | None = Field(default=None, alias="until")
    lasting: Duration | None = Field(default=None, alias="for")
    count: int | None = Field(default=None, ge=1)
    weekdays: Weekdays = ()

    @model_validator(mode="after")
    def _in_whole_days(self) -> "Repeat":
        if self.every.seconds or min(self.every.months, self.every.days) < 0 or not self.every.approximate_days():
            raise ValueError("`every` is a whole number of days or longer, such as 7d, 3w or 3mo")
        if self.starting.seconds or (self.lasting is not None and self.lasting.seconds):
            raise ValueError("`starting` and `for` are in whole days or longer: `at` gives the hour")
        return self


class Rung(Frozen):
    """One step of the channel ladder. It is used so long `after` the invitation if nothing was answered until then."""

    channel: Channel
    after: Duration = Duration()


class Band(Frozen):
    """Who answers at an age of at least `from` and less than `below` completed years."""

    from_age: int = Field(default=0, alias="from", ge=0, le=150)
    below: int | None = Field(default=None, ge=1, le=150)
    by: Literal["self", "proxy", "both", "nobody"]

    def includes(self, age: int) -> bool:
        """Whether this age is in the band."""
        return self.from_age <= age and (self.below is None or age < self.below)


class Ages(Frozen):
    """An age of at least `from` and less than `below` completed years on the day of the occasion."""

    from_age: int = Field(default=0, alias="from", ge=0, le=150)
    below: int | None = Field(default=None, ge=1, le=150)

    def includes(self, age: int) -> bool:
        """Whether this age is in the range."""
        return self.from_age <= age and (self.below is None or age < self.below)


class Only(Frozen):
    """The participants that an assessment is for. A condition that is not given does not restrict them."""

    arms: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    ages: Ages | None = None


class Turn(Frozen):
    """When one instrument of an assessment is asked: after which events, and at which time points of their series."""

    cycles: Numbers = Field(default=(), description="the numbers of the events, such as cycles or visits")
    times: Numbers = Field(default=(), description="the numbers of the time points after one event")

    @model_validator(mode="after")
    def _some_choice(self) -> "Turn":
        if not self.cycles and not self.times:
            raise ValueError("say in which `cycles`, or at which `times` of the series, such as {every: 2}")
        return self

    def includes(self, event: int, time_point: int) -> bool:
        """Whether the instrument is asked at this time point of this event; both are counted from 1."""
        return chooses(self.cycles, event) and chooses(self.times, time_point)


class Schedule(Frozen):
    """When one assessment is asked, who answers it, and what happens if it cannot be asked."""

    instruments: tuple[str, ...] = Field(min_length=1)
    sometimes: dict[str, Turn] = Field(
        default_factory=dict, description="by instrument: when it is asked, if not every time"
    )
    anchor: AnchorChoice
    after: AfterEnd | None = Field(default=None, description="the end of participation, in place of an anchor")
    cycles: Numbers = Field(default=(), description="of an anchor that repeats: the numbers of the events that count")
    on_days: tuple[int, ...] = Field(default=(), description="days from the anchor, which is day 1; no day 0")
    offsets: tuple[Duration, ...] = Field(
        default=(), description="durations after the anchor; those with hours count from its time of day"
    )
    repeat: Annotated[tuple[Repeat, ...], BeforeValidator(as_tuple)] = ()
    move_to: Weekdays = Field(default=(), description="each time point moves to the first of these days, from it on")
    from_event: Bound | None = Field(default=None, alias="from", description="nothing is asked before this event")
    until_event: Bound | None = Field(default=None, alias="until", description="nothing is asked from this event on")
    at: TimesOfDay = Field(
        default=time(10), description="one hour, several, or random ones: {from, until, times, apart}"
    )
    quiet_hours: Annotated[tuple[Hours, ...] | None, BeforeValidator(_some_hours)] = Field(
        default=None, description="its own quiet hours, which replace those of the study; []: none"
    )
    fixed_time: bool = Field(
        default=False, description="the participant's preferred hour does not replace `at`; it never replaces several"
    )
    window: Window
    reminders: tuple[Duration, ...] = ()
    ladder: tuple[Rung, ...] = Field(default=(Rung(channel="sms"),), min_length=1)
    reporter: tuple[Band, ...] = ()
    asks: Annotated[Literal["caregiver"] | None, BeforeValidator(_caregiver)] = Field(
        default=None, description="caregiver: it is asked of a caregiver, about themselves, in place of the patient"
    )
    only: Only = Only()
    late_anchor: Literal["miss", "open"] = "miss"
    after_pause: Literal["skip", "catch_up"] = "skip"
    amendment: Literal["prospective", "backlog", "finish-old"] = "prospective"
    priority: int = Field(default=5, ge=1, le=9, description="the burden budget is granted to 1 first")

    @property
    def most_a_week(self) -> int | None:
        """How many occasions of it each reporter has at most in any seven days; None: no limit of its own."""
        return None

    @property
    def counts_last(self) -> bool:
        """Whether a new anchor ends the series of the one before it; only of schedules that answers trigger."""
        return False

    @property
    def way(self) -> str | None:
        """How it is asked, as a text: what is asked in the same way may share an invitation. None: always alone."""
        return None

    @property
    def distances(self) -> tuple[Duration, ...]:
        """The durations from the anchor to each time point of `on_days` and `offsets`; the anchor is on day 1."""
        days = (Duration(days=day - 1 if day > 0 else day) for day in self.on_days)
        return (*days, *self.offsets)

    @cached_property
    def hours_after(self) -> tuple[Duration, ...]:
        """The `offsets` that have hours: they count from the time of day of the anchor."""
        return tuple(offset for offset in self.offsets if offset.seconds)

    @property
    def asks_for_working_days(self) -> bool:
        """Whether it depends on the days off of a site."""
        return any("working_day" in days for days in (self.move_to, *(each.weekdays for each in self.repeat)))

    @cached_property
    def slots(self) -> int:
        """How many times a day the assessment is asked."""
        return slots(self.at)

    @cached_property
    def anchor_kinds(self) -> tuple[str, ...]:
        """The event kinds that the schedule counts from."""
        return kinds(self.anchor)

    @property
    def asks_caregiver(self) -> bool:
        """Whether a caregiver answers it, about themselves."""
        return (self.asks if self.after is None else self.after.asks) == "caregiver"

    @property
    def anchor_words(self) -> str:
        """What the schedule counts from, in words."""
        if self.after is not None:
            return f"the end of participation ({self.after.participation})"
        return "the answers that trigger it" if self.anchor == TRIGGER else in_words(self.anchor)

    def instruments_at(self, event: int, time_point: int) -> tuple[str, ...]:
        """What is asked at a time point of the `event`-th anchor; both are counted from 1. Empty: nothing is asked."""
        if not self.sometimes:
            return self.instruments
        turns = ((name, self.sometimes.get(name)) for name in self.instruments)
        return tuple(name for name, turn in turns if turn is None or turn.includes(event, time_point))

    def reporters_at(self, age: int) -> tuple[Reporter, ...]:
        """Who answers at an age in completed years; empty if the assessment is not for that age."""
        age = min(max(age, 0), OLDEST)
        if self.only.ages is not None and not self.only.ages.includes(age):
            return ()
        for band in self.reporter:
            if band.includes(age):
                return _REPORTERS[band.by]
        return () if self.reporter else (self.asks or "self",)

    @model_validator(mode="after")
    def _some_timing(self) -> "Schedule":
        if not (self.on_days or self.offsets or self.repeat):
            raise ValueError("say when, with on_days, offsets or repeat")
        if 0 in self.on_days:
            raise ValueError("there is no day 0: the day of the anchor is day 1, the day before it is -1")
        return self

    @model_validator(mode="after")
    def _one_who_answers(self) -> "Schedule":
        if self.asks is not None and self.after is not None:
            raise ValueError("after the end of participation `after: {asks: ...}` says who answers")
        if self.asks is not None and self.reporter:
            raise ValueError("`asks: caregiver` and `reporter` cannot both say who answers: make two assessments")
        return self


class DateRange(Frozen):
    """Dates on which nothing is sent, both included."""

    from_date: Day = Field(alias="from")
    until: Day


class EveryYear(Frozen):
    """A day of every year on which nothing is sent."""

    every_year: MonthDay


def _blackout_form(value: object) -> str:
    """Which of the forms of a blackout this is, so that an error message is about that form."""
    if isinstance(value, EveryYear) or (isinstance(value, dict) and "every_year" in value):
        return "every_year"
    if isinstance(value, DateRange | dict):
        return "range"
    return "holidays" if isinstance(value, str) and value[:1].isalpha() else "day"


def _holidays(value: object) -> object:
    if value != PUBLIC_HOLIDAYS:
        raise ValueError(
            f"expected a date such as 2027-12-25, or {PUBLIC_HOLIDAYS}; days of the week: `weekdays` or `move_to`"
        )
    return value


PUBLIC_HOLIDAYS: Literal["public_holidays"] = "public_holidays"
"""The blackout on the public holidays of each participant's site."""
Blackout = Annotated[
    Annotated[Day, Tag("day")]
    | Annotated[DateRange, Tag("range")]
    | Annotated[EveryYear, Tag("every_year")]
    | Annotated[Literal["public_holidays"], BeforeValidator(_holidays), Tag("holidays")],
    Discriminator(_blackout_form),
]


class Burden(Frozen):
    """The most surveys, or questions, in any seven days, for each reporter."""

    surveys: int | None = Field(default=None, ge=1)
    questions: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _some_limit(self) -> "Burden":
        if self.surveys is None and self.questions is None:
            raise ValueError("give surveys, questions, or both")
        return self
