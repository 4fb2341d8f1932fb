"""What a batch of treatment records does to the record: the one function that every feed asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from uuid import UUID

from pro_collector.domain.feed.events import Statement, holders, statements
from pro_collector.domain.feed.group import FeedVerdict, KindGroup, KindRule
from pro_collector.domain.feed.record import TakenRecord, TreatmentRecord
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.timeline import TreatmentEvent

What = Literal["add", "correct", "retract", "unchanged", "conflict", "unknown", "unreadable"]


@dataclass(frozen=True, slots=True)
class FedPerson:
    """A participant, with every statement about their treatment in the order of recording."""

    id: UUID
    code: str
    events: Sequence[TreatmentEvent]
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class FeedRules:
    """Who the feed records as, the rule of each kind that the study has, and the last date that is taken."""

    author: str
    kinds: Mapping[str, KindRule]
    latest: date


@dataclass(frozen=True, slots=True)
class FeedStep:
    """What happens because of one record of the batch. `was`: the date that stood before."""

    record: TreatmentRecord
    what: What
    why: str = ""
    was: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a batch does: a step for each record, the statements to record, and what is to be remembered.

    A statement may follow from a record outside the batch: of two records that said the same, the other now holds it.
    """

    steps: tuple[FeedStep, ...]
    statements: tuple[Statement, ...]
    taken: tuple[TakenRecord, ...]


def decide(
    batch: Iterable[TreatmentRecord], taken: Iterable[TakenRecord], people: Iterable[FedPerson], rules: FeedRules
) -> Decision:
    """What a batch of records does to the record.

    `taken`: what is remembered of the records of the batch and of all records of these `people`. `people`: everybody
    with a code of the batch, and everybody to whom a record of the batch belonged before. The end is the same in
    whatever order, and however often, the versions of the records arrive.
    """
    by_code = {person.code: person for person in people}
    before = {each.record.id: each for each in taken}
    read = [_checked(_completed(record, before.get(record.id)), by_code, rules) for record in batch]
    newest = _newest([*(each.record for each in before.values()), *read])
    after: dict[UUID, TakenRecord] = {}
    said: list[Statement] = []
    for person in by_code.values():
        remembered, stated = _of_person(person, newest.values(), before, rules)
        after |= remembered
        said += stated
    for id, record in newest.items():
        if record.code not in by_code:
            after[id] = TakenRecord(record, None, "deleted" if record.deleted else "unknown")
    changed = tuple(each for id, each in after.items() if before.get(id) != each)
    steps = tuple(_step(record, newest, after, said) for record in read)
    return Decision(steps, tuple(sorted(said, key=_order)), changed)


def _completed(record: TreatmentRecord, before: TakenRecord | None) -> TreatmentRecord:
    """A deletion with the code and the kind that the record had: some sources only say which record it was."""
    if not record.deleted or before is None or (record.code and record.kind):
        return record
    return replace(record, code=record.code or before.record.code, kind=record.kind or before.record.kind)


def _newest(versions: Iterable[TreatmentRecord]) -> dict[UUID, TreatmentRecord]:
    """The newest readable version of each record, by its id."""
    readable = (record for record in versions if not record.unreadable)
    return {record.id: record for record in sorted(readable, key=lambda each: each.version)}


def _checked(record: TreatmentRecord, people: Mapping[str, FedPerson], rules: FeedRules) -> TreatmentRecord:
    """The record; with the reason if it cannot be taken."""
    why = record.unreadable
    if not why and record.kind not in rules.kinds and (record.kind or not record.deleted):
        why = f"the study has no event {record.kind!r}{did_you_mean(record.kind, rules.kinds)}"
    if not why and not record.deleted:
        born = people[record.code].birth_date if record.code in people else None
        why = _date_problem(record.on, born or date(1900, 1, 1), rules.latest)
    return replace(record, unreadable=why)


def _date_problem(on: date | None, first: date, last: date) -> str:
    if on is None:
        return "it has no date"
    if on < first:
        return f"{on} is before they were born" if first.year > 1900 else f"{on} is no date of anybody's treatment"
    return f"{on} is more than a year ahead" if on > last else ""


def _of_person(
    person: FedPerson, newest: Iterable[TreatmentRecord], before: Mapping[UUID, TakenRecord], rules: FeedRules
) -> tuple[dict[UUID, TakenRecord], list[Statement]]:
    """What is remembered of the records of one person, and the statements that the feed makes about them."""
    theirs = [record for record in newest if record.code == person.code]
    last: dict[UUID, TreatmentEvent] = {}
    for event in sorted(person.events, key=lambda each: each.recorded_at):
        last[event.root_id] = event
    remembered: dict[UUID, TakenRecord] = {}
    said: list[Statement] = []
    for kind, rule in rules.kinds.items():
        of_kind = {root: event for root, event in last.items() if event.kind == kind}
        records = [_held(record, before.get(record.id), person.id, of_kind) for record in theirs if record.kind == kind]
        group = KindGroup(kind, rule, records, of_kind, rules.author)
        verdicts = group.verdicts()
        held = holders(group, verdicts, person.id)
        said += statements(group, held, person.id)
        remembered |= {each.record.id: _remembered(each, verdicts, held) for each in records}
    return remembered, said


def _held(
    record: TreatmentRecord, before: TakenRecord | None, participant: UUID, last: Mapping[UUID, TreatmentEvent]
) -> TakenRecord:
    """A record with the event that it had, if that is an event of this participant and kind."""
    root = before.root if before and before.root in last else None
    return TakenRecord(record, participant, "standing", root)


def _remembered(taken: TakenRecord, verdicts: Mapping[UUID, FeedVerdict], held: Mapping[UUID, UUID]) -> TakenRecord:
    """A record with what became of it, and the event that it holds or had."""
    id, verdict = taken.record.id, verdicts[taken.record.id]
    kept = None if taken.root in held.values() else taken.root
    return replace(taken, standing=verdict.standing, why=verdict.why, root=held.get(id, kept))


def _step(
    record: TreatmentRecord, newest: Mapping[UUID, TreatmentRecord], after: Mapping[UUID, TakenRecord],
    said: Sequence[Statement],
) -> FeedStep:  # fmt: skip
    """What happens because of a record of the batch."""
    if record.unreadable:
        return FeedStep(record, "unreadable", record.unreadable)
    if newest[record.id].version != record.version:
        return FeedStep(record, "unchanged", "a newer version is known")
    taken = after[record.id]
    if taken.participant is None:
        if record.deleted:
            return FeedStep(record, "unchanged")
        return FeedStep(record, "unknown", "nobody takes part under this code")
    if taken.standing == "conflict":
        return FeedStep(record, "conflict", taken.why)
    stated = next((each for each in said if each.root == taken.root), None) if taken.root else None
    if stated is None:
        return FeedStep(record, "unchanged")
    if stated.retracted:
        return FeedStep(record, "retract", was=stated.was)
    return FeedStep(record, "correct", was=stated.was) if stated.was else FeedStep(record, "add")


def _order(statement: Statement) -> tuple[object, ...]:
    """Retractions first, then corrections, then what is new; each by date."""
    return not statement.retracted, statement.was is None, statement.participant, statement.on, statement.root
