"""Surveys of one day become one invitation: which occasions are asked together, and which of them speaks for all."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from scheduler.occasion import Occasion

Ways = Mapping[str, str]
"""How each assessment is asked (mode, ladder, quiet hours), as a text. One that is not in it is always asked alone."""


def companions(first: Occasion, others: Iterable[Occasion], at: datetime, ways: Ways) -> list[Occasion]:
    """The occasions that are asked together with `first`, if that is asked at the instant `at`; without `first`.

    They are due on the same local day, for the same reporter, under the same version of the rules as far as the caller
    gives only such; their assessments are asked in the same way, and their windows are open at `at`. Of one assessment,
    one occasion only: the one that is due first.
    """
    way = ways.get(first.assessment)
    if way is None:
        return []
    found: dict[str, Occasion] = {}
    for each in sorted(others, key=_by_time):
        fits = (each.reporter, each.due_local.date()) == (first.reporter, first.due_local.date())
        if fits and ways.get(each.assessment) == way and each.opens_at <= at < each.closes_at:
            found.setdefault(each.assessment, each)
    return [each for name, each in found.items() if name != first.assessment]


def bundles(occasions: Iterable[Occasion], ways: Ways) -> list[tuple[Occasion, ...]]:
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


def in_order(together: Iterable[Occasion]) -> list[Occasion]:
    """The occasions of a bundle in the order in which their questions are asked: by priority, 1 first."""
    return sorted(together, key=lambda each: (each.priority, *_by_time(each)))


def speaks_for(together: Iterable[Occasion]) -> Occasion:
    """The occasion whose invitation, reminders and window are those of the bundle: the one that closes first."""
    return min(together, key=lambda each: (each.closes_at, each.priority, *_by_time(each)))


def _by_time(occasion: Occasion) -> tuple[object, ...]:
    return occasion.due_at, occasion.priority, occasion.assessment, occasion.id
