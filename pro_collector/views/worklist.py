"""What is to be done today in a study: its worklist at somebody's sites, and one item with everything about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.inbound.written import Viewer
from pro_collector.casework.worklist import colleagues, find_item, load_items
from pro_collector.commands.show_addresses import REMOVED
from pro_collector.commands.show_task import show_task, spoken
from pro_collector.display.broken_address import why_broken
from pro_collector.display.task import Task, sentence
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import RoleAt, Sites, may, sites_for
from pro_collector.domain.study.definition import Study
from pro_collector.domain.worklist import WORK_ACTS, ItemKind, WorkAct, WorkItem, counted, in_order, refusal
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import worklist as rows
from pro_collector.postgres.tables import alerts, contacts, studies, work
from pro_collector.postgres.tables.alerts import AlertLogRow, AlertRow
from pro_collector.postgres.tables.work import WorkLogRow
from pro_collector.runtime import Runtime
from scheduler.values import Reporter

Whose = Literal["all", "mine", "nobody"]
WHOSE: tuple[Whose, ...] = get_args(Whose)
Happened = AlertLogRow | WorkLogRow
_WHOSE: Mapping[Reporter, str] = {
    "self": "the patient", "proxy": "the parent or carer", "caregiver": "the caregiver, who is asked about themselves",
}  # fmt: skip
MOST = 100
"""The most items of one answer; the others come into view as these are done, or with a filter."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which items are wanted. `kind` and `site`: None is every one."""

    kind: ItemKind | None = None
    site: str | None = None
    whose: Whose = "all"


@dataclass(frozen=True, slots=True)
class Row:
    """An item on the list. `says`: what it is, in a sentence; `title`: of its check-in or rule, empty without one.

    `site`: its name, empty without one; `snoozed_until`: until when it is put off; `zone`: that of the site, in which
    the team works; `can`: what whoever asks may do to it now.
    """

    item: WorkItem
    says: str
    title: str
    site: str
    holder: str | None
    snoozed_until: datetime | None
    overdue: bool
    zone: ZoneInfo
    can: frozenset[WorkAct]


@dataclass(frozen=True, slots=True)
class Worklist:
    """The items of a study that somebody may see to, the most urgent first; those put off at the end.

    `counts`: how many there are of each kind, whatever was chosen; `mark`: changes with every change of the list;
    `left_off`: how many more there are than are shown; `sites`: their names.
    """

    study: str
    title: str
    at: datetime
    mark: str
    rows: Sequence[Row]
    left_off: int
    counts: Mapping[ItemKind, int]
    mine: int
    unowned: int
    sites: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BrokenTelephone:
    """A telephone that nobody can be called on: its column, whose it is, and why, in words."""

    column: str
    why: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """An item with all about it. `task`: of a task, with words only if whoever asks may read them; `alert`: of an
    alert; `log`: what happened to it and what the team did, oldest first; `others`: what else is open about the same
    person; `may`: what whoever asks may do at that site; `colleagues`: to whom it can be given; `broken`: of a call,
    the telephones that do not work."""

    row: Row
    at: datetime
    task: Task | None
    broken: Sequence[BrokenTelephone]
    alert: AlertRow | None
    log: Sequence[Happened]
    others: Sequence[Row]
    may: frozenset[Act]
    colleagues: Sequence[str]


@dataclass(frozen=True, slots=True)
class StudyWork:
    """A study in which somebody sees to items, and how many tasks and alerts are open there."""

    study: str
    title: str
    open: int


async def worklist(rt: Runtime, study: str, sites: Sites, chosen: ListFilter, by: str) -> Worklist:
    """What is open at these sites. Raises NotFound for a study that is not in force."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        version = await _study(tx, rt, study)
        mark = (await rows.news(tx, study, sites, now)).mark
        items = await load_items(tx, rt, study, sites)
        wanted = [item for item in in_order(items, now) if _is_wanted(item, chosen, by, now)]
    shown = [_row(version, item, by, now) for item in wanted[:MOST]]
    holders = [item.holder(now) for item in items]
    return Worklist(
        study, spoken(version.title), now, mark, shown, len(wanted) - len(shown), counted(items), holders.count(by),
        holders.count(None), {code: spoken(site.label) for code, site in version.sites.items() if code in sites},
    )  # fmt: skip


async def work_item(
    rt: Runtime, study: str, sites: Sites, id: UUID, viewer: Viewer, grants: Sequence[RoleAt]
) -> ItemPage:
    """One item; the look at its words is recorded. Raises NotFound, also for one of another study or site."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        version = await _study(tx, rt, study)
        item = await find_item(tx, rt, study, sites, id)
        row = _row(version, item, viewer.by, now)
        same = [each for each in await load_items(tx, rt, study, sites) if _is_beside(each, item)]
        others = [_row(version, each, viewer.by, now) for each in in_order(same, now)]
        alert = (await alerts.load(tx, [id])).get(id)
        told = await alerts.log_of(tx, id) if alert else []
        log: list[Happened] = sorted([*told, *await work.log_of(tx, id)], key=lambda each: each.at)
        able = await colleagues(tx, study, item.about.site)
        broken = await _broken(tx, item.about.participant_id) if item.kind == "call" and not item.closed else []
    acts = frozenset(act for act in Act if may(grants, act, study, item.about.site))
    task = None
    if item.kind not in ("alert", "silent") and Act.read_words in acts:
        task = await show_task(rt, str(id), viewer)
    return ItemPage(row, now, task, broken, alert, log, others, acts, able)


async def _broken(tx: Tx, participant: UUID) -> list[BrokenTelephone]:
    """The telephones of a person, and of who answers for them, that do not work; or that there is none."""
    own = (await contacts.of_participants(tx, [participant]))[participant]
    phones = [each for each in own if each.channel == "sms" and each.broken_reason != REMOVED]
    if not phones:
        return [BrokenTelephone("phone", "No telephone number is stored")]
    return [
        BrokenTelephone(
            each.column, f"The telephone of {_WHOSE[each.reporter]} does not work: {why_broken(each.broken_reason)}"
        )
        for each in phones
        if each.broken_at
    ]


async def studies_with_work(rt: Runtime, grants: Sequence[RoleAt]) -> list[StudyWork]:
    """The studies in force in which somebody with these grants sees to items, by their names."""
    found = []
    async with rt.database.transaction() as tx:
        for row in await studies.all_in_force(tx):
            if sites := sites_for(grants, Act.work_tasks, row.id):
                version = (await rt.studies.get(tx, row.id, row.version)).study
                found.append(StudyWork(row.id, spoken(version.title), await rows.count(tx, row.id, sites)))
    return sorted(found, key=lambda each: each.study)


async def _study(tx: Tx, rt: Runtime, study: str) -> Study:
    current = await studies.current(tx, study)
    if current is None:
        raise NotFound(f"no study {study!r} is in force")
    return (await rt.studies.get(tx, study, current.version)).study


def _row(study: Study, item: WorkItem, by: str, now: datetime) -> Row:
    hospital = study.sites.get(item.about.site or "")
    can = frozenset(act for act in WORK_ACTS if refusal(act, item, by, now) is None)
    return Row(
        item, _says(item), _title(study, item), spoken(hospital.label) if hospital else item.about.site or "",
        item.holder(now), item.snoozed_until(now),
        item.is_overdue(now), ZoneInfo(hospital.zone if hospital else item.about.zone), can,
    )  # fmt: skip


def _says(item: WorkItem) -> str:
    if item.kind == "alert":
        return "A rule of the study found something that somebody must look at"
    if item.kind == "silent":
        return f"They were asked {item.why} times in a row and have not answered"
    return sentence(item.kind, item.why)


def _title(study: Study, item: WorkItem) -> str:
    """The label of the rule of an alert, or the title of the check-in that a task is about."""
    assessment = study.assessments.get(item.assessment or "")
    return item.label or (spoken(assessment.title) if assessment else item.assessment or "")


def _is_wanted(item: WorkItem, chosen: ListFilter, by: str, now: datetime) -> bool:
    holder = item.holder(now)
    if chosen.kind not in (None, item.kind) or chosen.site not in (None, item.about.site):
        return False
    return chosen.whose == "all" or holder == (by if chosen.whose == "mine" else None)


def _is_beside(each: WorkItem, item: WorkItem) -> bool:
    return each.about.participant_id == item.about.participant_id and each.id != item.id
