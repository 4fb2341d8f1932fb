"""alert.raised: tell the study team, by mail, that a person must look, until one has; what was written stays here."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from pro_collector.channels.mail import Mail, build_email
from pro_collector.channels.outcome import Accepted, Unknown
from pro_collector.domain.events import AlertRaised, derived_id
from pro_collector.postgres import agenda, participants, tasks
from pro_collector.postgres.agenda import Entry
from pro_collector.postgres.database import Tx
from pro_collector.postgres.participants import ParticipantRow
from pro_collector.runtime import Runtime

log = structlog.get_logger(__name__)


AGAIN_AFTER = timedelta(minutes=1)
UNLESS_TOLD = timedelta(minutes=5)
"""When it is tried again if nobody ever says what became of this try, as when we die in the middle of it."""


async def handle(events: Sequence[AlertRaised], rt: Runtime) -> None:
    """Mail the team of each participant's site, or the study's; a mail that did not leave is tried every minute.

    The next try is on the agenda before this one begins, and nobody is locked while a mail relay takes its time. What
    was done meanwhile needs no mail any more.
    """
    now = rt.clock.now()
    async with rt.database.once(events) as (tx, unheard):
        people = await participants.lock(tx, [event.participant_id for event in unheard])
        raised = await tasks.load(tx, [event.alert_id for event in unheard])
        fresh = [event for event in unheard if event.alert_id in raised and not raised[event.alert_id]["done_at"]]
        mails = [await _mail(tx, rt, event, people[event.participant_id], raised[event.alert_id]) for event in fresh]
        await agenda.put(tx, [_again(event, now + UNLESS_TOLD) for event in fresh])
    outcomes = await rt.smtp.send(mails) if rt.smtp else [Unknown("no mail relay is configured")] * len(mails)
    failed = [event for event, outcome in zip(fresh, outcomes, strict=True) if not isinstance(outcome, Accepted)]
    if failed:
        log.error("nobody was told of an alert yet; trying again", alerts=len(failed))
    async with rt.database.transaction() as tx:
        await agenda.cancel(tx, [_again(event, now).event_id for event in fresh if event not in failed])
        await agenda.put(tx, [_again(event, rt.clock.now() + AGAIN_AFTER) for event in failed])


async def _mail(tx: Tx, rt: Runtime, event: AlertRaised, person: ParticipantRow, task: dict[str, Any]) -> Mail:
    """The mail names a participant's code, and since when a person should have looked; no more."""
    study = (await rt.studies.get(tx, person.study, person.study_version)).study
    short, days = str(event.alert_id)[:8], (rt.clock.now() - task["raised_at"]).days
    waits = f" Nobody has marked it done since {task['raised_at']:%Y-%m-%d %H:%M} UTC." if days else ""
    words = (
        f"Participant {person.code} of {study.id} wrote something that a person must see to now ({event.kind}).{waits}"
        f"\n\nRead it: pro-collector tasks show {short}"
        f"\nWhen somebody has acted: pro-collector tasks done {short}\n"
    )
    return build_email(
        delivery_id=derived_id("alert.mail", event.alert_id, days) if days else event.alert_id,
        sender=rt.mail_sender,
        recipient=study.team(person.site).email,
        subject=f"{event.kind}{', still waiting' if days else ''}: {person.code}",
        text=words,
        html="".join(f"<p>{line}</p>" for line in words.splitlines() if line),
        language="en",
        unsubscribe_url=None,
        unsubscribe_address=None,  # nobody stops being the team by a button of their mail program
        date=rt.clock.now(),
    )


def _again(event: AlertRaised, at: datetime) -> Entry:
    id = derived_id("alert.raised", event.id, "again")
    payload = {"alert_id": str(event.alert_id), "kind": event.kind}
    return Entry(id, at, AlertRaised.type, event.participant_id, None, payload)
