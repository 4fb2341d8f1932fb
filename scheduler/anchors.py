"""The events that schedules count from. An anchor keeps its identity when its date is corrected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Literal

from scheduler.values import Reporter

ENROLMENT = "enrolment"
TRIGGER = "trigger"
"""The anchor kind of a schedule that answers trigger. No event of a timeline has this name."""
UNSCHEDULED = "unscheduled"
"""The anchor kind of an occasion that no schedule planned: asked by hand, or set apart. No event has this name."""
EndedBy = Literal["recovered", "answer_corrected", "triggered_again"]


@dataclass(frozen=True, slots=True)
class Ended:
    """From this instant on, nothing more is asked after an anchor, and why."""

    at: datetime
    by: EndedBy


@dataclass(frozen=True, slots=True)
class Anchor:
    """One event that schedules count from.

    `n` numbers the events of its kind by date, from 1. It is shown ("cycle 3") and changes when an earlier event is
    recorded later. `key` is the identity: empty for an event that happens once, else the id of the *first* record of
    this event. Occasion ids are made from `key`, so they stay the same if a date is corrected or a cycle is added.
    `expected`: it has not happened, and its date is provisional. `at` is the local time of day, if it is known.
    `reporter` is whose answers it consists of, and `ended` when its series was ended; both only for a TRIGGER.
    """

    kind: str
    on: date
    n: int = 1
    key: str = ""
    recorded_at: datetime | None = None
    expected: bool = False
    at: time | None = None
    reporter: Reporter | None = None
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The anchors of one participant, in order of date, and those that are only expected, one of a kind.

    `triggered` has, by assessment, the check-ins whose answers triggered it, in order of time.
    """

    anchors: tuple[Anchor, ...] = ()
    expected: tuple[Anchor, ...] = ()
    triggered: Mapping[str, tuple[Anchor, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, anchors: Iterable[Anchor], triggered: Mapping[str, tuple[Anchor, ...]] | None = None) -> "Timeline":
        """A timeline of anchors given in any order: sorted by date, and numbered within each kind."""
        counts: dict[str, int] = {}
        numbered = []
        for anchor in sorted(anchors, key=lambda anchor: (anchor.on, anchor.kind, anchor.key)):
            n = counts[anchor.kind] = counts.get(anchor.kind, 0) + 1
            numbered.append(replace(anchor, n=n))
        return cls(tuple(numbered), triggered=triggered or {})

    def kind(self, kind: str) -> tuple[Anchor, ...]:
        """Every anchor of one kind, by date."""
        return tuple(anchor for anchor in self.anchors if anchor.kind == kind)

    def first(self, kind: str, after: date, or_on: bool) -> Anchor | None:
        """The first anchor of a kind after the day `after`, or on that day if `or_on`; None if there is none.

        The date of an anchor that happens only once does not matter.
        """
        for anchor in self.anchors:
            if anchor.kind == kind and (not anchor.key or anchor.on > after or (or_on and anchor.on == after)):
                return anchor
        return None
