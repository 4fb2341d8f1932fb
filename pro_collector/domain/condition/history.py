"""What is known of one person at an instant: answers, scores, check-ins that ended, treatment, in order of time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Literal, NamedTuple

from scheduler.rules import Reporter

ItemOrScale = Literal["item", "scale"]


@dataclass(frozen=True, slots=True)
class Valued:
    """One answer to an item, or one score: `at` is when it was given, `known_at` when we knew it.

    A correction is another value of the same occasion and name that became known later; None says that there is none.
    """

    occasion: str
    instrument: str
    kind: ItemOrScale
    name: str
    value: float | str | None
    at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class CheckInEnded:
    """One check-in that took its last answer, or that ended without any (`answered` is false)."""

    occasion: str
    assessment: str
    answered: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """One record of a treatment event: believed from `known_at` until it was replaced, if it was."""

    kind: str
    on: date
    known_at: datetime
    replaced_at: datetime | None = None


class Evidence(NamedTuple):
    """What a result rests on: an occasion, and when we knew of it."""

    known_at: datetime
    occasion: str


@dataclass(frozen=True)
class History:
    """All that one reporter said of one person, and the person's treatment. Instants are aware; rows in any order."""

    values: tuple[Valued, ...] = ()
    ended: tuple[CheckInEnded, ...] = ()
    happened: tuple[Happened, ...] = ()
    zone: tzinfo = field(default=UTC)

    def known(self, at: datetime) -> "History":
        """What was known at an instant, oldest first; of a value that was corrected, the correction."""
        ended = sorted((each for each in self.ended if each.at <= at), key=lambda each: (each.at, each.occasion))
        happened = (each for each in self.happened if each.known_at <= at and not _replaced(each, at))
        return History(
            _current(each for each in self.values if each.known_at <= at),
            tuple(ended),
            tuple(sorted(happened, key=lambda each: (each.on, each.kind))),
            self.zone,
        )

    def until(self, at: datetime) -> "History":
        """What was given and ended by an instant, corrections included that became known later; treatment as it is."""
        values = tuple(each for each in self.values if each.at <= at)
        return History(values, tuple(each for each in self.ended if each.at <= at), self.happened, self.zone)

    def series(self, instrument: str, kind: ItemOrScale, name: str) -> Sequence[Valued]:
        """The values of one item or scale, in the order of the rows."""
        return self._series.get((instrument, kind, name), ())

    @cached_property
    def _series(self) -> Mapping[tuple[str, str, str], Sequence[Valued]]:
        series: dict[tuple[str, str, str], list[Valued]] = {}
        for value in self.values:
            series.setdefault((value.instrument, value.kind, value.name), []).append(value)
        return series

    def day(self, at: datetime) -> date:
        """The person's local date at an instant."""
        return at.astimezone(self.zone).date()

    def day_of(self, evidence: Evidence) -> date:
        """The local day on which an occasion was answered; of one without an answer, the day on which that counted."""
        given = (each.at for each in self.values if each.occasion == evidence.occasion)
        return self.day(max(given, default=evidence.known_at))

    @property
    def silence(self) -> tuple[Evidence | None, Sequence[CheckInEnded]]:
        """The last answer, if there is one, and the check-ins that were missed since, oldest first.

        It counts when it was given, and also if it was taken back afterwards.
        """
        spoken = [Evidence(each.at, each.occasion) for each in self.values]
        spoken += [Evidence(each.at, each.occasion) for each in self.ended if each.answered]
        last = max(spoken, default=None)
        missed = [each for each in self.ended if not each.answered and (last is None or each.at > last.known_at)]
        return last, sorted(missed, key=lambda each: (each.at, each.occasion))

    def silent_at(self, lengths: Iterable[timedelta]) -> frozenset[datetime]:
        """The instants at which somebody may have been silent for so long."""
        begins = {each.at for each in self.values} | {each.at for each in self.ended}
        return frozenset(at + length for at in begins for length in lengths)

    @property
    def arrivals(self) -> tuple[datetime, ...]:
        """The instants at which something became known, in order, each once; treatment alone is none."""
        return tuple(sorted({each.known_at for each in self.values} | {each.at for each in self.ended}))

    def moments_of(self, occasion: str) -> frozenset[datetime]:
        """The instants at which something of one occasion became known."""
        values = {each.known_at for each in self.values if each.occasion == occasion}
        return frozenset(values | {each.at for each in self.ended if each.occasion == occasion})


def histories(
    values: Mapping[Reporter, Sequence[Valued]],
    ended: Mapping[Reporter, Sequence[CheckInEnded]],
    happened: Sequence[Happened],
    zone: tzinfo,
) -> dict[Reporter, History]:
    """The history of each reporter of one person, from rows by reporter; all have the same treatment."""
    return {
        reporter: History(tuple(values.get(reporter, ())), tuple(ended.get(reporter, ())), tuple(happened), zone)
        for reporter in {*values, *ended}
    }


def _replaced(event: Happened, at: datetime) -> bool:
    return event.replaced_at is not None and event.replaced_at <= at


def _current(values: Iterable[Valued]) -> tuple[Valued, ...]:
    last: dict[tuple[str, str, str, str], Valued] = {}
    for value in sorted(values, key=lambda each: each.known_at):
        last[value.occasion, value.instrument, value.kind, value.name] = value
    there = (value for value in last.values() if value.value is not None)
    return tuple(sorted(there, key=lambda each: (each.at, each.occasion, each.instrument, each.name)))
