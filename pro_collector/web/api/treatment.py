"""Treatment and states of a person for programs: record, correct, retract; first as a dry run, then what was shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from pro_collector.commands.change_person import FIELDS, change
from pro_collector.commands.record_state import KINDS, record_state, retract_state
from pro_collector.commands.record_treatment import TreatmentChange, correct, record_event
from pro_collector.display.plan_change import PlanRow, rows
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput, Problem
from pro_collector.web.api.moments import Day, TimeOfDay
from pro_collector.web.api.people import DryRun
from pro_collector.web.api.route import OF_PERSON, ApiRoutes, Somebody
from scheduler.fingerprint import fingerprint
from scheduler.occasion import Occasion
from scheduler.person import ENDING, Condition
from scheduler.replan import Diff, DiffTotals
from scheduler.rules import Reporter

CONFIRM = "this ends participation: send `confirmed`, as a dry run gives it"


class Confirmed(BaseModel):
    """What every change of a plan takes."""

    reason: str = Field(default="", max_length=1000, description="without names: it stays in the record")
    confirmed: str | None = Field(
        default=None,
        description="`fingerprint` of a dry run: 412 if other changes would be made than those that it showed",
    )


class EventToRecord(Confirmed):
    """An event of a treatment, the day on which it happened, and at what time where they live, if that is known."""

    kind: str = Field(max_length=100)
    on: Day
    at: TimeOfDay | None = None


class EventToCorrect(Confirmed):
    """The event that was recorded on the day `was` happened on the day `on`, at what time where they live."""

    kind: str = Field(max_length=100)
    was: Day
    on: Day
    at: TimeOfDay | None = None
    reason: str = Field(min_length=1, max_length=1000)


class EventToRetract(Confirmed):
    """The event that was recorded on the day `was` did not happen."""

    kind: str = Field(max_length=100)
    was: Day
    reason: str = Field(min_length=1, max_length=1000)


class StateToRecord(Confirmed):
    """A state from the day `since` (null: today, where they live) until the day before `until` (null: no end).

    `zone`: the new time zone, with `moved` only; `arm`: the new arm, with `crossed_over` only.
    """

    kind: Condition
    since: Day | None = None
    until: Day | None = None
    zone: str = Field(default="", max_length=100)
    arm: str = Field(default="", max_length=100)
    no_further_contact: bool = Field(
        default=False, description="with `withdrew` or `died`: every consent to be asked afterwards is withdrawn"
    )


class StateToRetract(Confirmed):
    """A state that was recorded by mistake; `since` if there are several of this kind."""

    kind: Condition
    since: Day | None = None


class DetailToChange(Confirmed):
    """Another value for a detail of a person; empty deletes it."""

    field: str = Field(description=f"one of {', '.join(FIELDS)}")
    value: str = Field(default="", max_length=1000)


_State = TypeVar("_State", StateToRecord, StateToRetract)


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """A check-in that was asked for the day that is corrected; it is kept. `due_local`: where they live."""

    check_in: UUID
    assessment: str
    reporter: Reporter
    due_local: datetime


@dataclass(frozen=True, slots=True)
class ChangedPlan:
    """What changes in the plan of a person: done, or with `dry_run` what would be.

    `fingerprint` confirms exactly these changes; `ends`: participation ends; `doubt`: why to look at the date twice.
    `asked_before`: what can be set apart, so that it is asked on the right day.
    """

    done: bool
    fingerprint: str
    totals: DiffTotals
    changes: Sequence[PlanRow]
    ends: bool = False
    doubt: str | None = None
    asked_before: Sequence[AskedBefore] = ()


@dataclass(frozen=True, slots=True)
class ForeseenChange:
    """What changes, whether participation ends, why to look at the date twice, and what was asked for a wrong day."""

    diff: Diff
    ends: bool = False
    doubt: str | None = None
    displaced: Sequence[Occasion] = ()


class _Work(Protocol):
    """Does something that changes a plan, or with `dry_run` shows it."""

    async def __call__(self, *, dry_run: bool) -> ForeseenChange: ...


async def changed(at: Somebody, sent: Confirmed, work: _Work, *, dry_run: bool) -> ChangedPlan:
    """Do what `work` does, or show it. What ends participation is done only if it was shown before."""
    seen = await work(dry_run=True)
    if seen.ends and not dry_run and sent.confirmed is None:
        raise BadInput([Problem("", None, "confirmed", CONFIRM)])
    if not dry_run:
        seen = await work(dry_run=False)
    answer = changed_plan(at, seen.diff, done=not dry_run)
    before = [AskedBefore(each.id, each.assessment, each.reporter, each.due_local) for each in seen.displaced]
    return replace(answer, ends=seen.ends, doubt=seen.doubt, asked_before=before)


def changed_plan(at: Somebody, diff: Diff, *, done: bool) -> ChangedPlan:
    """The answer to a change of a plan, `done` or only shown."""
    changes = sorted(rows(diff, kept=False), key=lambda row: row.due_at)
    return ChangedPlan(done, fingerprint(diff, at.does.clock.now()), diff.totals, changes)


def _seen(change: TreatmentChange) -> ForeseenChange:
    return ForeseenChange(change.diff, change.ends, change.doubt, change.displaced)


async def record_treatment_event(at: Somebody, sent: EventToRecord, *, dry_run: DryRun = False) -> ChangedPlan:
    """Record an event of a treatment."""

    async def work(*, dry_run: bool) -> ForeseenChange:
        return _seen(
            await record_event(
                at.does, at.code, sent.kind, sent.on, by=at.by, study=at.study, reason=sent.reason, at=sent.at,
                dry_run=dry_run, confirmed=sent.confirmed,
            )
        )  # fmt: skip

    return await changed(at, sent, work, dry_run=dry_run)


async def correct_treatment_event(at: Somebody, sent: EventToCorrect, *, dry_run: DryRun = False) -> ChangedPlan:
    """Correct the day of an event; the record keeps the earlier one."""
    return await _corrected(at, sent, sent.kind, sent.was, sent.on, dry_run=dry_run, hour=sent.at)


async def retract_treatment_event(at: Somebody, sent: EventToRetract, *, dry_run: DryRun = False) -> ChangedPlan:
    """Retract an event that did not happen; the record keeps it as retracted."""
    return await _corrected(at, sent, sent.kind, sent.was, None, dry_run=dry_run)


async def _corrected(
    at: Somebody, sent: Confirmed, kind: str, was: date, on: date | None, *, dry_run: bool,
    hour: time | None = None,
) -> ChangedPlan:  # fmt: skip
    async def work(*, dry_run: bool) -> ForeseenChange:
        return _seen(
            await correct(
                at.does, at.code, kind, was, on, by=at.by, reason=sent.reason, study=at.study, at=hour,
                dry_run=dry_run, confirmed=sent.confirmed,
            )
        )  # fmt: skip

    return await changed(at, sent, work, dry_run=dry_run)


async def record_state_of_person(at: Somebody, sent: StateToRecord, *, dry_run: DryRun = False) -> ChangedPlan:
    """Record a state, such as a stay in hospital."""
    return await _recorded(at, _of(sent, leaves=False), dry_run=dry_run)


async def leave_study(at: Somebody, sent: StateToRecord, *, dry_run: DryRun = False) -> ChangedPlan:
    """Record that somebody withdrew or died: participation ends."""
    return await _recorded(at, _of(sent, leaves=True), dry_run=dry_run)


async def retract_state_of_person(at: Somebody, sent: StateToRetract, *, dry_run: DryRun = False) -> ChangedPlan:
    """Retract a state that was recorded by mistake."""
    return await _retracted(at, _of(sent, leaves=False), dry_run=dry_run)


async def retract_leaving(at: Somebody, sent: StateToRetract, *, dry_run: DryRun = False) -> ChangedPlan:
    """Retract that somebody withdrew or died."""
    return await _retracted(at, _of(sent, leaves=True), dry_run=dry_run)


def _of(sent: _State, *, leaves: bool) -> _State:
    """The state, if it is one of this route. Raises BadInput."""
    if (sent.kind in ENDING) != leaves:
        known = ", ".join(kind for kind in KINDS if (kind in ENDING) == leaves)
        raise BadInput([Problem("", None, "kind", f"expected one of {known}")])
    return sent


async def _recorded(at: Somebody, sent: StateToRecord, *, dry_run: bool) -> ChangedPlan:
    async def work(*, dry_run: bool) -> ForeseenChange:
        diff = await record_state(
            at.does, at.code, sent.kind, sent.since, sent.until, by=at.by, zone=sent.zone, arm=sent.arm,
            reason=sent.reason, study=at.study, dry_run=dry_run, confirmed=sent.confirmed,
            no_further_contact=sent.no_further_contact,
        )  # fmt: skip
        return ForeseenChange(diff, sent.kind in ENDING)

    return await changed(at, sent, work, dry_run=dry_run)


async def _retracted(at: Somebody, sent: StateToRetract, *, dry_run: bool) -> ChangedPlan:
    async def work(*, dry_run: bool) -> ForeseenChange:
        diff = await retract_state(
            at.does, at.code, sent.kind, sent.since, by=at.by, reason=sent.reason, study=at.study, dry_run=dry_run,
            confirmed=sent.confirmed,
        )  # fmt: skip
        return ForeseenChange(diff)

    return await changed(at, sent, work, dry_run=dry_run)


async def change_detail(at: Somebody, sent: DetailToChange, *, dry_run: DryRun = False) -> ChangedPlan:
    """Change the language, hours, zone, arm, site or another detail of somebody."""
    if sent.field == "site" and (sent.value or None) not in at.visit.sites:
        raise BadInput([Problem("", None, "value", "expected a site at which you may change people")])

    async def work(*, dry_run: bool) -> ForeseenChange:
        diff = await change(
            at.does, at.code, sent.field, sent.value, by=at.by, reason=sent.reason, study=at.study, dry_run=dry_run,
            confirmed=sent.confirmed,
        )  # fmt: skip
        return ForeseenChange(diff)

    return await changed(at, sent, work, dry_run=dry_run)


def add_treatment(routes: ApiRoutes) -> None:
    """Add these routes."""
    record, leave = Act.record_treatment, Act.withdraw
    for act, path, endpoint in (
        (record, "treatment", record_treatment_event),
        (record, "treatment/correct", correct_treatment_event),
        (record, "treatment/retract", retract_treatment_event),
        (record, "states", record_state_of_person),
        (record, "states/retract", retract_state_of_person),
        (leave, "leave", leave_study),
        (leave, "leave/retract", retract_leaving),
        (Act.change_people, "details", change_detail),
    ):
        routes.add(act, f"{OF_PERSON}/{path}", endpoint, method="POST", tag="treatment and states")
