"""Record, correct or retract an event of a treatment; a dry run shows how the plan would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework import planning
from pro_collector.casework.confirming import check_confirmed
from pro_collector.domain.events import TimelineChanged, derived_id
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.timeline import believed, doubt, refusal
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import outbox, participants, studies, timelines
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from pro_collector.runtime import Runtime
from scheduler.anchors import ENROLMENT
from scheduler.displaced import displaced
from scheduler.occasion import Occasion
from scheduler.replan import Diff


@dataclass(frozen=True, slots=True)
class TreatmentChange:
    """A treatment event and the changes of the plan, which are stored unless it is a dry run.

    `ends`: the event ends participation. `doubt`: why a person should confirm its date, if something is unusual.
    `displaced`: what was asked for another day than the event has now; `set_apart` can have it asked on the right day.
    """

    row: TreatmentRow
    diff: Diff
    ends: bool = False
    doubt: str | None = None
    displaced: Sequence[Occasion] = ()


async def find_participant(tx: Tx, code: str, study: str | None, *, locked: bool = False) -> ParticipantRow:
    """The participant with a code. Raises NotFound, or Conflict when several studies have that code.

    `locked`: lock the row until the transaction ends. Read the data for a decision only after that.
    """
    people = await participants.by_code(tx, study, code, locked=locked)
    if not people:
        known = [row.code for one in await studies.all_in_force(tx) for row in await participants.of_study(tx, one.id)]
        raise NotFound(f"no participant {code!r}{did_you_mean(code, known)}")
    if len(people) > 1:
        raise Conflict(f"{code} is in several studies ({', '.join(row.study for row in people)}): say --study")
    return people[0]


async def record_event(
    rt: Runtime, code: str, kind: str, on: date, *, by: str, study: str | None = None, reason: str = "",
    at: time | None = None, dry_run: bool = False, confirmed: str | None = None,
) -> TreatmentChange:  # fmt: skip
    """Record that an event happened on a date, and `at` which local time. Raises NotFound, BadInput or Conflict.

    `confirmed`: the fingerprint of the changes that somebody was shown; if there are others, it raises Outdated.
    The enrolment is refused: a second enrolment date would override the one in the record.
    """
    if kind == ENROLMENT:
        advice = f"the day of enrolment is changed with: pro-collector participant change {code} enrolled_on {on}"
        raise BadInput([Problem("", None, "kind", advice)])
    return await _record(
        rt, code, study, kind, None, on, by, reason, at=at, retracted=False, dry_run=dry_run, confirmed=confirmed
    )


async def correct(
    rt: Runtime, code: str, kind: str, was: date, on: date | None, *, by: str, reason: str, study: str | None = None,
    at: time | None = None, dry_run: bool = False, confirmed: str | None = None,
) -> TreatmentChange:  # fmt: skip
    """Correct the date of the event recorded on `was` to `on`, or retract the event (`on` None).

    Without `at` the time of day stays as it is recorded. `confirmed`: as for `record_event`.
    """
    gone = on is None
    return await _record(
        rt, code, study, kind, was, on or was, by, reason, at=at, retracted=gone, dry_run=dry_run, confirmed=confirmed
    )


async def _record(
    rt: Runtime, code: str, study: str | None, kind: str, was: date | None, on: date, by: str, reason: str, *,
    at: time | None, retracted: bool, dry_run: bool, confirmed: str | None,
) -> TreatmentChange:  # fmt: skip
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study, locked=True)
        version = await rt.studies.get(tx, person.study, person.study_version)
        if kind not in version.study.timeline:
            near = did_you_mean(kind, version.study.timeline)
            known = ", ".join(version.study.timeline)
            raise BadInput([Problem(person.study, None, "kind", f"no event {kind!r}{near}; the study has {known}")])
        history = (await timelines.history(tx, [person.id]))[person.id]
        root = _root(history, kind, was, on, code)
        id = derived_id("treatment", person.id, kind, on, root, retracted, now)
        clock = at or _time_of(history, root)
        row = TreatmentRow(id, person.id, root or id, kind, on, now, by, reason, retracted, None, clock)
        fact, facts = planning.to_fact(row), [planning.to_fact(each) for each in history]
        refused = refusal(facts, fact, version.study.repeating, person.birth_date)
        if refused:
            raise Conflict(f"{code}: {refused}")
        planned = await planning.compare_plans(tx, rt, [person.id], with_events=[row])
        check_confirmed(planned[0].diff, confirmed, now)
        if not dry_run:
            await store(tx, rt, [row], planned, now)
        ends = kind in version.study.ending and not retracted
        unusual = doubt(fact, now.astimezone(ZoneInfo(person.zone)).date())
        timeline = planning.timeline_of(version.study, [*history, row], (), person.zone)
        moved = [each for each in displaced(planned[0].diff.kept, timeline) if each.anchor == kind]
        return TreatmentChange(row, planned[0].diff, ends, unusual, moved)


async def store(
    tx: Tx, rt: Runtime, rows: Sequence[TreatmentRow], planned: Sequence[planning.PlanChange], now: datetime
) -> None:
    """Store statements about treatments and the new plans in one transaction, and publish that timelines changed.

    `rows`: each person's in the order in which they are to be recorded. `planned`: one plan for each of these people.
    """
    changes = []
    for row in rows:
        before = await timelines.record(tx, row)
        after = None if row.retracted else row.happened_on
        event = TimelineChanged.of(row.participant_id, now, row.kind, row.id)
        changes.append(event.saying(row.root_id, "treatment", before, after))
    for change in planned:
        kinds = dict.fromkeys(row.kind for row in rows if row.participant_id == change.person.id)
        await planning.apply(tx, rt, [change], ", ".join(kinds))
    await outbox.add(tx, changes)


def _time_of(history: Sequence[TreatmentRow], root: UUID | None) -> time | None:
    """The time of day that was last recorded of an event."""
    said = (row.happened_time for row in sorted(history, key=lambda each: each.recorded_at) if row.root_id == root)
    return next((time for time in reversed(list(said))), None)


def _root(history: Sequence[TreatmentRow], kind: str, was: date | None, on: date, code: str) -> UUID | None:
    """The id of the first record of this event; None for a new one. A retracted event added again keeps its id."""
    if was is None:
        last = {row.root_id: row for row in sorted(history, key=lambda each: each.recorded_at)}
        retracted = (row for row in last.values() if row.retracted and (row.kind, row.happened_on) == (kind, on))
        return next((row.root_id for row in retracted), None)
    standing = [event for event in believed([planning.to_fact(row) for row in history]) if event.kind == kind]
    for event in standing:
        if event.happened_on == was:
            return event.root_id
    known = ", ".join(str(event.happened_on) for event in standing) or "none"
    raise NotFound(f"{code} has no {kind} on {was}; recorded: {known}")
