"""A survey went out for a day that was corrected to a later one: keep its answers as unscheduled, and ask it then.

Without this choice a replan keeps the answers as those of their time point, and does not ask it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from pro_collector.casework import planning
from pro_collector.casework.confirming import check_confirmed
from pro_collector.casework.desk.effects import carry_out
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.opened import hand_over
from pro_collector.casework.desk.save import save
from pro_collector.commands.ask_unscheduled import labelled_unscheduled
from pro_collector.commands.record_treatment import find_participant
from pro_collector.domain.conversation.setting_apart import end_apart
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import occasions
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.after_end import follows
from scheduler.anchors import UNSCHEDULED, Timeline
from scheduler.displaced import displaced, takes_its_place
from scheduler.occasion import Occasion
from scheduler.plan import plan
from scheduler.replan import Diff, replan
from scheduler.rulebook import with_enrolment


@dataclass(frozen=True, slots=True)
class SetApart:
    """The check-in that is unscheduled from now on, `instead`: the one that takes its place, and the whole change."""

    row: OccasionRow
    instead: Occasion
    diff: Diff


async def set_apart(
    rt: Runtime, code: str, check_in: str, *, reason: str, by: str, study: str | None = None, dry_run: bool = False,
    confirmed: str | None = None,
) -> SetApart:  # fmt: skip
    """Make an asked check-in an unscheduled one, with all that was answered, and ask its time point on the right day.

    If it is open, it ends now. `check_in`: the beginning of its id, or an assessment with one that was asked for
    another day. `confirmed`: as for `record_event`. Raises NotFound, BadInput without a reason, Conflict.
    """
    if not reason.strip():
        raise BadInput([Problem("", None, "reason", "say why: the record keeps it")])
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study, locked=True)
        ((_, inputs),) = await planning.load_plan_inputs(tx, rt, [person.id])
        rows = (await occasions.of_participants(tx, [person.id]))[person.id]
        row = _meant(code, check_in, rows, inputs.occasions, with_enrolment(inputs.timeline, inputs.person))
        now, rules = rt.clock.now(), await rt.studies.rules(tx, person.study, person.study_version)
        aside = labelled_unscheduled(row, rows)
        known = tuple(planning.to_occasion(aside) if each.id == row.id else each for each in inputs.occasions)
        new = plan(rules, inputs.person, inputs.timeline, now, now + planning.HORIZON, known)
        diff = replan(known, new, inputs.planned_until)
        instead = takes_its_place(planning.to_occasion(row), diff.added)
        if instead is None or not (instead.state == "planned" or instead.reason == "late_anchor"):
            raise Conflict(f"{code}: {_nothing_instead(row, instead)}")
        check_confirmed(diff, confirmed, now)
        if not dry_run:
            await _store(tx, rt, row, aside, reason.strip(), by)
            ended = new.ended_at is not None and new.ended_at <= now
            stored = {each.id: each for each in inputs.occasions}
            change = planning.PlanChange(person, diff, stored, now + planning.HORIZON, ended)
            await planning.apply(tx, rt, [change], "set_apart")
        return SetApart(aside, instead, diff)


def day_now(row: OccasionRow, known: Sequence[Occasion], timeline: Timeline) -> date | None:
    """The day that the event of an asked check-in has now, if that is not the one for which it was asked; else None."""
    if not any(each.id == row.id for each in displaced(known, timeline)):
        return None
    return next((each.on for each in timeline.anchors if (each.kind, each.key) == (row.anchor, row.anchor_key)), None)


async def _store(tx: Tx, rt: Runtime, row: OccasionRow, aside: OccasionRow, reason: str, by: str) -> None:
    """End the check-in if it is open, and label it anew; the log keeps what it was."""
    desk = await open_desk(tx, rt, [row.participant_id], [row])
    case = desk.cases[row.participant_id]
    spoke = case.speaking(row).id == row.id
    ended = carry_out(desk, case, row, end_apart(case.own_survey(row)))
    if spoke:
        hand_over(desk, case, ended)
    was = {"anchor": row.anchor, "anchor_n": row.anchor_n, "anchor_on": str(row.anchor_on), "n": row.n}
    desk.note(row, "set_apart", by=by, stated_reason=reason, **was, anchor_key=row.anchor_key, point=row.point)
    await save(desk)
    closed = min(ended.closes_at, desk.now), min(ended.late_until, desk.now)
    labels = replace(
        aside, state=ended.state, reason=ended.reason, ended_at=ended.ended_at, detail=reason, reminders=[]
    )
    await occasions.plan(tx, [replace(labels, closes_at=closed[0], late_until=closed[1])])


def _meant(
    code: str, check_in: str, rows: Sequence[OccasionRow], known: Sequence[Occasion], timeline: Timeline
) -> OccasionRow:
    """The asked check-in that is meant: by its id, or the one of an assessment whose event has another day now."""
    asked = {each.id for each in known if each.begun and each.anchor != UNSCHEDULED and follows(each.anchor) is None}
    elsewhere = {each.id for each in displaced(known, timeline)}
    by_id = [row for row in rows if check_in and str(row.id).startswith(check_in) and row.id in asked]
    meant = by_id or [row for row in rows if row.assessment == check_in and row.id in elsewhere]
    if not meant:
        raise NotFound(f"{code} has no check-in {check_in!r} that was asked for another day than its event has now")
    if len(meant) > 1:
        listed = ", ".join(f"{_short(row.id)} ({row.due_local:%Y-%m-%d}, {row.reporter})" for row in meant)
        raise Conflict(f"{code} has several of these: say which by the beginning of its id: {listed}")
    return meant[0]


def _nothing_instead(row: OccasionRow, instead: Occasion | None) -> str:
    if instead is None:
        return f"{row.assessment} was not asked before its day; it stays as it is"
    return f"{row.assessment} would not be asked on {instead.wanted_local:%Y-%m-%d}: {instead.reason}"


def _short(id: UUID) -> str:
    return str(id)[:8]
