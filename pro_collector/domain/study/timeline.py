"""Treatment events as bitemporal facts: when each happened to the patient, and when, by whom and why it was recorded.

Identity. The first record of an event is its *root*; a correction or a retraction is a new record with the same root.
Schedules depend on the root (`Anchor.key`), never on the date or the number. So no occasion gets another id when a
date is corrected, a forgotten cycle is recorded later, or a retraction is reversed. The key of a kind that happens once
has no root, so even a surgery that is retracted and recorded again keeps its occasions.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from scheduler.anchors import Anchor, Timeline

_PLANNED_AHEAD = timedelta(days=366)
"""How far ahead an appointment may lie without a question."""


@dataclass(frozen=True, slots=True)
class TreatmentEvent:
    """One record of one event. `root_id` is the id of the first record of the event (its own id, if this is the first).

    `happened_on` is a date in the patient's life, and `happened_time` the local time of day, if it is known;
    `recorded_at` is an aware instant. A retracted record says that the
    event did not happen.
    """

    id: UUID
    root_id: UUID
    kind: str
    happened_on: date
    recorded_at: datetime
    recorded_by: str = ""
    reason: str = ""
    retracted: bool = False
    happened_time: time | None = None

    @property
    def first(self) -> bool:
        """Whether this is the first record of its event."""
        return self.id == self.root_id


def believed(events: Iterable[TreatmentEvent], as_of: datetime | None = None) -> list[TreatmentEvent]:
    """The events believed at `as_of` (now, if None): the last record of each event, unless it is a retraction.

    The result is in order of date. If two records of one event have the same instant, the later in the input wins.
    """
    last: dict[UUID, TreatmentEvent] = {}
    for event in sorted(events, key=lambda each: each.recorded_at):
        if as_of is None or event.recorded_at <= as_of:
            last[event.root_id] = event
    kept = [event for event in last.values() if not event.retracted]
    return sorted(kept, key=lambda each: (each.happened_on, each.kind, str(each.root_id)))


def effective(
    events: Iterable[TreatmentEvent], as_of: datetime | None = None, *, repeating: Collection[str]
) -> Timeline:
    """The timeline for the planner, as believed at `as_of`. `repeating` has the kinds that may happen again.

    The `recorded_at` of an anchor is that of its first record, because the study has known its schedules since then.
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
            at=event.happened_time,
        )
        for event in believed(records, as_of)
    )


def refusal(
    events: Iterable[TreatmentEvent], new: TreatmentEvent, repeating: Collection[str], born: date | None = None
) -> str | None:
    """Why a new record contradicts the events believed now, or None if it may be recorded.

    A kind that happens once cannot be recorded twice, a repeating kind not twice on one day. A correction or a
    retraction needs an existing event of the same kind. Nothing happens before the day on which the patient was `born`.
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
    if born is not None and new.happened_on < born:
        return f"{new.happened_on} is before the birth date on record"
    others = [event for event in believed(records) if event.kind == new.kind and event.root_id != new.root_id]
    if others and new.kind not in repeating:
        return f"{new.kind} happens once and is recorded on {others[0].happened_on}: correct that date, or retract it"
    if any(event.happened_on == new.happened_on for event in others):
        return f"a {new.kind} on {new.happened_on} is recorded already"
    return None


def doubt(new: TreatmentEvent, today: date) -> str | None:
    """Why a person should confirm the date of a new record; None if nothing about it is unusual."""
    if new.retracted or new.happened_on <= today + _PLANNED_AHEAD:
        return None
    return f"{new.happened_on} is more than a year ahead"
