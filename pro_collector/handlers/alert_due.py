"""alert.due: tell the next step of the roster about an alert of a rule, or bring a forgotten one back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from pro_collector.casework.alerting import clock_of, publish_change, rule_of, with_alert
from pro_collector.casework.alerts_of_dead import close_of_dead
from pro_collector.casework.standing import load_standings
from pro_collector.domain.alert.life import Told, advance
from pro_collector.domain.events import AlertDue, AlertRaised
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, alerts, outbox, participants, rosters
from pro_collector.postgres.tables.alerts import AlertLogRow, AlertRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime


async def handle(events: Sequence[AlertDue], rt: Runtime) -> None:
    """Advance each alert that is due. One that was acknowledged or closed meanwhile has another moment, or none.

    Of somebody who has died nobody is told: the alert is closed.
    """
    async with rt.database.once(events) as (tx, fresh):
        people = await participants.lock(tx, [event.participant_id for event in fresh])
        rows = await alerts.lock(tx, [event.alert_id for event in fresh])
        now, moments = rt.clock.now(), {event.id for event in fresh}
        standings = await load_standings(tx, rt, list(people), now)
        for row in rows.values():
            if row.due_at is None:
                continue
            if standings[row.participant_id].died:
                await close_of_dead(tx, row, now)
            else:
                await _advance(tx, rt, row, people[row.participant_id], _now(row, moments, now))


def _now(row: AlertRow, moments: Collection[UUID], now: datetime) -> datetime:
    """The time; not before the moment that an event says has come, even if the clock of this machine is slow."""
    has_come = row.due_at is not None and AlertDue.of(row.id, row.participant_id, row.due_at).id in moments
    return max(now, row.due_at) if has_come and row.due_at else now


async def _advance(tx: Tx, rt: Runtime, row: AlertRow, person: ParticipantRow, now: datetime) -> None:
    study = (await rt.studies.get(tx, row.study, row.study_version)).study
    time = clock_of(study, row.rule, person.site, person.zone)
    roster = await rosters.in_force(tx, row.study, now)

    def on_duty(role: str) -> Collection[str]:
        return roster.on_duty(role, person.site, now, time.zone) if roster else ()

    alert, told = advance(row.alert, rule_of(study, row.rule), time, on_duty, now)
    if alert.due_at is None:
        return
    if not told:  # another moment is awaited; it is put back if it was lost
        await agenda.put(tx, [AlertDue.of(row.id, person.id, alert.due_at)])
        return
    await alerts.save(tx, with_alert(row, alert))
    came_back = alert.came_back > row.came_back
    if came_back:
        await alerts.add_log(tx, [AlertLogRow(row.id, now, "came_back")])
    if came_back or told[-1].step > 0:
        await publish_change(tx, row, "came_back" if came_back else "escalated", now)
    await alerts.add_log(tx, [_logged(row, each, now) for each in told])
    await outbox.add(tx, [AlertRaised.of_rule(row.id, person.id, who, now) for who in told[-1].people or (None,)])
    await agenda.put(tx, [AlertDue.of(row.id, person.id, alert.due_at)])


def _logged(row: AlertRow, told: Told, now: datetime) -> AlertLogRow:
    detail: dict[str, str | int | list[str]] = {"step": told.step, "role": told.role}
    if told.nobody:
        return AlertLogRow(row.id, now, "nobody", detail=detail)
    return AlertLogRow(row.id, now, "told", detail={**detail, "people": list(told.people)})
