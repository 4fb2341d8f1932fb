"""Raises the alerts of a study's rules, in the transaction that stored what they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.domain.alert.life import Alert, meet
from pro_collector.domain.alert.raising import AlertSubject, Triggered, alerts
from pro_collector.domain.alert.rule import AlertRule
from pro_collector.domain.alert.watching import WatchedTime, watched_time
from pro_collector.domain.condition.history import History
from pro_collector.domain.events import AlertDue, derived_id
from pro_collector.domain.study.definition import Study
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import person_history
from pro_collector.postgres.questions.person_history import PersonHistory
from pro_collector.postgres.tables import agenda
from pro_collector.postgres.tables import alerts as rows
from pro_collector.postgres.tables.alerts import AlertLogRow, AlertRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime


async def raise_alerts(
    tx: Tx, rt: Runtime, people: Mapping[UUID, ParticipantRow], ended: Mapping[UUID, Sequence[UUID]]
) -> None:
    """Evaluate the rules for people who are locked; `ended` has the occasions of each that just ended."""
    versions = {id: (await rt.studies.get(tx, people[id].study, people[id].study_version)).study for id in ended}
    ruled = {id: study.alerts for id, study in versions.items() if study.alerts is not None and study.alerts.rules}
    if not ruled:
        return
    histories = await person_history.load(tx, list(ruled))
    last = await rows.last(tx, list(ruled))
    counted = await rows.counted(tx, [occasion for id in ruled for occasion in ended[id]])
    for id, section in ruled.items():
        mine = {str(occasion) for occasion in ended[id]}
        for found in alerts(section.rules, subject_of(people[id], histories[id]), rt.clock.now()):
            if found.occasion in mine and (found.rule, found.reporter, UUID(found.occasion)) not in counted:
                before = last.get((id, found.rule, found.reporter))
                await _raise(tx, people[id], versions[id], found, before)


async def _raise(tx: Tx, person: ParticipantRow, study: Study, found: Triggered, before: AlertRow | None) -> None:
    rule, time = rule_of(study, found.rule), clock_of(study, found.rule, person.site, person.zone)
    alert = meet(found, before.alert if before else None, rule, time)
    new = before is None or alert.raised_at != before.raised_at
    row = _new(person, study, found, alert) if before is None or new else with_alert(before, alert)
    await rows.save(tx, row)
    await rows.count(tx, row, UUID(found.occasion), found.at)
    await rows.add_log(tx, [AlertLogRow(row.id, found.at, "raised" if new else "repeated")])
    if new and row.due_at is not None:
        await agenda.put(tx, [AlertDue.of(row.id, person.id, row.due_at)])


def subject_of(person: ParticipantRow, found: PersonHistory) -> AlertSubject:
    """A person as the rules see one."""
    zone = ZoneInfo(person.zone)
    histories = {
        reporter: History(
            tuple(found.values.get(reporter, ())), tuple(found.ended.get(reporter, ())), tuple(found.happened), zone
        )
        for reporter in {*found.values, *found.ended}
    }
    return AlertSubject(person.arm, person.site, histories)


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
