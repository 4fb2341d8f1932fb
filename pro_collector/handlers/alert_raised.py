"""alert.raised: mail the study team that a person must look; the mail has none of the patient's words."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from pro_collector.casework.alerting import rule_of
from pro_collector.channels.mail import Mail, build_email
from pro_collector.channels.outcome import Accepted, Unknown
from pro_collector.display import alert
from pro_collector.display.alert import AlertText
from pro_collector.domain.conversation import channel_hold
from pro_collector.domain.conversation.reading_list import Importance
from pro_collector.domain.events import RULE, AlertRaised, derived_id
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, alerts, holds, participants, rosters, studies, tasks
from pro_collector.postgres.tables.alerts import AlertRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.runtime import Runtime
from pro_collector.words import REFERENCE
from scheduler.rules import Channel

log = structlog.get_logger(__name__)


RETRY_AFTER = timedelta(minutes=1)
RETRY_WITHOUT_OUTCOME = timedelta(minutes=5)
"""The wait before the retry of a mail without a recorded outcome, as when this process dies while it sends."""
TEXTS: Channel = "sms"


async def handle(events: Sequence[AlertRaised], rt: Runtime) -> None:
    """Mail the team of each participant's site, or else of the study; retry a failed mail every minute.

    An alert about an unknown sender goes to the team of the study that the event names. The retry is put on the agenda
    before the mail is sent, and no lock is held while the mail relay works. A task that is done by now needs no mail.
    """
    now = rt.clock.now()
    async with rt.database.once(events) as (tx, unhandled):
        people = await participants.lock(tx, [event.participant_id for event in unhandled])
        raised = await tasks.load(tx, [event.alert_id for event in unhandled])
        of_rules = await alerts.lock(tx, [event.alert_id for event in unhandled if event.kind == RULE])
        held = {hold.channel: channel_hold.reason_text(hold.reason) for hold in await holds.load_all(tx)}
        fresh = [event for event in unhandled if _is_needed(event, raised.get(event.alert_id), held, of_rules)]
        mails = [
            await _of_rule(tx, rt, event, people[event.participant_id], of_rules[event.alert_id])
            if event.kind == RULE
            else await _of_no_participant(tx, rt, event, event.study, held)
            if event.study
            else await _of_task(tx, rt, event, people[event.participant_id], raised[event.alert_id])
            for event in fresh
            if rt.smtp  # without a relay there is no sender address either
        ]
        await agenda.put(tx, [event.again(now + RETRY_WITHOUT_OUTCOME) for event in fresh])
    outcomes = await rt.smtp.send(mails) if rt.smtp else [Unknown("no mail relay is configured")] * len(fresh)
    failed = [event for event, outcome in zip(fresh, outcomes, strict=True) if not isinstance(outcome, Accepted)]
    if failed:
        log.error("an alert was not mailed; it will be retried", alerts=len(failed))
    async with rt.database.transaction() as tx:
        await agenda.cancel(tx, [event.again(now).id for event in fresh if event not in failed])
        await agenda.put(tx, [event.again(rt.clock.now() + RETRY_AFTER) for event in failed])


def _is_needed(
    event: AlertRaised, task: TaskRow | None, held: Mapping[Channel, str], of_rules: Mapping[UUID, AlertRow]
) -> bool:
    """Whether an alert is still needed: its task is not done, nobody has acknowledged it, or texts are still held.

    A stranger's always is.
    """
    if event.kind == RULE:
        return event.alert_id in of_rules and of_rules[event.alert_id].state == "raised"
    if event.kind == channel_hold.KIND:
        return TEXTS in held
    return event.study is not None or (task is not None and not task.done_at)


async def _of_task(tx: Tx, rt: Runtime, event: AlertRaised, person: ParticipantRow, task: TaskRow) -> Mail:
    """The mail about a task. It names the participant's code, the kind and the waiting time, and nothing else."""
    study = (await rt.studies.get(tx, person.study, person.study_version)).study
    short, days = str(event.alert_id)[:8], (rt.clock.now() - task.raised_at).days
    id = derived_id("alert.mail", event.alert_id, days) if days else event.alert_id
    perhaps = task.importance == Importance.MAY_BE_EMERGENCY
    wording = alert.of_task(event.kind, person.code, study.id, short, task.raised_at, days, perhaps=perhaps)
    return _mail(rt, id, study.team(person.site).email, wording)


async def _of_rule(tx: Tx, rt: Runtime, event: AlertRaised, person: ParticipantRow, row: AlertRow) -> Mail:
    """The mail about an alert of a rule, to one person of the roster, or to the contact; it has no health data."""
    study = (await rt.studies.get(tx, row.study, row.study_version)).study
    roster = await rosters.in_force(tx, row.study, rt.clock.now())
    colleague = roster.people.get(event.who) if roster and event.who else None
    said = alert.of_rule(person.code, row.study, rule_of(study, row.rule).urgency, str(row.id)[:8], row.raised_at)
    id = derived_id("alert.mail", row.id, event.who or "", row.step, row.came_back)
    return _mail(rt, id, colleague.mail if colleague else study.team(person.site).email, said)


async def _of_no_participant(tx: Tx, rt: Runtime, event: AlertRaised, study: str, held: Mapping[Channel, str]) -> Mail:
    """The mail about an unknown sender, who may belong to any study, or about a held channel."""
    versions = {row.id: row.version for row in await studies.all_in_force(tx)}
    team = (await rt.studies.get(tx, study, versions[study])).study.contact
    texts_held = event.kind == channel_hold.KIND
    said = alert.of_hold(event.kind, held[TEXTS]) if texts_held else alert.of_stranger(event.kind)
    return _mail(rt, event.alert_id, team.email, said)


def _mail(rt: Runtime, id: UUID, recipient: str, said: AlertText) -> Mail:
    return build_email(
        delivery_id=id,
        sender=rt.mail_sender,
        recipient=recipient,
        subject=said.subject,
        text=said.text,
        html="".join(f"<p>{line}</p>" for line in said.text.splitlines() if line),
        language=REFERENCE,
        unsubscribe_url=None,
        unsubscribe_address=None,  # a team must not opt out by the button of a mail program
        date=rt.clock.now(),
    )
