"""What the team does about an alert of a rule: acknowledge it, and close it with what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pro_collector.casework.alerting import clock_of, publish_change, rule_of, with_alert
from pro_collector.domain.alert.coverage import Gap, gaps
from pro_collector.domain.alert.life import DONE, Alert, Done, acknowledge, close, hand_over, release
from pro_collector.domain.alert.roster import Roster
from pro_collector.domain.alert.rule import AlertRule
from pro_collector.domain.alert.watching import WatchedTime, watched_time
from pro_collector.domain.events import AlertDue
from pro_collector.domain.near import unknown
from pro_collector.domain.study.alert_file import load_roster
from pro_collector.domain.study.definition import Study
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, alerts, participants, rosters
from pro_collector.postgres.tables.alerts import AlertLogRow, AlertRow
from pro_collector.runtime import Runtime

Acted = Literal["acknowledged", "released", "handed_over", "closed"]


async def acknowledge_alert(rt: Runtime, start: str, by: str) -> AlertRow:
    """Take care of the alert whose id begins with `start`.

    Raises Conflict if somebody does already, or if it is closed.
    """
    async with rt.database.transaction() as tx:
        row = await _locked(tx, start)
        rule, time = await _rule_and_clock(tx, rt, row)
        result = acknowledge(row.alert, by, rule, time, rt.clock.now())
        return await _saved(tx, row, result, "acknowledged", by, rt.clock.now())


async def release_alert(rt: Runtime, start: str, by: str) -> AlertRow:
    """Give back the alert whose id begins with `start`: it is told again from the first step.

    Raises Conflict if nobody has acknowledged it, or if it is closed.
    """
    async with rt.database.transaction() as tx:
        row = await _locked(tx, start)
        _, time = await _rule_and_clock(tx, rt, row)
        return await _saved(tx, row, release(row.alert, time, rt.clock.now()), "released", by, rt.clock.now())


async def hand_over_alert(rt: Runtime, start: str, to: str, by: str) -> AlertRow:
    """Give the acknowledged alert whose id begins with `start` to a colleague.

    Raises Conflict if nobody has acknowledged it, or if it is closed.
    """
    async with rt.database.transaction() as tx:
        row = await _locked(tx, start)
        return await _saved(tx, row, hand_over(row.alert, to), "handed_over", by, rt.clock.now())


async def close_alert(rt: Runtime, start: str, by: str, done: str, note: str = "") -> AlertRow:
    """Close the alert whose id begins with `start`.

    Raises Conflict if it is closed, BadInput for an unknown `done`.
    """
    if done not in DONE:
        raise BadInput([Problem("--done", None, "", unknown("way to close an alert", done, DONE))])
    known: Done = done
    async with rt.database.transaction() as tx:
        row = await _locked(tx, start)
        return await _saved(tx, row, close(row.alert, by, known, note, rt.clock.now()), "closed", by, rt.clock.now())


@dataclass(frozen=True, slots=True)
class RosterPreview:
    """What a roster leaves open: the roles of the study's rules that nobody has, and the gaps of the others."""

    nobody: tuple[str, ...]
    gaps: tuple[Gap, ...]


async def preview_roster(rt: Runtime, study: str, text: str, file: str) -> RosterPreview:
    """What a roster would leave open in the next two weeks. Changes nothing. Raises BadInput with every mistake."""
    async with rt.database.transaction() as tx:
        version = (await rt.studies.in_force(tx, study)).study
    return left_open(load_roster(text, file, version), version, rt.clock.now())


async def apply_roster(rt: Runtime, study: str, text: str, file: str, by: str) -> tuple[str, ...]:
    """Put a roster of a study in force. Returns the roles of the study's rules that nobody has.

    Raises BadInput with every mistake.
    """
    async with rt.database.transaction() as tx:
        version = (await rt.studies.in_force(tx, study)).study
        roster = load_roster(text, file, version)
        await rosters.put_in_force(tx, study, text, by, rt.clock.now())
    return tuple(sorted(roles_of(version) - roster.roles))


def left_open(roster: Roster, study: Study, now: datetime) -> RosterPreview:
    """What a roster leaves open in the next two weeks."""
    roles = roles_of(study)
    watched = study.alerts.watched if study.alerts else "always"
    sites: dict[str | None, WatchedTime] = {
        name: watched_time(watched, ZoneInfo(site.zone)) for name, site in study.sites.items()
    }
    found = tuple(gaps(roster, sorted(roles & roster.roles), sites, now))
    return RosterPreview(tuple(sorted(roles - roster.roles)), found)


def roles_of(study: Study) -> frozenset[str]:
    """The roles that the rules of a study want to tell."""
    rules = study.alerts.rules.values() if study.alerts else ()
    return frozenset(step.to for rule in rules for step in rule.steps)


async def _locked(tx: Tx, start: str) -> AlertRow:
    """The alert whose id begins with `start`. Raises NotFound, or Conflict if there are several."""
    found = await alerts.find_by_prefix(tx, start)
    if not found:
        raise NotFound(f"no alert begins with {start!r}; see: pro-collector alerts list")
    if len(found) > 1:
        raise Conflict(f"{len(found)} alerts begin with {start!r}: give more of the id")
    # whoever raises, tells or closes locks the participant first: no repeat may undo what a person does meanwhile
    await participants.lock(tx, [found[0].participant_id])
    rows = await alerts.lock(tx, [found[0].id])
    if found[0].id not in rows:
        raise NotFound("this alert was erased")
    return rows[found[0].id]


async def _rule_and_clock(tx: Tx, rt: Runtime, row: AlertRow) -> tuple[AlertRule, WatchedTime]:
    """The rule of an alert, and how its time counts at the site of the participant."""
    person = (await participants.load_many(tx, [row.participant_id]))[row.participant_id]
    study = (await rt.studies.get(tx, row.study, row.study_version)).study
    return rule_of(study, row.rule), clock_of(study, row.rule, person.site, person.zone)


async def _saved(tx: Tx, row: AlertRow, result: Alert | str, what: Acted, by: str, now: datetime) -> AlertRow:
    if isinstance(result, str):
        raise Conflict(result)
    changed = with_alert(row, result)
    await alerts.save(tx, changed)
    detail: dict[str, str | int | list[str]] = {} if changed.done is None else {"done": changed.done}
    if what == "handed_over" and changed.acknowledged_by:
        detail = {"to": changed.acknowledged_by}
    await alerts.add_log(tx, [AlertLogRow(row.id, now, what, by, detail)])
    await publish_change(tx, changed, what, now)
    if row.due_at is not None:
        await agenda.cancel(tx, [AlertDue.of(row.id, row.participant_id, row.due_at).id])
    if changed.due_at is not None:
        await agenda.put(tx, [AlertDue.of(row.id, row.participant_id, changed.due_at)])
    return changed
