"""What the team sees of one person: who they are by code, treatment, check-ins, scores, work, and what was recorded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.load import load_person
from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.show_addresses import ALTERED, REMOVED, open_contact
from pro_collector.commands.show_task import spoken
from pro_collector.commands.transcript import Transcript, transcript
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.conversation.masking import masked
from pro_collector.domain.study.definition import Study
from pro_collector.errors import Altered
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import person_page
from pro_collector.postgres.tables import occasions, opt_outs, timelines
from pro_collector.postgres.tables.alerts import AlertRow
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.runtime import Runtime
from pro_collector.views.person_at import find_person
from pro_collector.views.person_check_ins import CheckIns, check_ins_of
from pro_collector.views.person_record import RecordLine, TreatmentOnRecord, record_of, treatment_of
from pro_collector.views.person_scores import ScoresOfPerson, scores_of
from pro_collector.words import team
from scheduler.person import age_on
from scheduler.rules import Channel, Reporter
from scheduler.values import REPORTERS

SHOWN_TASKS, SHOWN_ALERTS = 10, 10
CONVERSATION_OF = timedelta(days=365)
"""How far back a page shows what was written."""
ALL_TIME = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class AddressOfPerson:
    """How a reporter is reached on a channel. `masked`: a little of the address, for whoever works with addresses."""

    column: str
    reporter: Reporter
    channel: Channel
    masked: str
    opted_out_at: datetime | None
    broken_at: datetime | None
    broken_reason: str | None
    shared: bool
    preferred: bool
    exclusive: bool


@dataclass(frozen=True, slots=True)
class TaskOfPerson:
    """A task about a person; `what`: what it asks for, in words."""

    row: TaskRow
    what: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Everything that the page of a person shows; instants are UTC, dates are where the person lives (`zone`).

    `site`: its name; `arm`: its title. `today`: the date where they live. `states`: all that are not retracted.
    `rules`: what the team calls the rules of alerts that are in force.
    """

    person: ParticipantRow
    study_title: str
    site: str
    arm: str
    age: int | None
    now: datetime
    today: date
    has_left: bool
    states: Sequence[StateRow]
    addresses: Sequence[AddressOfPerson]
    treatment: Sequence[TreatmentOnRecord]
    check_ins: CheckIns
    scores: ScoresOfPerson
    tasks: Sequence[TaskOfPerson]
    alerts: Sequence[AlertRow]
    rules: Mapping[str, str]
    record: Sequence[RecordLine]

    @property
    def present_states(self) -> list[StateRow]:
        """The states of today, and those that are to come."""
        return [row for row in self.states if row.ends_on is None or row.ends_on > self.today]


async def person_page_of(
    rt: Runtime, study: str, code: str, sites: Sites, acts: Collection[Act], *, all_of_them: bool = False
) -> PersonPage:
    """What the page of a person shows to somebody with these acts at their site. Raises NotFound.

    `all_of_them`: every check-in, not only the last and the next ones.
    """
    async with rt.database.transaction() as tx:
        person = await find_person(tx, study, code, sites)
        case = await load_person(tx, rt, person.id)
        rows = (await occasions.of_participants(tx, [person.id]))[person.id]
        history = (await timelines.history(tx, [person.id]))[person.id]
        treatment = treatment_of(case.current_version.study, history)
        days = [event.happened_on for event in treatment if event.stands]
        states = await person_page.states_ever(tx, person.id)
        changes, stops = await person_page.changes_of(tx, person.id), await opt_outs.of_participant(tx, person.id)
        tasks = await person_page.tasks_of(tx, person.id, SHOWN_TASKS)
        site = case.current_version.study.sites.get(person.site or "")
        arm = case.current_version.study.arms.get(person.arm or "")
        return PersonPage(
            person=person,
            study_title=spoken(case.current_version.study.title),
            site=spoken(site.label) if site else person.site or "",
            arm=spoken(arm.label) if arm else person.arm or "",
            age=age_on(person.birth_date, case.today),
            now=case.now,
            today=case.today,
            has_left=case.standing.has_left,
            states=[row for row in states if row.retracted_at is None],
            addresses=await _addresses(tx, rt, case, acts),
            treatment=treatment,
            check_ins=await check_ins_of(tx, rt, case, rows, history, all_of_them=all_of_them),
            scores=await scores_of(tx, rt, person, rows, days),
            tasks=[TaskOfPerson(row, team("task").say(f"what.{row.kind}")) for row in tasks],
            alerts=await person_page.alerts_of(tx, person.id, SHOWN_ALERTS),
            rules=_labels(case.current_version.study),
            record=record_of(treatment, states, changes, stops),
        )


def _labels(study: Study) -> dict[str, str]:
    return {name: spoken(rule.label) for name, rule in study.alerts.rules.items()} if study.alerts else {}


async def conversation_of(
    rt: Runtime, study: str, code: str, sites: Sites, viewer: Viewer | None, *, all_of_it: bool = False
) -> Transcript:
    """What was written in both directions; with a `viewer` it has the words, and the look is recorded.

    Raises NotFound.
    """
    async with rt.database.transaction() as tx:
        await find_person(tx, study, code, sites)
    return await transcript(rt, code, ALL_TIME if all_of_it else CONVERSATION_OF, viewer=viewer, study=study)


async def _addresses(tx: Tx, rt: Runtime, case: Case, acts: Collection[Act]) -> list[AddressOfPerson]:
    """The addresses of a person; a little of each for those who may see or change addresses."""
    shown = {Act.see_addresses, Act.change_people} & set(acts)
    own = [each for each in case.contacts if each.broken_reason != REMOVED]
    sealed = await person_page.sealed_addresses(tx, [each.id for each in own]) if shown else {}
    return [
        AddressOfPerson(
            each.column, each.reporter, each.channel,
            _masked(rt, each, sealed[each.id]) if each.id in sealed else "",
            each.opted_out_at, each.broken_at, each.broken_reason, each.shared, each.preferred,
            each.exclusive,
        )
        for each in sorted(own, key=lambda each: (REPORTERS.index(each.reporter), each.channel != "sms"))
    ]  # fmt: skip


def _masked(rt: Runtime, contact: ContactRow, sealed: bytes) -> str:
    try:
        return masked(open_contact(rt, contact, sealed))
    except Altered:
        return ALTERED
