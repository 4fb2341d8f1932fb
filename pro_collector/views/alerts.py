"""What the pages about alerts show: those that are open, the last that were closed, one with its life, and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pro_collector.casework.standing import load_standings
from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.alert.life import NOTHING_DONE
from pro_collector.domain.alert.rule import URGENCIES, AlertRule
from pro_collector.domain.condition.language import OfValue, leaves
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import alert_pages, person_history
from pro_collector.postgres.questions.alert_pages import AnsweredRow, FigureRow, LifeRow, ShownAlert
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.runtime import Runtime

FIGURES_OF = timedelta(days=366)
"""The figures are those of the alerts raised in the last twelve months."""


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """An alert with its rule, by the study version that raised it. `gone`: the rule is not in the present version.

    `site`: its name, empty without one; `zone`: that of the site; of whoever has no site, their own.
    """

    row: ShownAlert
    rule: AlertRule
    gone: bool
    site: str
    zone: str

    @property
    def label(self) -> str:
        """What the team reads about the rule, in English or the first language that it has."""
        return self.rule.label.get("en") or next(iter(self.rule.label.values()))


@dataclass(frozen=True, slots=True)
class AlertList:
    """The open alerts, the most urgent first and then the oldest, and the last that were closed."""

    now: datetime
    open: Sequence[ListedAlert]
    closed: Sequence[ListedAlert]


@dataclass(frozen=True, slots=True)
class Cause:
    """An answer, score or missed check-in that an alert rests on, as it is known now. `label`: what it is, in words."""

    instrument: str
    name: str
    label: str
    value: float | str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertPage:
    """One alert with its life, and what it rests on. `died`, `left`: the participant, since."""

    now: datetime
    alert: ListedAlert
    life: Sequence[LifeRow]
    causes: Sequence[Cause]
    died: bool
    left: bool


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """Counts and times of the alerts of the last year, and the answered check-ins beside which they stand.

    `rules`, `sites`: their names, by the version in force.
    """

    since: datetime
    rows: Sequence[FigureRow]
    answered: Mapping[tuple[str, Any], AnsweredRow] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)

    def beside(self, row: FigureRow) -> AnsweredRow | None:
        """The answered check-ins of the same site or month; for a rule, those of all."""
        key = {"site": row.site, "month": row.month}.get(row.kind)
        kind = "all" if row.kind == "rule" else row.kind
        return self.answered.get((kind, key))

    def per_hundred(self, row: FigureRow) -> float | None:
        """Alerts for a hundred answered check-ins; None if there were none."""
        beside = self.beside(row)
        return 100 * row.alerts / beside.check_ins if beside and beside.check_ins else None


async def alert_list(rt: Runtime, study: str, sites: Sites) -> AlertList:
    """The alerts of people at these sites."""
    async with rt.database.transaction() as tx:
        open_ = [await _listed(tx, rt, row) for row in await alert_pages.open_alerts(tx, study, sites.listed)]
        closed = [await _listed(tx, rt, row) for row in await alert_pages.closed_alerts(tx, study, sites.listed)]
    return AlertList(rt.clock.now(), sorted(open_, key=lambda each: URGENCIES.index(each.rule.urgency)), closed)


async def find_alert(tx: Tx, study: str, sites: Sites, id: str) -> ShownAlert:
    """The alert with this id about somebody at one of these sites.

    Raises NotFound if there is none, and in the same words if it is about somebody at another site.
    """
    try:
        found = await alert_pages.one_alert(tx, study, sites.listed, UUID(id))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(f"no alert {id!r}")
    return found


async def alert_page(rt: Runtime, study: str, sites: Sites, id: str) -> AlertPage:
    """One alert, what became of it, and what it rests on. Raises NotFound."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        row = await find_alert(tx, study, sites, id)
        listed = await _listed(tx, rt, row)
        standing = (await load_standings(tx, rt, [row.participant_id], now))[row.participant_id]
        life = await alert_pages.life_of(tx, row.id)
        causes = await _causes(tx, rt, listed)
    return AlertPage(now, listed, life, causes, standing.died, standing.has_left)


async def alert_figures(rt: Runtime, study: str, sites: Sites) -> AlertFigures:
    """Counts and times of the alerts of people at these sites."""
    since = rt.clock.now() - FIGURES_OF
    async with rt.database.transaction() as tx:
        rows = await alert_pages.figures(tx, study, sites.listed, since, sorted(NOTHING_DONE))
        answered = await alert_pages.answered(tx, study, sites.listed, since)
        now = (await rt.studies.in_force(tx, study)).study
    return AlertFigures(
        since,
        rows,
        {(row.kind, row.site or row.month): row for row in answered},
        {name: spoken(rule.label) for name, rule in now.alerts.rules.items()} if now.alerts else {},
        {name: spoken(site.label) for name, site in now.sites.items()},
    )


async def _listed(tx: Tx, rt: Runtime, row: ShownAlert) -> ListedAlert:
    study = (await rt.studies.get(tx, row.study, row.study_version)).study
    if study.alerts is None:
        raise NotFound(f"the alert {row.id} has no rule")
    now = (await rt.studies.in_force(tx, row.study)).study.alerts
    site = study.sites.get(row.site or "")
    gone = now is None or row.rule not in now.rules
    name, zone = (spoken(site.label), site.zone) if site else (row.site or "", row.zone)
    return ListedAlert(row, study.alerts.rules[row.rule], gone, name, zone)


async def _causes(tx: Tx, rt: Runtime, alert: ListedAlert) -> list[Cause]:
    """The answers and scores that the rule looks at, of the check-ins that raised it; without free text."""
    version = await rt.studies.get(tx, alert.row.study, alert.row.study_version)
    titles = {name: spoken(each.title) for name, each in version.study.assessments.items()}
    occasions = {str(id) for id in await alert_pages.raised_by(tx, alert.row.id)}
    history = (await person_history.load(tx, [alert.row.participant_id]))[alert.row.participant_id]
    looked_at = [leaf for leaf in leaves(alert.rule.when) if isinstance(leaf, OfValue)]
    names = {(leaf.instrument, leaf.name) for leaf in looked_at}
    known = {
        (each.occasion, each.instrument, each.name): Cause(
            each.instrument, each.name, _named(version, each.instrument, each.name), each.value, each.at
        )
        for each in history.values.get(alert.row.reporter, ())
        if each.occasion in occasions and (each.instrument, each.name) in names
    }
    missed = [
        Cause(each.assessment, "", titles.get(each.assessment, each.assessment), None, each.at)
        for each in history.ended.get(alert.row.reporter, ())
        if each.occasion in occasions and not each.answered
    ]
    return sorted([*known.values(), *missed], key=lambda each: (each.at, each.instrument, each.name))


def _named(version: StudyVersion, instrument: str, name: str) -> str:
    """A scale by its title, an item by its question; with the title of the questionnaire."""
    found = version.instruments.get(instrument)
    if found is None:
        return f"{instrument} {name}"
    scales = {scale.id: scale.title for scale in found.scales}
    text = found.texts.get("en") or next(iter(found.texts.values()), None)
    asked = text.items.get(name) if text else None
    question = next(iter(asked.prompt.values())) if asked else name.replace("_", " ")
    return f"{found.title}: {scales.get(name, question)}"
