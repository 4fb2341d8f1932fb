"""The language of conditions in a study file: on answers and scores, missed check-ins and treatment, and combined."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from pro_collector.domain.condition.level import Level
from pro_collector.domain.near import did_you_mean
from scheduler.duration import Duration
from scheduler.rules import EventName, Frozen

KINDS = ("instrument", "answered", "missed", "silent_for", "event", "all_of", "any_of", "not")
"""Every condition has exactly one of these keys; it says which kind of condition it is."""
MOST = 50
"""The most values that `in_a_row` and `of_last` look back on."""


def _elapsed(value: Duration) -> Duration:
    if value.months or value.approximate_days() <= 0:
        raise ValueError("expected days or hours, such as 14d or 36h: a month has no fixed length")
    return value


def _whole_days(value: Duration) -> Duration:
    if value.months or value.seconds or value.days < 0:
        raise ValueError("expected whole days, such as 14d")
    return value


Elapsed = Annotated[Duration, AfterValidator(_elapsed)]
WholeDays = Annotated[Duration, AfterValidator(_whole_days)]
Points = Annotated[float, Field(gt=0)]


class Until(Frozen):
    """The baseline is the last value up to the day of the first event of this kind, that day included."""

    until: EventName


class OfValue(Level):
    """A condition on the answers to one `item`, or on the scores of one `scale`.

    A value passes if it meets everything that is given: `at_least`, `at_most`, `codes`, `rises_by` and `falls_by`. The
    last two compare it with the value `since` which it changed: the value before it (`last`), the first value of all
    (`baseline`), or the last one until an event. The condition holds if the last value passes; with `in_a_row: 3`, if
    the last three do; with `times: 2` and `of_last: 3`, if two of the last three do. `within` leaves out values that
    are older.
    """

    rises_by: Points | None = None
    falls_by: Points | None = None
    since: Literal["last", "baseline"] | Until | None = None
    in_a_row: int | None = Field(default=None, ge=2, le=MOST)
    times: int | None = Field(default=None, ge=1, le=MOST)
    of_last: int | None = Field(default=None, ge=2, le=MOST)
    within: Elapsed | None = Field(default=None, description="only values that are not older than this")

    @property
    def needed(self) -> tuple[int, int]:
        """How many values must pass, of how many of the last."""
        if self.in_a_row is not None:
            return self.in_a_row, self.in_a_row
        return (self.times, self.of_last) if self.times is not None and self.of_last is not None else (1, 1)

    @model_validator(mode="after")
    def _says_which_values(self) -> Self:
        if not self.has_level and self.rises_by is None and self.falls_by is None:
            raise ValueError("say which values: `at_least`, `at_most`, `codes`, `rises_by` or `falls_by`")
        return self

    @model_validator(mode="after")
    def _change_and_count_are_whole(self) -> Self:
        if self.rises_by is not None and self.falls_by is not None:
            raise ValueError("a value cannot both rise and fall: make two conditions, under `any_of`")
        changes = self.rises_by is not None or self.falls_by is not None
        if changes != (self.since is not None):
            raise ValueError("`rises_by` and `falls_by` go with `since`: last, baseline, or {until: an event}")
        if (self.times is None) != (self.of_last is None):
            raise ValueError("`times` and `of_last` go together: `times: 2, of_last: 3` is two of the last three")
        if self.in_a_row is not None and self.times is not None:
            raise ValueError("give `in_a_row`, or `times` and `of_last`, and not both")
        if self.times is not None and self.of_last is not None and self.times > self.of_last:
            raise ValueError(f"{self.times} times cannot be among the last {self.of_last}")
        return self


class Answered(Frozen):
    """Holds if something of this instrument was answered (`within` the last days or hours, if that is given)."""

    answered: str = Field(description="the instrument")
    within: Elapsed | None = None


class MissedCheckIns(Frozen):
    """Holds if the last check-ins of this assessment ended without any answer: so many `in_a_row`."""

    missed: str = Field(description="the assessment")
    in_a_row: int = Field(default=1, ge=1, le=MOST)


class SilentFor(Frozen):
    """Holds if nothing was answered for so long, although a check-in was missed since the last answer.

    Whoever never answered is silent since the first check-in that they missed.
    """

    silent_for: Elapsed


class InTreatment(Frozen):
    """Holds from the day of the last such event on: `not_before` so many days after it, `within` so many days."""

    event: EventName
    not_before: WholeDays | None = None
    within: WholeDays | None = None

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if self.not_before is not None and self.within is not None and self.not_before.days > self.within.days:
            raise ValueError(f"{self.not_before} comes after {self.within}: on no day are both true")
        return self


class AllOf(Frozen):
    """Holds if all of these do."""

    all_of: tuple["When", ...] = Field(min_length=1)


class AnyOf(Frozen):
    """Holds if at least one of these does."""

    any_of: tuple["When", ...] = Field(min_length=1)


class NotThis(Frozen):
    """Holds if this does not. If nobody knows whether this holds, for want of an answer, its opposite does not hold."""

    inner: "When" = Field(alias="not")


def _one_kind(data: object) -> object:
    if isinstance(data, Frozen):
        return data
    if not isinstance(data, dict):
        raise ValueError("expected a condition such as {instrument: symptom-diary, item: pain, at_least: 7}")
    given = [key for key in KINDS if key in data]
    if len(given) == 1:
        return data
    if given:
        keys = " and ".join(f"`{key}`" for key in given)
        raise ValueError(f"{keys} are conditions of their own: put them into a list under `all_of` or `any_of`")
    near = next((hint for key in data if (hint := did_you_mean(str(key), KINDS)).startswith("; did")), "")
    raise ValueError(f"a condition has one of the keys {', '.join(KINDS)}{near}")


def _kind(data: object) -> str:
    """The class of a condition. Its name is no key of a file, so that the path of a mistake stays readable."""
    if isinstance(data, dict):
        return next((name for key, name in _CLASS_OF.items() if key in data), "OfValue")
    return type(data).__name__ if type(data).__name__ in _CLASS_OF.values() else "OfValue"


_CLASS_OF = dict(
    zip(
        KINDS,
        ("OfValue", "Answered", "MissedCheckIns", "SilentFor", "InTreatment", "AllOf", "AnyOf", "NotThis"),
        strict=True,
    )
)

When = Annotated[
    Annotated[OfValue, Tag("OfValue")]
    | Annotated[Answered, Tag("Answered")]
    | Annotated[MissedCheckIns, Tag("MissedCheckIns")]
    | Annotated[SilentFor, Tag("SilentFor")]
    | Annotated[InTreatment, Tag("InTreatment")]
    | Annotated[AllOf, Tag("AllOf")]
    | Annotated[AnyOf, Tag("AnyOf")]
    | Annotated[NotThis, Tag("NotThis")],
    Discriminator(_kind),
    BeforeValidator(_one_kind),
]
"""A condition as a study file has it."""
Leaf = OfValue | Answered | MissedCheckIns | SilentFor | InTreatment
for _combination in (AllOf, AnyOf, NotThis):
    _combination.model_rebuild()


def parts(when: When) -> tuple[When, ...]:
    """The conditions that a combination is made of; empty for a condition that is none."""
    match when:
        case AllOf():
            return when.all_of
        case AnyOf():
            return when.any_of
        case NotThis():
            return (when.inner,)
        case _:
            return ()


def leaves(when: When) -> Iterator[Leaf]:
    """The conditions inside a condition that are no combinations, in the order of the file."""
    if isinstance(when, Leaf):
        yield when
    for part in parts(when):
        yield from leaves(part)


def silences(when: When) -> Iterator[timedelta]:
    """The lengths of silence that a condition waits for: it may begin to hold without anything having come in."""
    yield from (span(leaf.silent_for) for leaf in leaves(when) if isinstance(leaf, SilentFor))


def span(duration: Duration) -> timedelta:
    """The elapsed time of a duration in days and hours."""
    return timedelta(days=duration.days, seconds=duration.seconds)
