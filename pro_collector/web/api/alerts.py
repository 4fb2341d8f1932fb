"""The alerts of a study for programs: open and closed ones, one with its life, acting on it, figures, a back-test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field

from pro_collector.commands.act_on_alert import (
    RosterPreview,
    acknowledge_alert,
    apply_roster,
    close_alert,
    preview_roster,
)
from pro_collector.commands.backtest_alerts import RuleFile, ask_backtest
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import ALL_SITES, may
from pro_collector.domain.alert.life import DONE, NOTHING_DONE
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.postgres.questions.alert_pages import AnsweredRow, FigureRow
from pro_collector.views.alerts import (
    AlertList,
    AlertPage,
    ListedAlert,
    alert_figures,
    alert_list,
    alert_page,
    find_alert,
)
from pro_collector.views.roster import RosterPage, roster_page
from pro_collector.web.api.models import model_of
from pro_collector.web.api.people import DryRun
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit
from pro_collector.web.api.study import Job

AlertId = Annotated[UUID, Path(alias="alert", description="the id of the alert")]
Alert = model_of(ListedAlert, without=("rule",), properties=("label",))
Alerts = model_of(AlertList, inside={"open": Sequence[Alert], "closed": Sequence[Alert]})  # type: ignore[valid-type]
OneAlert = model_of(AlertPage, inside={"alert": Alert})
Roster = model_of(RosterPage, without=("document",))
RULES, ROSTER = "rules", "text"


class ClosedWith(BaseModel):
    """What was done about an alert; where it was nothing, the note says why."""

    done: str = Field(description=f"one of {', '.join(DONE)}")
    note: str = Field(default="", max_length=2000, description="without names")


class RulesToTry(BaseModel):
    """Rules to try on the stored answers: the section `alerts` of a study file, as YAML."""

    rules: str = Field(min_length=1, max_length=100_000)
    old: str | None = Field(default=None, max_length=100_000, description="rules to stand beside them")
    event: str | None = Field(default=None, max_length=100, description="judge alerts by whether it came")
    days: int = Field(default=7, ge=0, le=365, description="at most so many days later")
    nurses: int = Field(default=1, ge=1, le=99, description="how many share the work")


class RosterFile(BaseModel):
    """A roster, as YAML."""

    text: str = Field(min_length=1, max_length=100_000)


class ActedOnAlert(BaseModel):
    """What was done with an alert."""

    alert: UUID
    done: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts and times of the alerts of a year, and the answered check-ins beside which they stand."""

    since: datetime
    rows: Sequence[FigureRow]
    answered: Sequence[AnsweredRow]


async def list_of_alerts(visit: Visit) -> AlertList:
    """The open alerts, the most urgent first, and the last that were closed."""
    shown = await alert_list(visit.rt, visit.study, visit.sites)
    return replace(
        shown,
        open=[_readable(visit, each) for each in shown.open],
        closed=[_readable(visit, each) for each in shown.closed],
    )


async def one_alert(visit: Visit, alert: AlertId) -> AlertPage:
    """One alert, what became of it, and what it rests on."""
    shown = await alert_page(visit.rt, visit.study, visit.sites, str(alert))
    return replace(shown, alert=_readable(visit, shown.alert))


async def figures_of_alerts(visit: Visit) -> Figures:
    """Counts and times of the alerts of the last twelve months, by rule, site and month."""
    shown = await alert_figures(visit.rt, visit.study, visit.sites)
    return Figures(shown.since, shown.rows, list(shown.answered.values()))


async def acknowledge(visit: Visit, alert: AlertId) -> ActedOnAlert:
    """Take care of an alert; whoever comes second is refused."""
    await acknowledge_alert(visit.acts, await _found(visit, alert), visit.who.name)
    return ActedOnAlert(alert=alert, done="acknowledged")


async def close(visit: Visit, alert: AlertId, sent: ClosedWith) -> ActedOnAlert:
    """Close an alert with what was done."""
    if sent.done in NOTHING_DONE and not sent.note.strip():
        raise BadInput([Problem("", None, "note", "say why nothing was done")])
    await close_alert(visit.acts, await _found(visit, alert), visit.who.name, sent.done, sent.note)
    return ActedOnAlert(alert=alert, done="closed")


async def backtest_rules(visit: Visit, sent: RulesToTry) -> Job:
    """Have rules tried on the stored answers of the people whom you may see. Nobody is alerted, nothing changes."""
    old = RuleFile(sent.old, "old") if sent.old else None
    job = await ask_backtest(
        visit.acts, visit.study, RuleFile(sent.rules, RULES), old=old, event=sent.event, days=sent.days,
        nurses=sent.nurses, sites=visit.sites, by=visit.who.name,
    )  # fmt: skip
    return Job(job=job)


async def roster_of_study(visit: Visit) -> RosterPage:
    """Who is on duty now, and what the roster leaves open."""
    return await roster_page(visit.rt, visit.study, visit.sites)


async def put_roster_in_force(visit: Visit, sent: RosterFile, *, dry_run: DryRun = False) -> RosterPreview:
    """Put a roster in force, or with `dry_run` see what it would leave open in the next two weeks."""
    if visit.sites != ALL_SITES:
        raise NotFound("a roster is for all sites")
    preview = await preview_roster(visit.rt, visit.study, sent.text, ROSTER)
    if not dry_run:
        await apply_roster(visit.acts, visit.study, sent.text, ROSTER, visit.who.name)
    return preview


async def _found(visit: Visit, alert: UUID) -> str:
    """The id of the alert, if it is about somebody at a site where whoever asks may act. Raises NotFound."""
    async with visit.rt.database.transaction() as tx:
        return str((await find_alert(tx, visit.study, visit.sites, str(alert))).id)


def _readable(visit: Visit, alert: ListedAlert) -> ListedAlert:
    """The alert; without its note for whoever may not read words, because notes may quote somebody."""
    if may(visit.who.grants, Act.read_words, visit.study, alert.row.site):
        return alert
    return replace(alert, row=replace(alert.row, note=None))


def add_alerts(routes: ApiRoutes) -> None:
    """Add these routes."""
    path, tag = f"{OF_STUDY}/alerts", "alerts"
    routes.add(Act.see_people, path, list_of_alerts, answers=Alerts, tag=tag)
    routes.add(Act.see_people, f"{path}/figures", figures_of_alerts, tag=tag)
    routes.add(Act.see_people, f"{path}/backtest", backtest_rules, method="POST", status=202, tag=tag)
    routes.add(Act.see_people, f"{path}/roster", roster_of_study, answers=Roster, tag=tag)
    routes.add(Act.amend_study, f"{path}/roster", put_roster_in_force, method="POST", tag=tag)
    routes.add(Act.see_people, f"{path}/{{alert}}", one_alert, answers=OneAlert, tag=tag)
    routes.add(Act.work_tasks, f"{path}/{{alert}}/acknowledge", acknowledge, method="POST", tag=tag)
    routes.add(Act.work_tasks, f"{path}/{{alert}}/close", close, method="POST", tag=tag)
