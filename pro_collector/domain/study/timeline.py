"""Treatment events as bitemporal facts: when it was so in the patient's life, and when, by whom and why it was said.

Identity. The first record of a happening is its *root*; a correction or a retraction is a new record with the same
root. Schedules hang on the root (`Anchor.key`), never on the date or on the number: a corrected date, a forgotten
cycle found later, or a retraction that is taken back renames no occasion. A kind that happens once has no root in its
key at all, so even a retracted and newly recorded surgery keeps its occasions.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from scheduler.anchors import Anchor, Timeline


@dataclass(frozen=True, slots=True)
class TreatmentEvent:
    """One record of one happening. `root_id` is the id of its first record (its own, if this is the first).

    `happened_on` is a date in the patient's life; `recorded_at` an aware instant. A retracted record says that it
    did not happen.
    """

    id: UUID
    root_id: UUID
    kind: str
    happened_on: date
    recorded_at: datetime
    recorded_by: str = ""
    reason: str = ""
    retracted: bool = False

    @property
    def first(self) -> bool:
        """Whether this record is the first of its happening."""
        return self.id == self.root_id


def believed(events: Iterable[TreatmentEvent], as_of: datetime | None = None) -> list[TreatmentEvent]:
    """What was held to be true at `as_of` (now, if None): the last record of each happening, unless retracted.

    In order of date. Two records of one happening at one instant count in the order given.
    """
    last: dict[UUID, TreatmentEvent] = {}
    for event in sorted(events, key=lambda each: each.recorded_at):
        if as_of is None or event.recorded_at <= as_of:
            last[event.root_id] = event
    standing = [event for event in last.values() if not event.retracted]
    return sorted(standing, key=lambda each: (each.happened_on, each.kind, str(each.root_id)))


def effective(
    events: Iterable[TreatmentEvent], as_of: datetime | None = None, *, repeating: Collection[str]
) -> Timeline:
    """The timeline the planner is given, as believed at `as_of`; `repeating` are the kinds that may happen again.

    An anchor's `recorded_at` is that of its first record: from then on its schedules could have been known.
    """
    records = list(events)
    first: dict[UUID, datetime] = {}
    for event in records:
        first[event.root_id] = min(event.recorded_at, first.get(event.root_id, event.recorded_at))
    return Timeline.of(
        Anchor(
            event.kind,
            event.happened_on,
            key=str(event.root_id) if event.kind in repeating else "",
            recorded_at=first[event.root_id],
        )
        for event in believed(records, as_of)
    )


def refusal(events: Iterable[TreatmentEvent], new: TreatmentEvent, repeating: Collection[str]) -> str | None:
    """Why a new record contradicts what is believed, or None if it may be recorded.

    A kind that happens once cannot happen twice; a repeating one not twice on one day; a correction or retraction
    needs a happening of its kind to speak about.
    """
    records = list(events)
    same_root = [event for event in records if event.root_id == new.root_id]
    if not new.first and not same_root:
        return f"there is no recorded {new.kind} with this id to correct"
    if any(event.kind != new.kind for event in same_root):
        return f"this was recorded as {same_root[0].kind}; retract it and add {new.kind} instead"
    if new.retracted:
        return None
    if not 1900 <= new.happened_on.year <= 2200:
        return f"{new.happened_on} is no date of anybody's treatment"
    others = [event for event in believed(records) if event.kind == new.kind and event.root_id != new.root_id]
    if others and new.kind not in repeating:
        return f"{new.kind} happens once and is recorded on {others[0].happened_on}: correct that date, or retract it"
    if any(event.happened_on == new.happened_on for event in others):
        return f"a {new.kind} on {new.happened_on} is recorded already"
    return None
