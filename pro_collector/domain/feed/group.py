"""What the records of one participant about one kind of event say together: which dates the feed wants recorded.

The result depends on the newest version of each record and on what people recorded, never on the order of arrival.
What a person recorded stands; a record that says otherwise is a conflict.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pro_collector.domain.feed.record import Standing, TakenRecord
from pro_collector.domain.study.timeline import TreatmentEvent


@dataclass(frozen=True, slots=True)
class KindRule:
    """How a kind of event is taken from a feed.

    `repeats`: it may happen more than once. `near_days`: a record so many days from an event of its kind that a person
    recorded is a conflict, because it may be the same event. `first_only`: of several records of an event that happens
    once, the first counts, and the later ones are no conflict.
    """

    repeats: bool
    near_days: int = 3
    first_only: bool = False


@dataclass(frozen=True, slots=True)
class FeedVerdict:
    """What becomes of one record. `wanted`: its date belongs into the record because of the feed."""

    standing: Standing
    why: str = ""
    wanted: bool = False


@dataclass(frozen=True, slots=True)
class KindGroup:
    """The records of one participant about one kind, and the last statement about each event of that kind."""

    kind: str
    rule: KindRule
    records: Sequence[TakenRecord]
    last: Mapping[UUID, TreatmentEvent]
    author: str

    def ours(self, root: UUID | None) -> bool:
        """Whether the last word on this event is this feed's."""
        return root is not None and root in self.last and self.last[root].recorded_by == self.author

    def by_person(self, root: UUID | None) -> TreatmentEvent | None:
        """The last statement on this event, if it is not this feed's."""
        return None if root is None or self.ours(root) else self.last.get(root)

    def verdicts(self) -> dict[UUID, FeedVerdict]:
        """What becomes of each record, by its id."""
        found = {taken.record.id: self._alone(taken) for taken in self.records}
        free = [taken for taken in self.records if found[taken.record.id] is None]
        decided = self._repeating(free) if self.rule.repeats else self._once(free)
        return {id: verdict or decided[id] for id, verdict in found.items()}

    def _alone(self, taken: TakenRecord) -> FeedVerdict | None:
        """The verdict on a record that needs no look at the others; else None."""
        said, record = self.by_person(taken.root), taken.record
        if record.deleted:
            stands = said is not None and not said.retracted
            return (
                FeedVerdict("conflict", "deleted by the source, recorded by a person")
                if stands
                else FeedVerdict("deleted")
            )
        if said is None:
            return None
        if said.retracted:
            return FeedVerdict("conflict", "retracted by a person")
        return _compared(record.on, [said.happened_on])

    def _of_people(self) -> list[TreatmentEvent]:
        """The events of this kind that people recorded and that stand."""
        return [each for root, each in self.last.items() if not self.ours(root) and not each.retracted]

    def _once(self, free: Sequence[TakenRecord]) -> dict[UUID, FeedVerdict]:
        typed = [each.happened_on for each in self._of_people()]
        if typed:
            return {taken.record.id: _compared(taken.record.on, typed) for taken in free}
        first = min((day_of(taken) for taken in free), default=None)
        late = (
            FeedVerdict("same") if self.rule.first_only else FeedVerdict("conflict", f"the feed has it on {first} too")
        )
        return {
            taken.record.id: FeedVerdict("standing", wanted=True) if taken.record.on == first else late
            for taken in free
        }

    def _repeating(self, free: Sequence[TakenRecord]) -> dict[UUID, FeedVerdict]:
        days = {day_of(taken) for taken in free}
        bound = {taken.root for taken in self.records}
        typed = {each.happened_on for each in self._of_people()}
        unmatched = {each.happened_on for each in self._of_people() if each.root_id not in bound} - days
        verdicts = {}
        for taken in free:
            day = day_of(taken)
            near = sorted(each for each in unmatched if abs((each - day).days) <= self.rule.near_days)
            if day in typed:
                verdicts[taken.record.id] = FeedVerdict("same")
            elif near:
                verdicts[taken.record.id] = _compared(day, near)
            else:
                verdicts[taken.record.id] = FeedVerdict("standing", wanted=True)
        return verdicts

    def stands(self, root: UUID | None, on: date | None = None) -> bool:
        """Whether an event stands because of this feed, on a given day if one is given."""
        if root is None or not self.ours(root) or self.last[root].retracted:
            return False
        return on is None or self.last[root].happened_on == on


def day_of(taken: TakenRecord) -> date:
    """The date of a record that is not deleted."""
    assert taken.record.on is not None  # noqa: S101  # only a deleted record has no date
    return taken.record.on


def _compared(on: date | None, typed: Iterable[date]) -> FeedVerdict:
    days = sorted(typed)
    return (
        FeedVerdict("same") if on in days else FeedVerdict("conflict", f"a person recorded {', '.join(map(str, days))}")
    )
