"""Plans participants: compares the stored occasions with what the rules say now, and stores the difference."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pro_collector.domain.events import Event, SurveyDue, SurveyExpired, TimelineChanged
from pro_collector.domain.study import quiet_hours
from pro_collector.domain.study.amendment import PlanInputs
from pro_collector.domain.study.timeline import TreatmentEvent, effective
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, occasions, outbox, participants, tasks, timelines
from pro_collector.postgres.tables.occasions import PLANNED_COLUMNS, LogRow, OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from pro_collector.runtime import Runtime
from scheduler.occasion import Occasion
from scheduler.person import Person, Span
from scheduler.plan import plan
from scheduler.replan import Diff, replan

HORIZON = timedelta(days=400)
"""How far ahead occasions are planned."""
TOGETHER = 50
"""How many participants are loaded in one batch when a whole study is planned."""
EXTEND_BEFORE = timedelta(days=100)
"""How long before the end of a plan it is extended to the horizon again."""

_OCCASION = frozenset(field.name for field in fields(Occasion))


@dataclass(frozen=True, slots=True)
class Planned:
    """A participant with the changes of a new plan, which are not stored yet."""

    person: ParticipantRow
    diff: Diff
    stored: dict[UUID, OccasionRow]
    horizon: datetime
    ended: bool
    """Whether participation has ended by now."""


async def load_plan_inputs(
    tx: Tx, rt: Runtime, people: Iterable[UUID], *, with_events: Sequence[TreatmentRow] = (),
    instead: ParticipantRow | None = None, only_seen: bool = False,
) -> list[tuple[ParticipantRow, PlanInputs, dict[UUID, OccasionRow]]]:  # fmt: skip
    """Lock participants and load everything that a plan depends on; `only_seen`: without locks, for a preview.

    `with_events` are additional treatment events, `instead` is one of the participants after a change.
    """
    take = participants.seen if only_seen else participants.lock
    persons = await take(tx, list(people)) | ({instead.id: instead} if instead else {})
    stored = await occasions.of_participants(tx, list(persons))
    spans = await participants.states(tx, list(persons))
    said = await timelines.history(tx, list(persons))
    found = []
    for person in persons.values():
        study = (await rt.studies.get(tx, person.study, person.study_version)).study
        events = said[person.id] + [event for event in with_events if event.participant_id == person.id]
        timeline = effective([to_fact(event) for event in events], repeating=study.repeating)
        known = tuple(to_occasion(row) for row in stored[person.id])
        inputs = PlanInputs(to_person(person, spans[person.id]), timeline, known)
        found.append((person, inputs, {row.id: row for row in stored[person.id]}))
    return found


async def draw_up(
    tx: Tx, rt: Runtime, people: Iterable[UUID], *, with_events: Sequence[TreatmentRow] = (),
    instead: ParticipantRow | None = None, only_seen: bool = False,
) -> list[Planned]:  # fmt: skip
    """Lock participants (unless `only_seen`), plan them by the present rules, and compare with the stored occasions.

    `with_events` are additional treatment events, `instead` is one of the participants after a change: the result shows
    their effect.
    """
    now = rt.clock.now()
    horizon = now + HORIZON
    found = []
    loaded = await load_plan_inputs(tx, rt, people, with_events=with_events, instead=instead, only_seen=only_seen)
    for person, inputs, rows in loaded:
        rules = await rt.studies.rules(tx, person.study)
        new = plan(rules, inputs.person, inputs.timeline, now, horizon, inputs.occasions)
        ended = new.ended_at is not None and new.ended_at <= now
        found.append(Planned(person, replan(inputs.occasions, new), rows, horizon, ended))
    return found


async def apply(tx: Tx, rt: Runtime, planned: Sequence[Planned], cause: str) -> None:
    """Store the changes: occasions, their agenda entries, and a line in the log of each."""
    now = rt.clock.now()
    moves = await participants.coming_moves(tx, [one.person.id for one in planned], now)
    rows, gone, log, answered = [], [], [], []
    entries: list[Event] = []
    for one in planned:
        for what, occasion in changes(one.diff):
            row = to_row(occasion, one.person, now)
            rows.append(row)
            gone.append(row.id)
            if row.state == "planned":
                entries.append(SurveyDue.of(row, row.due_at))
            log.append(LogRow(row.id, row.participant_id, now, what, _told(what, one, occasion, cause)))
        for occasion in one.diff.stopped:
            row = replace(one.stored[occasion.id], state=_stopped_state(one, occasion), reason="participation_ended")
            await occasions.save(tx, [replace(row, ended_at=now, asked=None)])
            gone.append(row.id)
            log.append(LogRow(row.id, row.participant_id, now, row.state, {"reason": "participation_ended"}))
            if row.state == "partial":
                answered.append(_closed(row, now))
        entries.append(_next_plan(one, moves.get(one.person.id)))
    await occasions.plan(tx, rows)
    await agenda.drop(tx, gone)
    await agenda.drop_for(tx, [one.person.id for one in planned], TimelineChanged.type)  # the new plan has a later end
    await agenda.put(tx, entries)
    await occasions.log(tx, log)
    await outbox.add(tx, answered)
    if ended := [one.person.id for one in planned if one.ended]:
        await tasks.close_tasks_of(tx, ended, "participation ended", now)
    if planned:
        await participants.set_planned_until(tx, [one.person.id for one in planned], planned[0].horizon)


def changes(diff: Diff) -> list[tuple[str, Occasion]]:
    """The occasions that a diff would write, each with the name of the change for the log."""
    ended = [(each.state, each) for each in diff.cancelled]
    return [*((each.state, each) for each in diff.added), *(("moved", each.after) for each in diff.moved), *ended]


def to_person(person: ParticipantRow, spans: Iterable[StateRow]) -> Person:
    """A participant as the planner knows them."""
    return Person(
        id=person.id,
        zone=person.zone,
        enrolled_on=person.enrolled_on,
        birth_date=person.birth_date,
        arm=person.arm,
        site=person.site,
        language=person.language,
        sex=person.sex,
        preferred_time=person.preferred_time,
        quiet=quiet_hours.parse(person.quiet),
        states=tuple(Span(span.kind, span.starts_on, span.ends_on) for span in spans),
    )


def to_occasion(row: OccasionRow) -> Occasion:
    """A stored occasion as the planner knows it.

    An occasion that was open when participation ended is asked again if that end is retracted within its window.
    """
    values: dict[str, Any] = {name: getattr(row, name) for name in _OCCASION}
    if row.state == "cancelled" and row.reason == "participation_ended":
        values["reason"] = "ended"
    return Occasion(**{**values, "instruments": tuple(row.instruments), "reminders": tuple(row.reminders)})


def to_row(occasion: Occasion, person: ParticipantRow, now: datetime) -> OccasionRow:
    """The stored row of a planned occasion; one that cannot be asked ends when it is planned."""
    shared = {name: getattr(occasion, name) for name in PLANNED_COLUMNS if name in _OCCASION}
    return OccasionRow(
        **{
            **shared,
            "instruments": list(occasion.instruments),
            "reminders": list(occasion.reminders),
            "participant_id": person.id,
            "study": person.study,
            "study_version": person.study_version,
            "ended_at": None if occasion.state == "planned" else now,
        }
    )


def to_fact(row: TreatmentRow) -> TreatmentEvent:
    """A stored treatment event as the timeline knows it."""
    return TreatmentEvent(
        row.id, row.root_id, row.kind, row.happened_on, row.recorded_at, row.recorded_by, row.reason, row.retracted
    )


def _next_plan(one: Planned, move: datetime | None) -> TimelineChanged:
    """The event that plans this participant again: before the plan ends, or when they move to another zone."""
    reasons = [(one.horizon - EXTEND_BEFORE, "horizon"), *([(move, "moved")] if move else [])]
    at, cause = min(reasons)
    return TimelineChanged.of(one.person.id, at, cause, one.person.id, at)


def _closed(row: OccasionRow, now: datetime) -> SurveyExpired:
    """The event that has the answers given before participation ended scored, as at the end of a window."""
    return SurveyExpired.of(row, now, "participation_ended")


def _stopped_state(one: Planned, occasion: Occasion) -> Literal["partial", "cancelled"]:
    return "partial" if one.stored[occasion.id].state == "started" else "cancelled"


def _told(what: str, one: Planned, occasion: Occasion, cause: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "cause": cause,
        "anchor": occasion.anchor,
        "anchor_on": occasion.anchor_on.isoformat(),
        "point": occasion.point,
        "due_at": occasion.due_at.isoformat(),
        "due_local": occasion.due_local.isoformat(),
        "zone": occasion.zone,
        "study_version": one.person.study_version,
    }
    if occasion.reason:
        told["reason"] = occasion.reason
    if occasion.moved_by:
        told["moved_by"] = occasion.moved_by
    before = one.stored.get(occasion.id)
    if what == "moved" and before is not None:
        told["from"] = before.due_at.isoformat()
    return told
