"""The event that is expected next: a provisional anchor at the usual pace, until the real one is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from scheduler.anchors import Anchor, Timeline
from scheduler.duration import Duration, add_calendar
from scheduler.event_choice import Choice, day_of

EXPECTED = "expected/"
"""The keys of expected anchors begin with it."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Events of a kind follow each other at a pace; none is expected from the day of the event `until` on."""

    every: Duration
    until: Choice | None = None


def with_expected(timeline: Timeline, expectations: Mapping[str, Expectation]) -> Timeline:
    """The timeline with the next event of each of these kinds, counted from the last one that is recorded."""
    if not expectations:
        return timeline
    expected = (_next(kind, timeline, expectation) for kind, expectation in expectations.items())
    return replace(timeline, expected=tuple(each for each in expected if each is not None))


def _next(kind: str, timeline: Timeline, expectation: Expectation) -> Anchor | None:
    recorded = timeline.kind(kind)
    if not recorded:
        return None
    last = recorded[-1]
    on = add_calendar(last.on, expectation.every)
    ends = None if expectation.until is None else day_of(expectation.until, timeline, last, ends=False)
    if ends is not None and ends <= on:
        return None
    return Anchor(kind, on, last.n + 1, EXPECTED + last.key, expected=True)


def overdue(timeline: Timeline, expectations: Mapping[str, Expectation], today: date) -> tuple[Anchor, ...]:
    """The events that were expected before `today` and are not recorded."""
    return tuple(anchor for anchor in with_expected(timeline, expectations).expected if anchor.on < today)
