"""Open an unprompted report: a person says how they are now, on the form, without having been asked."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.domain.conversation import opening
from pro_collector.domain.conversation.survey import BEGUN
from pro_collector.domain.conversation.unprompted import NoReport, why_no_report
from pro_collector.domain.events import SurveyExpired, derived_id
from pro_collector.domain.study.definition import UNPROMPTED, Assessment
from pro_collector.postgres.tables import occasions
from pro_collector.postgres.tables.links import LinkRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash
from scheduler.calendar import wall_time
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class OpenReport:
    """An open report, and the token of its form."""

    occasion_id: UUID
    token: str


async def report_now(rt: Runtime, participant: UUID, reporter: Reporter, *, by: str) -> OpenReport | NoReport:
    """Open a report of this reporter, or return the one that is open; else why there can be none.

    It is an occasion like any other, of the assessment `unprompted`: no rule plans it, its anchor is the day itself,
    and it ends as cancelled if nothing is answered. `by`: who asked for it.
    """
    async with rt.database.transaction() as tx:
        desk = await open_desk(tx, rt, [participant])
        case = desk.cases[participant]
        row = await open_report(desk, case, reporter, "reported", by=by)
        if isinstance(row, NoReport):
            return row
        opened = _opened(desk, row)
        await save(desk)
        return opened


async def open_report(desk: Desk, case: Case, reporter: Reporter, what: str, *, by: str) -> OccasionRow | NoReport:
    """The open report of this reporter, new or not, at an open desk; `what`: the line in the log of a new one."""
    reports = [row for row in await occasions.unprompted(desk.tx, case.person.id) if row.reporter == reporter]
    if waiting := next((row for row in reports if row.state in BEGUN and row.closes_at > desk.now), None):
        return waiting
    today = [row for row in reports if row.anchor_on == case.today]
    offered = case.current_version.study.unprompted if reporter != "caregiver" else None  # a report is of the patient
    refused = why_no_report(offered, case.standing, [row.state for row in today])
    if refused or offered is None:
        return refused or NoReport.NOT_OFFERED
    row = _row(case, reporter, offered.assessment, len(today) + 1)
    await occasions.plan(desk.tx, [row])
    desk.change(case, row)
    desk.note(row, what, by=by, reporter=reporter)
    desk.schedule(SurveyExpired.of(row, row.closes_at))
    return row


def _opened(desk: Desk, row: OccasionRow) -> OpenReport:
    token = desk.rt.vault.token(derived_id("report", row.id))
    desk.links.append(LinkRow(token_hash(token), row.id, None))
    return OpenReport(row.id, token)


def _row(case: Case, reporter: Reporter, asked: Assessment, number: int) -> OccasionRow:
    """The occasion of the report that is the `number`th of this day."""
    version, zone, today = case.current_version, ZoneInfo(case.person.zone), case.today
    wall = wall_time(case.now, zone)
    closes_at = case.now + asked.window.closes.elapsed
    instruments = [version.instruments[name] for name in asked.instruments]
    language = opening.language(case.person.language, version.study.languages, instruments, reporter)
    return OccasionRow(
        id=derived_id("report", case.person.id, today, number, reporter),
        participant_id=case.person.id,
        study=case.person.study,
        study_version=case.person.study_version,
        assessment=UNPROMPTED,
        anchor=UNPROMPTED,
        anchor_n=1,
        anchor_on=today,
        anchor_key=today.isoformat(),
        n=number,
        point=str(number),
        reporter=reporter,
        instruments=list(asked.instruments),
        due_at=case.now,
        due_local=wall,
        wanted_local=wall,
        moved_by=None,
        zone=case.person.zone,
        opens_at=case.now,
        closes_at=closes_at,
        late_until=closes_at,
        priority=asked.priority,
        reminders=[],
        state="open",
        reason=None,
        detail=None,
        opened_at=case.now,
        language=language,
    )
