"""A person of the team has an assessment asked that its schedule does not plan: an unscheduled visit, with a reason.

It is an occasion like any other, apart from its anchor `unscheduled`: no rule plans it, and no replan changes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework import planning
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.ladder import say_on_ladder
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.opened import has_words_for, open_occasion
from pro_collector.casework.desk.save import save
from pro_collector.casework.speaking import links
from pro_collector.commands.ask_by_hand import check_at_once, check_sendable, may_be_opened
from pro_collector.commands.record_treatment import find_participant
from pro_collector.domain.conversation.survey import BEGUN, invite
from pro_collector.domain.events import derived_id
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.definition import UNPROMPTED, Assessment
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.tables import occasions
from pro_collector.postgres.tables.links import LinkRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash
from scheduler.after_end import covers
from scheduler.anchors import UNSCHEDULED
from scheduler.budget import exceeded_by
from scheduler.calendar import later, wall_time
from scheduler.rules import Reporter
from scheduler.slot import Timing


@dataclass(frozen=True, slots=True)
class Unscheduled:
    """The check-in that is open now. `url`: its form for a device at the hospital; None if they got a message."""

    occasion_id: UUID
    assessment: str
    reporter: Reporter
    url: str | None


async def ask_unscheduled(
    rt: Runtime, code: str, assessment: str, reporter: Reporter, *, reason: str, by: str, study: str | None = None,
    at_hospital: bool = False, over_budget: bool = False,
) -> Unscheduled:  # fmt: skip
    """Open an assessment outside of its schedule, and send its invitation now, unless it is answered `at_hospital`.

    Planned check-ins stay as they are. What is asked of caregivers goes to the caregiver, whoever `reporter` is. Raises
    NotFound; BadInput without a reason; Conflict if the assessment is open or can be asked as planned, if nothing may
    be sent, or (unless `over_budget`) if the burden budget has no room.
    """
    if not reason.strip():
        raise BadInput([Problem("", None, "reason", "say why: the record keeps it")])
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study)
        desk = await open_desk(tx, rt, [person.id])
        case = desk.cases[person.id]
        rows = (await occasions.of_participants(tx, [person.id]))[person.id]
        if assessment in case.current_version.study.of_caregivers:
            reporter = "caregiver"
        row = _row(case, assessment, reporter, rows, reason.strip())
        if not over_budget:
            await _check_budget(desk, case, rows, row)
        if not at_hospital:
            check_at_once(desk, case, row)
        await occasions.plan(tx, [row])
        desk.change(case, row)
        desk.note(row, "unscheduled", by=by, stated_reason=row.detail)
        row = open_occasion(desk, case, row)
        url = _form(desk, row, by) if at_hospital else None
        if url is None:
            check_sendable(case, row)
            say_on_ladder(desk, case, row, invite(case.survey(row)), from_rung=0)
        await save(desk)
        return Unscheduled(row.id, assessment, reporter, url)


def labelled_unscheduled(row: OccasionRow, others: Sequence[OccasionRow]) -> OccasionRow:
    """The occasion as one that no schedule planned, on the day on which it is due; `others`: all of the participant."""
    day = row.due_local.date()
    taken = {
        each.point
        for each in others
        if (each.assessment, each.reporter, each.anchor) == (row.assessment, row.reporter, UNSCHEDULED)
    }
    names = [f"{UNSCHEDULED}-{day}", *(f"{UNSCHEDULED}-{day}-{n}" for n in range(2, len(taken) + 2))]
    point = next(name for name in names if name not in taken)
    return replace(
        row, anchor=UNSCHEDULED, anchor_n=1, anchor_on=day, anchor_key="", n=len(taken) + 1, point=point, moved_by=None
    )


def _row(case: Case, name: str, reporter: Reporter, rows: Sequence[OccasionRow], reason: str) -> OccasionRow:
    """The occasion, still planned; its window ends at the latest when the next one of its kind is due."""
    code, study = case.person.code, case.current_version.study
    asked = study.assessments.get(name)
    if asked is None:
        raise NotFound(f"{study.id} has no assessment {name!r}{did_you_mean(name, study.assessments)}")
    if reporter == "caregiver" and not asked.asks_caregiver:
        raise Conflict(f"{name} is about the patient; a caregiver answers about themselves")
    if case.standing_of(reporter).is_over:
        raise Conflict(f"{code} has left the study")
    if asked.after is not None:
        raise Conflict(f"{name} is asked after the end of participation only")
    if not case.agreement.agrees(reporter, covers(UNSCHEDULED)):
        raise Conflict(f"{code}: the {reporter} does not agree to be asked")
    own = [row for row in rows if (row.assessment, row.reporter) == (name, reporter)]
    for row in own:
        if row.state in BEGUN and case.now < row.closes_at:
            raise Conflict(f"{code} has {name} open since {row.due_local:%Y-%m-%d %H:%M}: ask that again")
        if may_be_opened(row, case.now):
            raise Conflict(f"{code} has {name} planned, and its window is open: ask that now")
    made = labelled_unscheduled(_due_now(case, name, asked, reporter), rows)
    made = replace(made, id=derived_id(UNSCHEDULED, case.person.id, name, made.point, reporter), detail=reason)
    if not has_words_for(case, made):
        raise Conflict(f"{code}: {name} has no words for a proxy")
    return _closed_by_the_next(case, asked, made, [row for row in own if row.state == "planned"])


def _due_now(case: Case, name: str, asked: Assessment, reporter: Reporter) -> OccasionRow:
    person, zone = case.person, ZoneInfo(case.person.zone)
    wall = wall_time(case.now, zone)
    return OccasionRow(
        id=person.id,
        participant_id=person.id,
        study=person.study,
        study_version=person.study_version,
        assessment=name,
        anchor=UNSCHEDULED,
        anchor_n=1,
        anchor_on=wall.date(),
        anchor_key="",
        n=1,
        point="",
        reporter=reporter,
        instruments=list(asked.instruments),
        due_at=case.now,
        due_local=wall,
        wanted_local=wall,
        moved_by=None,
        zone=person.zone,
        opens_at=case.now,
        closes_at=later(wall, asked.window.closes, zone),
        late_until=later(wall, asked.window.closes_late, zone),
        priority=asked.priority,
        reminders=[],
        state="planned",
        reason=None,
        detail=None,
    )


def _closed_by_the_next(case: Case, asked: Assessment, row: OccasionRow, planned: Sequence[OccasionRow]) -> OccasionRow:
    """The occasion with its reminders; it never is open together with the next one of its series."""
    following = min((each.opens_at for each in planned if each.opens_at > case.now), default=row.late_until)
    closes_at, late_until = min(row.closes_at, following), min(row.late_until, following)
    zone = ZoneInfo(row.zone)
    timing = Timing(row.due_local.time(), zone, asked.window, asked.reminders, case.silence(row))
    reminders = list(timing.reminders(row.due_local, closes_at))
    return replace(row, closes_at=closes_at, late_until=late_until, reminders=reminders)


async def _check_budget(desk: Desk, case: Case, rows: Sequence[OccasionRow], row: OccasionRow) -> None:
    """Raise Conflict if the burden budget has no room: what is planned for the coming days counts, too."""
    rules = await desk.rt.studies.rules(desk.tx, case.person.study, case.person.study_version)
    known = [planning.to_occasion(each) for each in rows if each.assessment != UNPROMPTED]
    counted = [each for each in known if each.state == "planned" or each.begun]
    if limit := exceeded_by(rules, counted, planning.to_occasion(row)):
        raise Conflict(
            f"{case.person.code} would be asked more than {limit} in seven days, the burden budget of the study; "
            "to ask it all the same, confirm that it goes over the budget"
        )


def _form(desk: Desk, row: OccasionRow, by: str) -> str:
    """The address of the form on a device at the hospital."""
    desk.links.append(LinkRow(token_hash(links.clinic_token(desk.rt, row.id)), row.id, None, "clinic"))
    desk.note(row, "in_clinic", by=by)
    return links.clinic_url(desk.rt, row.id)
