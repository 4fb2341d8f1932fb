"""The events that schedules count from. An anchor keeps its identity when its date is corrected."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One event that schedules count from.

    `n` numbers the events of its kind by date, from 1. It is shown ("cycle 3") and changes when an earlier event is
    recorded later. `key` is the identity: empty for an event that happens once, else the id of the *first* record of
    this event. Occasion ids are made from `key`, so they stay the same if a date is corrected or a cycle is added.
    `expected`: it has not happened, and its date is provisional.
    """

    kind: str
    on: date
    n: int = 1
    key: str = ""
    recorded_at: datetime | None = None
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The anchors of one participant, in order of date, and those that are only expected, one of a kind."""

    anchors: tuple[Anchor, ...] = ()
    expected: tuple[Anchor, ...] = ()

    @classmethod
    def of(cls, anchors: Iterable[Anchor]) -> "Timeline":
        """A timeline of anchors given in any order: sorted by date, and numbered within each kind."""
        counts: dict[str, int] = {}
        numbered = []
        for anchor in sorted(anchors, key=lambda anchor: (anchor.on, anchor.kind, anchor.key)):
            n = counts[anchor.kind] = counts.get(anchor.kind, 0) + 1
            numbered.append(Anchor(anchor.kind, anchor.on, n, anchor.key, anchor.recorded_at))
        return cls(tuple(numbered))

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
