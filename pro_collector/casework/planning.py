"""Plans participants: compares the stored occasions with what the rules say now, and stores the difference."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from uuid import UUID

from pro_collector.clock import Clock
from pro_collector.domain.conversation.survey import BEGUN
from pro_collector.domain.events import Event, SurveyDue, SurveyExpired, TimelineChanged, derived_id
from pro_collector.domain.study import quiet_hours
from pro_collector.domain.study.amendment import PlanInputs
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.timeline import TreatmentEvent, effective
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, consents, occasions, outbox, participants, tasks, timelines, triggered
from pro_collector.postgres.tables.consents import ConsentRow
from pro_collector.postgres.tables.occasions import PLANNED_COLUMNS, LogRow, OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.tables.studies import Studies
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from scheduler.after_end import follows
from scheduler.anchors import TRIGGER, Timeline
from scheduler.occasion import CONSENT_WITHDRAWN, PARTICIPATION_ENDED, STOPPED, Occasion, Plan
from scheduler.person import Person, Span
from scheduler.plan import plan
from scheduler.replan import Diff, replan
from scheduler.rulebook import Rules
from scheduler.trigger import TriggeredSeries, triggered_anchors

HORIZON = timedelta(days=400)
"""How far ahead occasions are planned."""
CaregiverAfter = Literal["undecided", "decided"]
"""A withdrawal ends what a caregiver would be asked; or nothing ends it, so that there is nothing to decide."""
BATCH_SIZE = 50
"""How many participants are loaded in one batch when a whole study is planned."""
EXTEND_BEFORE = timedelta(days=100)
"""How long before the end of a plan it is extended to the horizon again."""

_OCCASION = frozenset(field.name for field in fields(Occasion))


class Planner(Protocol):
    """What planning needs of the runtime."""

    @property
    def clock(self) -> Clock: ...
    @property
    def studies(self) -> Studies: ...


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A participant with the changes of a new plan, which are not stored yet."""

    person: ParticipantRow
    diff: Diff
    stored: dict[UUID, Occasion]
    horizon: datetime
    ended: bool
    """Whether participation has ended by now."""
    caregiver: CaregiverAfter | None = None
    """What is to be decided about a caregiver now; None: nothing."""


async def load_plan_inputs(
    tx: Tx, rt: Planner, people: Iterable[UUID], *, with_events: Sequence[TreatmentRow] = (),
    changed_person: ParticipantRow | None = None, unlocked: bool = False,
) -> list[tuple[ParticipantRow, PlanInputs]]:  # fmt: skip
    """Lock participants and load everything that a plan depends on; `unlocked`: without locks, for a preview.

    `with_events` are additional treatment events, `changed_person` is one of the participants after a change.
    """
    take = participants.load_many if unlocked else participants.lock
    persons = await take(tx, list(people)) | ({changed_person.id: changed_person} if changed_person else {})
    stored = await occasions.as_planned(tx, list(persons))
    spans = await participants.states(tx, list(persons))
    history = await timelines.history(tx, list(persons))
    answers = await triggered.load(tx, list(persons))
    agreed = await consents.of_participants(tx, list(persons))
    inputs_of_all = []
    for person in persons.values():
        study = (await rt.studies.get(tx, person.study, person.study_version)).study
        events = history[person.id] + [event for event in with_events if event.participant_id == person.id]
        timeline = timeline_of(study, events, answers[person.id], person.zone)
        known = tuple(map(_may_be_asked_again, stored[person.id]))
        whose = to_person(person, spans[person.id], agreed[person.id])
        inputs_of_all.append((person, PlanInputs(whose, timeline, known, person.planned_until)))
    return inputs_of_all


async def compare_plans(
    tx: Tx, rt: Planner, people: Iterable[UUID], *, with_events: Sequence[TreatmentRow] = (),
    changed_person: ParticipantRow | None = None, unlocked: bool = False,
) -> list[PlanChange]:  # fmt: skip
    """Lock participants (unless `unlocked`), plan them by the rules of their version, and compare with what is stored.

    `with_events` are additional treatment events, `changed_person` is one of the participants after a change: the
    result shows their effect.
    """
    now = rt.clock.now()
    horizon = now + HORIZON
    changed = []
    loaded = await load_plan_inputs(
        tx, rt, people, with_events=with_events, changed_person=changed_person, unlocked=unlocked
    )
    for person, inputs in loaded:
        rules = await rt.studies.rules(tx, person.study, person.study_version)
        new = plan(rules, inputs.person, inputs.timeline, now, horizon, inputs.occasions)
        ended = new.ended_at is not None and new.ended_at <= now
        diff = replan(inputs.occasions, new, person.planned_until)
        stored = {each.id: each for each in inputs.occasions}
        caregiver = caregiver_after(rules, new, diff, stored)
        changed.append(PlanChange(person, diff, stored, horizon, ended, caregiver))
    return changed


def caregiver_after(rules: Rules, new: Plan, diff: Diff, stored: Mapping[UUID, Occasion]) -> CaregiverAfter | None:
    """Whether the team must decide if a caregiver goes on: a withdrawal ends something that they would be asked."""
    if not any(entry.schedule.asks_caregiver for entry in rules.entries):
        return None
    if new.caregiver_ended_by is None:
        return "decided"
    withdrawn = new.caregiver_ended_by == "withdrew" or rules.endings.get(new.caregiver_ended_by) == "withdrawn"
    ended = (each for each in (*diff.cancelled, *diff.stopped) if each.reporter == "caregiver" and each.id in stored)
    asked = any(stored[each.id].state in ("planned", *BEGUN) for each in ended)
    return "undecided" if withdrawn and asked else None


async def apply(tx: Tx, rt: Planner, planned: Sequence[PlanChange], cause: str) -> None:
    """Store the changes: occasions, their agenda entries, and a line in the log of each."""
    now = rt.clock.now()
    stopped = [each.id for change in planned for each in change.diff.stopped]
    begun = {row.id: row for row in await occasions.load(tx, stopped)} if stopped else {}
    moves = await participants.coming_moves(tx, [change.person.id for change in planned], now)
    rows, dropped, log, expired = [], [], [], []
    entries: list[Event] = []
    for change in planned:
        for what, occasion in changes(change.diff):
            row = to_row(occasion, change.person, now)
            rows.append(row)
            dropped.append(row.id)
            if row.state == "planned":
                entries.append(SurveyDue.of(row, row.due_at))
            log.append(LogRow(row.id, row.participant_id, now, what, _log_detail(what, change, occasion, cause)))
        for occasion in change.diff.stopped:
            state = _stopped_state(change, occasion)
            row = replace(begun[occasion.id], state=state, reason=occasion.reason)
            await occasions.save(tx, [replace(row, ended_at=now, asked=None)])
            dropped.append(row.id)
            log.append(LogRow(row.id, row.participant_id, now, row.state, {"reason": occasion.reason}))
            if row.state == "partial":
                expired.append(_closed(row, now))
        entries.append(_next_plan(change, moves.get(change.person.id)))
    await occasions.plan(tx, rows)
    await agenda.drop(tx, dropped)
    await agenda.drop_for(tx, [change.person.id for change in planned], TimelineChanged.type)  # the new plan ends later
    await agenda.put(tx, entries)
    await occasions.log(tx, log)
    if not_asked := [row.id for row in rows if row.state == "cancelled" and follows(row.anchor)]:
        await tasks.close_releases(tx, not_asked, "it is not asked any more", now)
    unheard = [each for change in planned for each in change.diff.stopped if each.reason == CONSENT_WITHDRAWN]
    await tasks.close_needless_calls(tx, {each.id: "consent was withdrawn" for each in unheard}, now)
    await outbox.add(tx, expired)
    if ended := [change.person.id for change in planned if change.ended]:
        await tasks.close_tasks_of(tx, ended, "participation ended", now)
    await tasks.add(tx, [_does_caregiver_go_on(each.person, now) for each in planned if each.caregiver == "undecided"])
    decided = [change.person.id for change in planned if change.caregiver == "decided"]
    if decided:
        await tasks.close_decisions(tx, decided, "it is decided", now)
    if planned:
        await participants.set_planned_until(tx, [change.person.id for change in planned], planned[0].horizon)


def changes(diff: Diff) -> list[tuple[str, Occasion]]:
    """The occasions that a diff would write, each with the name of the change for the log."""
    ended = [(each.state, each) for each in diff.cancelled]
    added = [(each.state, each) for each in (*diff.added, *diff.extended)]
    return [*added, *(("moved", each.after) for each in diff.moved), *ended]


def to_person(person: ParticipantRow, spans: Iterable[StateRow], agreed: Iterable[ConsentRow] = ()) -> Person:
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
        preferred_day=person.preferred_day,
        quiet=quiet_hours.parse(person.quiet),
        states=tuple(Span(span.kind, span.starts_on, span.ends_on, span.arm) for span in spans),
        consents=tuple(row.consent for row in agreed),
        caregiver_goes_on=person.caregiver_goes_on,
    )


def to_occasion(row: OccasionRow) -> Occasion:
    """A stored occasion as the planner knows it."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _OCCASION}
    return _may_be_asked_again(
        Occasion(**{**values, "instruments": tuple(row.instruments), "reminders": tuple(row.reminders)})
    )


def _may_be_asked_again(occasion: Occasion) -> Occasion:
    """One that was open when participation ended is asked again if that end is retracted within its window.

    So is one that was open when consent was withdrawn, if consent is given again.
    """
    if occasion.state != "cancelled" or occasion.reason not in STOPPED:
        return occasion
    return replace(occasion, reason="ended" if occasion.reason == PARTICIPATION_ENDED else "no_consent")


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


def timeline_of(
    study: Study, events: Iterable[TreatmentRow], answers: Iterable[TriggeredSeries], zone: str
) -> Timeline:
    """What the schedules of a person count from: treatment events, and `answers` that triggered an assessment."""
    timeline = effective([to_fact(event) for event in events], repeating=study.repeating)
    return replace(timeline, triggered=triggered_anchors(answers, zone))


def to_fact(row: TreatmentRow) -> TreatmentEvent:
    """A stored treatment event as the timeline knows it."""
    return TreatmentEvent(
        row.id,
        row.root_id,
        row.kind,
        row.happened_on,
        row.recorded_at,
        row.recorded_by,
        row.reason,
        row.retracted,
        row.happened_time,
    )


def _does_caregiver_go_on(person: ParticipantRow, now: datetime) -> TaskRow:
    reason = "the patient withdrew; what their caregiver is asked about themselves ends with it"
    return TaskRow(
        derived_id("task", person.id, "caregiver", now), person.id, None, "caregiver", now, {"reason": reason}
    )


def _next_plan(change: PlanChange, move: datetime | None) -> TimelineChanged:
    """The event that plans this participant again: before the plan ends, or when they move to another zone."""
    reasons = [(change.horizon - EXTEND_BEFORE, "horizon"), *([(move, "moved")] if move else [])]
    at, cause = min(reasons)
    return TimelineChanged.of(change.person.id, at, cause, change.person.id, at)


def _anchor_words(occasion: Occasion) -> str:
    if occasion.anchor == TRIGGER:
        return "the answers that triggered it"
    if ending := follows(occasion.anchor):
        return f"the end of participation ({ending})"
    return f"expected {occasion.anchor}" if occasion.expected else occasion.anchor


def _closed(row: OccasionRow, now: datetime) -> SurveyExpired:
    """The event that has the answers scored that were given until now, as at the end of a window."""
    return SurveyExpired.of(row, now, row.reason)


def _stopped_state(change: PlanChange, occasion: Occasion) -> Literal["partial", "cancelled"]:
    return "partial" if change.stored[occasion.id].state == "started" else "cancelled"


def _log_detail(what: str, change: PlanChange, occasion: Occasion, cause: str) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "cause": cause,
        "anchor": _anchor_words(occasion),
        "anchor_on": occasion.anchor_on.isoformat(),
        "point": occasion.point,
        "due_at": occasion.due_at.isoformat(),
        "due_local": occasion.due_local.isoformat(),
        "zone": occasion.zone,
        "study_version": change.person.study_version,
    }
    if occasion.reason:
        detail["reason"] = occasion.reason
    if occasion.moved_by:
        detail["moved_by"] = occasion.moved_by
    before = change.stored.get(occasion.id)
    if what == "moved" and before is not None:
        detail["from"] = before.due_at.isoformat()
    return detail
