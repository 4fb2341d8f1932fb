"""Loads the worklist of a study, as somebody may see it: the items at their sites, and the colleagues there."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.alerting import rule_of
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import Sites, may
from pro_collector.domain.events import derived_id
from pro_collector.domain.worklist import (
    NOBODY,
    About,
    AlertFacts,
    AskedCheckIn,
    SilentRun,
    WorkItem,
    of_alert,
    of_silence,
    of_task,
    silence_of,
)
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import worklist as rows
from pro_collector.postgres.questions.worklist import FoundAlert
from pro_collector.postgres.tables import accounts, studies
from pro_collector.runtime import Runtime


async def load_items(tx: Tx, rt: Runtime, study: str, sites: Sites) -> list[WorkItem]:
    """Everything that is open in a study at these sites, in no order."""
    tasks = [of_task(found.task, found.held) for found in await rows.open_tasks(tx, study, sites)]
    alerts = [await _alert(tx, rt, study, found) for found in await rows.open_alerts(tx, study, sites)]
    return [*tasks, *alerts, *await _silent(tx, rt, study, sites)]


async def find_item(tx: Tx, rt: Runtime, study: str, sites: Sites, id: UUID) -> WorkItem:
    """The item with this id, also if it is closed. Raises NotFound, also for one of another study or site."""
    if (task := await rows.find_task(tx, study, sites, id)) is not None:
        return of_task(task.task, task.held)
    if (alert := await rows.find_alert(tx, study, sites, id)) is not None:
        return await _alert(tx, rt, study, alert)
    for item in await _silent(tx, rt, study, sites, done=True):
        if item.id == id:
            return item
    raise NotFound(f"nothing on the list of {study} has this id")


async def colleagues(tx: Tx, study: str, site: str | None) -> list[str]:
    """The short names of everybody who may see to the items of a site, in order."""
    names = {row.id: row.handle for row in await accounts.load_all(tx) if row.removed_at is None}
    able = {
        names[row.account_id]
        for row in await accounts.grants_of_everybody(tx)
        if row.account_id in names and may([row.grant], Act.work_tasks, study, site)
    }
    return sorted(able)


async def zone_of(tx: Tx, rt: Runtime, study: str, about: About) -> ZoneInfo:
    """The time zone in which the team sees to somebody: that of their site, or their own without one."""
    current = await studies.current(tx, study)
    sites = (await rt.studies.get(tx, study, current.version)).study.sites if current else {}
    return ZoneInfo(sites[about.site].zone if about.site in sites else about.zone)


async def _alert(tx: Tx, rt: Runtime, study: str, found: FoundAlert) -> WorkItem:
    rule = rule_of((await rt.studies.get(tx, study, found.study_version)).study, found.rule)
    alert = AlertFacts(
        found.id, found.about, found.rule, rule.urgency, found.state, found.raised_at, found.last_at, found.due_at,
        found.repeats, found.came_back, found.acknowledged_by, rule.label.get("en") or next(iter(rule.label.values())),
    )  # fmt: skip
    return of_alert(alert, found.held)


async def _silent(tx: Tx, rt: Runtime, study: str, sites: Sites, *, done: bool = False) -> list[WorkItem]:
    """Who is silent; `done`: also those about whom something was done."""
    found = dict(_silences(await rows.asked_check_ins(tx, study, sites, rt.clock.now())))
    held = await rows.held_silences(tx, list(found)) if found else {}
    items = []
    for id, (about, silence) in found.items():
        whose, finished = held.get(id, (NOBODY, False))
        if done or not finished:
            items.append(of_silence(id, silence, about, whose, done=finished))
    return items


def _silences(asked: Mapping[About, Sequence[AskedCheckIn]]) -> Iterator[tuple[UUID, tuple[About, SilentRun]]]:
    for about, check_ins in asked.items():
        if (silence := silence_of(check_ins)) is not None:
            yield derived_id("silence", silence.check_in), (about, silence)
