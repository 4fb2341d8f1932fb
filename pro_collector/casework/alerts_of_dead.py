"""Closes the alerts of somebody who has died, so that nobody telephones a bereaved family; and undoes a mistake."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pro_collector.casework.alerting import clock_of, publish_change, with_alert
from pro_collector.casework.standing import load_standings
from pro_collector.domain.alert.life import PRODUCT, end_by_death, reopen
from pro_collector.domain.events import AlertDue
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda
from pro_collector.postgres.tables import alerts as rows
from pro_collector.postgres.tables.alerts import AlertLogRow, AlertRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from scheduler.rules import Reporter


async def follow_deaths(tx: Tx, rt: Runtime, people: Mapping[UUID, ParticipantRow]) -> None:
    """Close the open alerts of those of these people, who are locked, who have died.

    Those that a death closed are brought back if that death was retracted.
    """
    found = await rows.lock_open_or_of_dead(tx, list(people))
    if not found:
        return
    now = rt.clock.now()
    standings = await load_standings(tx, rt, list({row.participant_id for row in found}), now)
    taken = {_key(row) for row in found if row.state != "closed"}
    for row in sorted(found, key=lambda each: each.raised_at, reverse=True):
        if standings[row.participant_id].died and row.state != "closed":
            await close_of_dead(tx, row, now)
        elif not standings[row.participant_id].died and row.state == "closed" and _key(row) not in taken:
            taken.add(_key(row))  # a rule has one open alert
            await _bring_back(tx, rt, row, people[row.participant_id], now)


async def close_of_dead(tx: Tx, row: AlertRow, now: datetime) -> None:
    """Close a locked alert of somebody who has died; nobody is told any more."""
    ended = with_alert(row, end_by_death(row.alert, now))
    await rows.save(tx, ended)
    await rows.add_log(tx, [AlertLogRow(row.id, now, "closed", PRODUCT, {"done": "died"})])
    await publish_change(tx, ended, "closed", now)
    if row.due_at is not None:
        await agenda.cancel(tx, [AlertDue.of(row.id, row.participant_id, row.due_at).id])


async def _bring_back(tx: Tx, rt: Runtime, row: AlertRow, person: ParticipantRow, now: datetime) -> None:
    study = (await rt.studies.get(tx, row.study, row.study_version)).study
    alert = reopen(row.alert, clock_of(study, row.rule, person.site, person.zone), now)
    back = with_alert(row, alert)
    await rows.save(tx, back)
    await rows.add_log(tx, [AlertLogRow(row.id, now, "came_back", PRODUCT)])
    await publish_change(tx, back, "came_back", now)
    if alert.due_at is not None:
        await agenda.put(tx, [AlertDue.of(row.id, row.participant_id, alert.due_at)])


def _key(row: AlertRow) -> tuple[UUID, str, Reporter]:
    return row.participant_id, row.rule, row.reporter
