"""Which treatment event each record of a group holds, and the statements that make the record say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pro_collector.domain.events import derived_id
from pro_collector.domain.feed.group import FeedVerdict, KindGroup, day_of
from pro_collector.domain.feed.record import TakenRecord


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement about a treatment event that the feed makes: it happened on `on`, or it did not (`retracted`).

    `was`: the date that stood before; None when the event was not in the record.
    """

    participant: UUID
    kind: str
    root: UUID
    on: date
    was: date | None = None
    retracted: bool = False


def holders(group: KindGroup, verdicts: Mapping[UUID, FeedVerdict], participant: UUID) -> dict[UUID, UUID]:
    """The event of each record that has one in the record, as {id of the record: root of the event}.

    An event stays with its record when its date is corrected. An event that its record no longer wants goes to another
    record that says the same, so that nothing that was asked because of it is cancelled.
    """
    wanting = [taken for taken in group.records if verdicts[taken.record.id].wanted]
    by_day = {day: _one_day(group, wanting, day) for day in sorted({day_of(taken) for taken in wanting})}
    held = {taken.record.id: taken.root for taken in by_day.values() if taken.root and group.stands(taken.root)}
    free = [root for root in sorted(group.last, key=str) if group.stands(root) and root not in held.values()]
    for day, taken in by_day.items():
        if taken.record.id not in held:
            root = _freed(group, free, day) or _own(group, taken, set(held.values()), participant)
            held[taken.record.id] = root
            free = [each for each in free if each != root]
    return held


def _one_day(group: KindGroup, wanting: Sequence[TakenRecord], day: date) -> TakenRecord:
    """Of the records that say one day, the one that holds the event: if possible, one that has held it before."""
    here = [taken for taken in wanting if taken.record.on == day]
    return min(here, key=lambda each: (not group.stands(each.root, day), not group.stands(each.root), each.record.id))


def _freed(group: KindGroup, free: Sequence[UUID], day: date) -> UUID | None:
    """An event that no record holds any more, and that stands on this day, or happens only once."""
    return next((root for root in free if group.stands(root, day) or not group.rule.repeats), None)


def _own(group: KindGroup, taken: TakenRecord, held: set[UUID], participant: UUID) -> UUID:
    """The event that a record had before it was retracted, else a new one."""
    if taken.root is not None and taken.root in group.last and taken.root not in held:
        return taken.root
    others = held | {each.root for each in group.records if each.root and each.record.id != taken.record.id}
    made = (derived_id("treatment", participant, group.kind, taken.record.id, n) for n in range(len(others) + 1))
    return next(root for root in made if root not in others and not group.by_person(root))


def statements(group: KindGroup, held: Mapping[UUID, UUID], participant: UUID) -> list[Statement]:
    """What the feed must say so that exactly the events in `held` stand because of it; nothing if they do already."""
    days = {root: day_of(taken) for taken in group.records if (root := held.get(taken.record.id))}
    said = []
    for root in sorted({*days, *(each for each in group.last if group.stands(each))}, key=str):
        was = group.last[root].happened_on if group.stands(root) else None
        on = days.get(root)
        if on is None and was is not None:
            said.append(Statement(participant, group.kind, root, was, was, retracted=True))
        elif on is not None and on != was:
            said.append(Statement(participant, group.kind, root, on, was))
    return said
