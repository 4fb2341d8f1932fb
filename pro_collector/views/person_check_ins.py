"""The check-ins of a person: what became of the past ones and why, which are open, and which are to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pro_collector.casework import planning
from pro_collector.casework.desk.case import Case
from pro_collector.commands.show_task import spoken
from pro_collector.display.history import reason, why_not_planned
from pro_collector.domain.conversation.survey import BEGUN, Mode, State, asked_places, open_places
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import answers, triggered
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from pro_collector.runtime import Runtime
from scheduler.after_end import follows
from scheduler.anchors import TRIGGER, UNSCHEDULED
from scheduler.occasion import PLAN_REASONS
from scheduler.rules import Reporter
from scheduler.trigger import TriggeredSeries

SHOWN_PAST, SHOWN_COMING = 20, 10
"""How many check-ins a page shows, unless all are asked for."""
ANSWERS = "the answers that triggered it,"
EXPECTED_TO_BE_ANSWERED = ("completed", "partial", "missed")


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One check-in. `due_local`: a wall time in `zone`. `why`: the reason of its state in words, empty without one.

    `after`: the event that it counts from, with its day; `unscheduled`: no schedule planned it, and `asked_because` is
    what a person of the team said. `answered` of `questions` have an answer; both are 0 for what
    was not asked. `mode`: how the last answer came.
    """

    id: UUID
    title: str
    point: str
    reporter: Reporter
    due_local: datetime
    zone: str
    opens_at: datetime
    closes_at: datetime
    late_until: datetime
    state: State
    why: str
    after: str
    after_on: date
    unscheduled: bool
    asked_because: str
    mode: Mode | None
    answered: int
    questions: int

    @property
    def is_open(self) -> bool:
        """Whether somebody is asked at present."""
        return self.state in BEGUN


@dataclass(frozen=True, slots=True)
class CheckIns:
    """The check-ins of a person: the past newest first, the others in order of time.

    `received` of `expected` were answered: those that ended, without the ones that never could be asked. `earlier` and
    `later`: how many more there are on each side. `unasked`: why other assessments are not planned, in words.
    """

    past: Sequence[CheckIn]
    present: Sequence[CheckIn]
    coming: Sequence[CheckIn]
    received: int
    expected: int
    earlier: int
    later: int
    unasked: Sequence[str]


async def check_ins_of(
    tx: Tx, rt: Runtime, case: Case, rows: Sequence[OccasionRow], history: Sequence[TreatmentRow], *, all_of_them: bool
) -> CheckIns:
    """The check-ins of a person. `rows`: every occasion, in order of time; `all_of_them`: none is left out."""
    past = [row for row in reversed(rows) if row.state not in BEGUN and row.state != "planned"]
    coming = [row for row in rows if row.state == "planned"]
    present = [row for row in rows if row.state in BEGUN]
    shown_past = past if all_of_them else past[:SHOWN_PAST]
    shown_coming = coming if all_of_them else coming[:SHOWN_COMING]
    await add_versions(tx, rt, case, [*shown_past, *present, *shown_coming])
    await add_answers(tx, case, [*shown_past, *present])
    asked = [row for row in past if row.state in EXPECTED_TO_BE_ANSWERED and row.reason not in PLAN_REASONS]
    return CheckIns(
        past=[check_in(case, row) for row in shown_past],
        present=[check_in(case, row) for row in present],
        coming=[check_in(case, row) for row in shown_coming],
        received=sum(row.state != "missed" for row in asked),
        expected=len(asked),
        earlier=len(past) - len(shown_past),
        later=len(coming) - len(shown_coming),
        unasked=_unasked(case, rows, history, (await triggered.load(tx, [case.person.id]))[case.person.id]),
    )


async def add_versions(tx: Tx, rt: Runtime, case: Case, rows: Sequence[OccasionRow]) -> None:
    """Add the study versions of these occasions to a case."""
    for version in {row.study_version for row in rows} - case.versions.keys():
        case.versions[version] = await rt.studies.get(tx, case.person.study, version)


async def add_answers(tx: Tx, case: Case, rows: Sequence[OccasionRow]) -> None:
    """Add the answers of these occasions to a case, with how they came."""
    since, ids = answers.since(rows), [row.id for row in rows]
    case.answers.update(await answers.load(tx, ids, since=since))
    case.modes.update(await answers.modes(tx, ids, since=since))


def check_in(case: Case, row: OccasionRow) -> CheckIn:
    """One occasion as people see it. Its study version must be in the case, and for what was asked its answers."""
    asked = row.state != "planned" and row.opened_at is not None
    survey = case.survey(row) if asked else None
    questions, waiting = (len(asked_places(survey)), len(open_places(survey))) if survey else (0, 0)
    version = case.version_of(row)
    kind = version.study.timeline.get(row.anchor)
    return CheckIn(
        id=row.id,
        title=spoken(version.study.assessment(row.assessment).title),
        point=row.point,
        reporter=row.reporter,
        due_local=row.due_local,
        zone=row.zone,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        late_until=row.late_until,
        state=row.state,
        why=reason(row.reason),
        after=spoken(kind.label) if kind else _after(row.anchor),
        after_on=row.anchor_on,
        unscheduled=row.anchor == UNSCHEDULED,
        asked_because=row.detail or "" if row.anchor == UNSCHEDULED else "",
        mode=case.modes.get(row.id),
        answered=questions - waiting,
        questions=questions,
    )


def _unasked(
    case: Case, rows: Sequence[OccasionRow], history: Sequence[TreatmentRow], answers: Sequence[TriggeredSeries]
) -> list[str]:
    study = case.current_version.study
    person = planning.to_person(case.person, case.states, case.consents)
    timeline = planning.timeline_of(study, history, answers, case.person.zone)
    return why_not_planned(study, person, timeline, {row.assessment for row in rows})


def _after(anchor: str) -> str:
    """What a check-in counts from, if that is no event of the timeline."""
    ending = follows(anchor)
    return f"the end of participation ({ending})" if ending else ANSWERS if anchor == TRIGGER else anchor
