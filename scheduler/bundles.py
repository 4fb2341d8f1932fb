"""Surveys of one day become one invitation: which occasions are asked together, and which of them speaks for all."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from scheduler.rules import Reporter, Schedule


class Timed(Protocol):
    """What is needed of an occasion, planned or stored."""

    @property
    def id(self) -> UUID: ...
    @property
    def assessment(self) -> str: ...
    @property
    def reporter(self) -> Reporter: ...
    @property
    def priority(self) -> int: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def due_local(self) -> datetime: ...
    @property
    def opens_at(self) -> datetime: ...
    @property
    def closes_at(self) -> datetime: ...


Each = TypeVar("Each", bound=Timed)
Ways = Mapping[str, str]
"""How each assessment is asked (mode, first channel, quiet hours), as a text; one that is not in it is asked alone."""


def ways_of(schedules: Mapping[str, Schedule]) -> dict[str, str]:
    """How each assessment is asked that may share an invitation."""
    return {name: schedule.way for name, schedule in schedules.items() if schedule.way is not None}


def companions(first: Each, others: Iterable[Each], at: datetime, ways: Ways) -> list[Each]:
    """The occasions that are asked together with `first`, if that is asked at the instant `at`; without `first`.

    They are due on the same local day, for the same reporter, under the same version of the rules as far as the caller
    gives only such; their assessments are asked in the same way, and their windows are open at `at`. Of one assessment,
    one occasion only: the one that is due first.
    """
    way = ways.get(first.assessment)
    if way is None:
        return []
    found: dict[str, Each] = {}
    for each in sorted(others, key=_by_time):
        fits = (each.reporter, each.due_local.date()) == (first.reporter, first.due_local.date())
        if fits and ways.get(each.assessment) == way and each.opens_at <= at < each.closes_at:
            found.setdefault(each.assessment, each)
    return [each for name, each in found.items() if name != first.assessment]


def bundles(occasions: Iterable[Each], ways: Ways) -> list[tuple[Each, ...]]:
    """Every occasion, exactly once: alone, or in the bundle that is asked when its first one is due.

    The bundles are in order of time, and the occasions of each in the order of `in_order`.
    """
    waiting = {each.id: each for each in sorted(occasions, key=_by_time)}
    made = []
    while waiting:
        first = waiting.pop(next(iter(waiting)))
        together = companions(first, waiting.values(), first.due_at, ways)
        for each in together:
            del waiting[each.id]
        made.append(tuple(in_order([first, *together])))
    return made


def in_order(together: Iterable[Each]) -> list[Each]:
    """The occasions of a bundle in the order in which their questions are asked: by priority, 1 first."""
    return sorted(together, key=lambda each: (each.priority, *_by_time(each)))


def speaks_for(together: Iterable[Each]) -> Each:
    """The occasion whose invitation, reminders and window are those of the bundle: the one that closes first."""
    return min(together, key=lambda each: (each.closes_at, each.priority, *_by_time(each)))


def _by_time(occasion: Timed) -> tuple[object, ...]:
    return occasion.due_at, occasion.priority, occasion.assessment, occasion.id
