"""Take treatment records of another system: record what they change, and plan the people again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pro_collector.casework import planning
from pro_collector.commands.record_treatment import store
from pro_collector.domain.events import derived_id
from pro_collector.domain.feed.decide import Decision, FedPerson, FeedRules, FeedStep, decide
from pro_collector.domain.feed.events import Statement
from pro_collector.domain.feed.group import KindRule
from pro_collector.domain.feed.record import TakenRecord, TreatmentRecord, author
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.definition import Study
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import feeds, participants, studies, tasks, timelines
from pro_collector.postgres.tables.feeds import FeedRecordRow, FeedRun
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from pro_collector.runtime import Runtime
from scheduler.replan import Diff

AHEAD = timedelta(days=400)
"""How far ahead a date of a feed may be."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of a study: who reads it now, and how single kinds of event are taken from it."""

    study: str
    name: str
    by: str
    rules: Mapping[str, KindRule] | None = None


@dataclass(frozen=True, slots=True)
class FedChange:
    """What a batch changes for one participant: the statements about the treatment, and the plan.

    `ends`: the event that would end participation, if one of the statements is such an event.
    """

    code: str
    statements: tuple[Statement, ...]
    diff: Diff
    participant: UUID
    ends: str | None = None


@dataclass(frozen=True, slots=True)
class FeedResult:
    """What a batch of records does: a step for each record, in the order of the batch; what changes for whom."""

    steps: tuple[FeedStep, ...]
    changes: tuple[FedChange, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many records were added, corrected, ..."""
        return dict(Counter(step.what for step in self.steps))


async def study_of_feed(tx: Tx, rt: Runtime, study: str) -> Study:
    """The version in force of a study. Raises NotFound."""
    current = await studies.current(tx, study)
    if current is None:
        known = [row.id for row in await studies.all_in_force(tx)]
        raise NotFound(f"no study {study!r} is applied here{did_you_mean(study, known)}")
    return (await rt.studies.get(tx, study, current.version)).study


async def preview_feed(rt: Runtime, feed: Feed, records: Sequence[TreatmentRecord]) -> FeedResult:
    """What taking these records would do. Changes and locks nothing."""
    async with rt.database.snapshot() as tx:
        return (await _look(tx, rt, feed, records, unlocked=True)).result


async def take_feed(rt: Runtime, feed: Feed, records: Sequence[TreatmentRecord], *, counted: bool = True) -> FeedResult:
    """Record what these records change, in one transaction, and plan the people again. Idempotent.

    A conflict with what a person recorded changes nothing and becomes a task, which is closed when both agree.
    `counted`: the batch is a whole reading of the feed, and is listed as one.
    """
    began = rt.clock.now()
    async with rt.database.transaction() as tx:
        await feeds.lock(tx, feed.study, feed.name)
        looked = await _look(tx, rt, feed, records, unlocked=False)
        now = rt.clock.now()
        await store(tx, rt, looked.rows, looked.planned, now)
        task_ids = await _follow_conflicts(tx, feed, looked, now)
        await feeds.remember(tx, feed.study, feed.name, looked.decision.taken, task_ids, now)
        if counted:
            id, counts = derived_id("feed run", feed.study, feed.name, began), looked.result.counts
            await feeds.add_run(tx, FeedRun(id, feed.study, feed.name, began, now, feed.by, None, counts))
    return looked.result


@dataclass(frozen=True, slots=True)
class _Looked:
    """A decision with all that it was made from, and the rows and plans that carry it out."""

    decision: Decision
    remembered: dict[UUID, FeedRecordRow]
    rows: list[TreatmentRow]
    planned: list[planning.PlanChange]
    result: FeedResult


async def _look(tx: Tx, rt: Runtime, feed: Feed, records: Sequence[TreatmentRecord], *, unlocked: bool) -> _Looked:
    """Decide what a batch does, and plan the people whom it changes."""
    now = rt.clock.now()
    study = await study_of_feed(tx, rt, feed.study)
    people = await _people(tx, feed, records, unlocked=unlocked)
    remembered = await feeds.remembered(tx, feed.name, [each.id for each in records], list(people))
    history = await timelines.history(tx, list(people))
    fed = [
        FedPerson(id, person.code, [planning.to_fact(row) for row in history[id]], person.birth_date)
        for id, person in people.items()
    ]
    rules = FeedRules(author(feed.name), _rules(study, feed), now.astimezone(UTC).date() + AHEAD)
    decision = decide(records, [row.taken for row in remembered], fed, rules)
    rows = [_row(each, history[each.participant], feed, now) for each in decision.statements]
    changed = list(dict.fromkeys(row.participant_id for row in rows))
    planned = await planning.compare_plans(tx, rt, changed, with_events=rows, unlocked=unlocked)
    changes = tuple(_change(each, decision.statements, study) for each in planned)
    by_id = {row.id: row for row in remembered}
    return _Looked(decision, by_id, rows, planned, FeedResult(decision.steps, changes))


async def _people(
    tx: Tx, feed: Feed, records: Sequence[TreatmentRecord], *, unlocked: bool
) -> dict[UUID, ParticipantRow]:
    """Everybody whom a batch is about, or was about before; without those who withdrew."""
    codes = {record.code for record in records}
    ids = {row.id for row in await participants.of_study(tx, feed.study) if row.code in codes}
    before = await feeds.remembered(tx, feed.name, [record.id for record in records], [])
    ids |= {row.participant_id for row in before if row.participant_id}
    found = await (participants.load_many if unlocked else participants.lock)(tx, list(ids))
    states = await participants.states(tx, list(found))
    return {id: row for id, row in found.items() if all(state.kind != "withdrew" for state in states[id])}


def _rules(study: Study, feed: Feed) -> dict[str, KindRule]:
    """How each kind of event of the study is taken."""
    special = feed.rules or {}
    return {
        kind: replace(special.get(kind, KindRule(False)), repeats=kind in study.repeating) for kind in study.timeline
    }


def _row(said: Statement, history: Sequence[TreatmentRow], feed: Feed, now: datetime) -> TreatmentRow:
    """The row of a statement. The first about an event has the id of the event."""
    known = any(row.root_id == said.root for row in history)
    derived = derived_id("treatment", said.participant, said.kind, said.on, said.root, said.retracted, now)
    return TreatmentRow(
        derived if known else said.root, said.participant, said.root, said.kind, said.on, now, author(feed.name),
        f"read by {feed.by}", said.retracted, None,
    )  # fmt: skip


def _change(planned: planning.PlanChange, statements: Iterable[Statement], study: Study) -> FedChange:
    theirs = tuple(each for each in statements if each.participant == planned.person.id)
    ends = next((each.kind for each in theirs if each.kind in study.ending and not each.retracted), None)
    return FedChange(planned.person.code, theirs, planned.diff, planned.person.id, ends)


async def _follow_conflicts(tx: Tx, feed: Feed, looked: _Looked, now: datetime) -> dict[UUID, UUID]:
    """A task for each new conflict; the tasks of those that are over are closed. Returns the open tasks by record."""
    before = {id: row.task_id for id, row in looked.remembered.items() if row.task_id}
    ids: dict[UUID, UUID] = {}
    for taken in looked.decision.taken:
        id, task = taken.record.id, before.get(taken.record.id)
        if taken.standing == "conflict" and taken.participant:
            ids[id] = derived_id("task", "feed", id, taken.record.version, taken.why)
            await tasks.add(tx, [_task(ids[id], feed, taken, taken.participant, now)])
        if task and ids.get(id) != task:
            await tasks.mark_done(
                tx, task, "system", "the feed and the record agree, or the feed says another date", now
            )
    return ids


def _task(id: UUID, feed: Feed, taken: TakenRecord, participant: UUID, now: datetime) -> TaskRow:
    record = taken.record
    said = f"{record.kind} was deleted" if record.deleted else f"{record.kind} on {record.on}"
    reason = f"feed {feed.name}: {said}; here: {taken.why}"
    return TaskRow(id, participant, None, "treatment", now, {"reason": reason})


async def missing(rt: Runtime, feed: Feed, records: Sequence[TreatmentRecord], at: datetime) -> list[TreatmentRecord]:
    """A deletion of each record of the feed that a whole reading of its source does not have any more."""
    async with rt.database.transaction() as tx:
        people = [row.id for row in await participants.of_study(tx, feed.study)]
        known = await feeds.remembered(tx, feed.name, [], people)
    have = {record.id for record in records}
    gone = [row.taken.record for row in known if row.id not in have and not row.deleted]
    return [replace(record, deleted=True, on=None, changed_at=max(at, record.changed_at)) for record in gone]
