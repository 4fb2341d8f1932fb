"""Raises the alerts of a study's rules, in the transaction that stored what they rest on."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.standing import load_standings
from pro_collector.domain.alert.life import Alert, meet
from pro_collector.domain.alert.raising import AlertSubject, Triggered, raised_by, raised_by_silence, still_holds
from pro_collector.domain.alert.rule import AlertRule
from pro_collector.domain.alert.watching import WatchedTime, watched_time
from pro_collector.domain.alert_changed import AlertChange, AlertChanged
from pro_collector.domain.condition.history import histories
from pro_collector.domain.events import AdviceDue, AlertDue, derived_id
from pro_collector.domain.study.definition import Study
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import person_history
from pro_collector.postgres.questions.person_history import PersonHistory
from pro_collector.postgres.tables import agenda, outbox
from pro_collector.postgres.tables import alerts as rows
from pro_collector.postgres.tables.alerts import AlertLogRow, AlertRow, What
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from scheduler.person import SUPPRESSING

Changed = Mapping[UUID, Mapping[UUID, datetime]]
"""The occasions of each participant that ended or were corrected, each with the instant of the first such change."""

NOTICED_WITHIN = timedelta(days=2)
"""A silence is noticed in the first night after it has become long enough."""


async def raise_alerts(tx: Tx, rt: Runtime, people: Mapping[UUID, ParticipantRow], changed: Changed) -> None:
    """Evaluate the rules for people who are locked. Nothing is raised about somebody who has died.

    An alert that is open is told apart if its rule no longer holds, because an answer was corrected.
    """
    now, concerned = rt.clock.now(), [id for id, occasions in changed.items() if occasions]
    versions = {id: (await rt.studies.get(tx, people[id].study, people[id].study_version)).study for id in concerned}
    last = await rows.lock_last(tx, concerned)
    had = {key[0] for key in last}
    looked_at = [id for id, study in versions.items() if (study.alerts and study.alerts.rules) or id in had]
    if not looked_at:
        return
    standings = await load_standings(tx, rt, looked_at, now)
    ruled = {id: versions[id] for id in looked_at if not standings[id].died}
    found_of = await person_history.load(tx, list(ruled))
    counted = await rows.counted(tx, [occasion for id in ruled for occasion in changed[id]])
    for id, study in ruled.items():
        subject = subject_of(people[id], found_of[id])
        rules = study.alerts.rules if study.alerts else {}
        for found in raised_by(rules, subject, {str(occasion): at for occasion, at in changed[id].items()}, now):
            if (found.rule, found.reporter, UUID(found.occasion)) not in counted:
                key = id, found.rule, found.reporter
                last[key] = await _raise(tx, people[id], study, found, last.get(key), now)
        await _look_again(tx, rt, [row for key, row in last.items() if key[0] == id], subject, now)


async def raise_for_silence(tx: Tx, rt: Runtime, people: Mapping[UUID, ParticipantRow]) -> None:
    """Evaluate the rules that wait for a silence, for people who are locked: not for whoever is away or has left."""
    now = rt.clock.now()
    standings = await load_standings(tx, rt, list(people), now)
    here = [
        id for id, each in standings.items() if not each.has_left and not each.died and not each.states & SUPPRESSING
    ]
    found_of, last = await person_history.load(tx, here), await rows.lock_last(tx, here)
    for id in here:
        study = (await rt.studies.get(tx, people[id].study, people[id].study_version)).study
        rules = study.alerts.rules if study.alerts else {}
        for found in raised_by_silence(rules, subject_of(people[id], found_of[id]), now):
            counted = await rows.counted(tx, [UUID(found.occasion)])
            if (found.rule, found.reporter, UUID(found.occasion)) not in counted:
                at = found.at if found.at > now - NOTICED_WITHIN else now  # a rule is new, or nobody looked for long
                before = last.get((id, found.rule, found.reporter))
                await _raise(tx, people[id], study, replace(found, at=at), before, now)


async def _raise(
    tx: Tx, person: ParticipantRow, study: Study, found: Triggered, before: AlertRow | None, now: datetime
) -> AlertRow:
    rule, time = rule_of(study, found.rule), clock_of(study, found.rule, person.site, person.zone)
    alert = meet(found, before.alert if before else None, rule, time, now)
    new = before is None or alert.raised_at != before.raised_at
    row = _new(person, study, found, alert) if before is None or new else with_alert(before, alert)
    await rows.save(tx, row)
    await rows.count(tx, row, UUID(found.occasion), found.at)
    await rows.add_log(tx, [AlertLogRow(row.id, now, "raised" if new else "repeated")])
    if new:
        await publish_change(tx, row, "raised", now)
    if new and row.due_at is not None:
        await agenda.put(tx, [AlertDue.of(row.id, person.id, row.due_at)])
    if new and (rule.advice or not time.watched(now)):
        await outbox.add(tx, [AdviceDue.of(row.id, person.id, UUID(found.occasion), now)])
    return row


async def _look_again(tx: Tx, rt: Runtime, last: Iterable[AlertRow], subject: AlertSubject, now: datetime) -> None:
    """Record which open alerts rest on answers that were corrected, so that their rule holds no longer, or again."""
    waiting = [row for row in last if row.state != "closed" and row.reporter in subject.histories]
    if not waiting:
        return
    instants = await rows.counted_for(tx, [row.id for row in waiting])
    before = await rows.not_holding(tx, [row.id for row in waiting])
    for row in waiting:
        rule = rule_of((await rt.studies.get(tx, row.study, row.study_version)).study, row.rule)
        holds = any(still_holds(rule, subject.histories[row.reporter], at, now) for at in instants[row.id])
        if holds == (row.id in before):
            what: What = "holds_again" if holds else "no_longer_holds"
            await rows.add_log(tx, [AlertLogRow(row.id, now, what)])


async def publish_change(tx: Tx, row: AlertRow, change: AlertChange, now: datetime) -> None:
    """Publish what happened to an alert, for the programs of others."""
    event = AlertChanged.of(
        row.id, row.participant_id, row.study, row.rule, row.reporter, change, raised_at=row.raised_at, at=now,
        done=row.done,
    )  # fmt: skip
    await outbox.add(tx, [event])


def subject_of(person: ParticipantRow, found: PersonHistory) -> AlertSubject:
    """A person as the rules see one."""
    said = histories(found.values, found.ended, found.happened, ZoneInfo(person.zone))
    return AlertSubject(person.arm, person.site, said, tuple(found.crossovers))


def rule_of(study: Study, name: str) -> AlertRule:
    """A rule of a version of a study. Raises NotFound."""
    if study.alerts is None or name not in study.alerts.rules:
        raise NotFound(f"study {study.id} {study.version} has no rule {name}")
    return study.alerts.rules[name]


def clock_of(study: Study, rule: str, site: str | None, zone: str) -> WatchedTime:
    """How time counts for a rule at a site; a person without a site has their own time zone."""
    hospital = study.sites.get(site or "")
    watched = study.alerts.watched if study.alerts else "always"
    return watched_time(
        watched, ZoneInfo(hospital.zone if hospital else zone), every_hour=rule_of(study, rule).every_hour
    )


def with_alert(row: AlertRow, alert: Alert) -> AlertRow:
    """The row of an alert after it changed."""
    return replace(
        row, state=alert.state, last_at=alert.last_at, due_at=alert.due_at, repeats=alert.repeats, step=alert.step,
        came_back=alert.came_back, acknowledged_by=alert.acknowledged_by, acknowledged_at=alert.acknowledged_at,
        closed_by=alert.closed_by, closed_at=alert.closed_at, done=alert.done, note=alert.note,
    )  # fmt: skip


def _new(person: ParticipantRow, study: Study, found: Triggered, alert: Alert) -> AlertRow:
    id = derived_id("rule.alert", person.id, found.rule, found.reporter, found.occasion)
    return AlertRow(
        id, person.id, study.id, study.version, found.rule, found.reporter, alert.state, alert.raised_at, alert.last_at,
        alert.due_at,
    )  # fmt: skip
