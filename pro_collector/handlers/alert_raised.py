"""alert.raised: tell the study team that a person must look; the mail or text has none of the patient's words."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from pro_collector.casework.alert_delivery import is_useless, record
from pro_collector.casework.alerting import rule_of
from pro_collector.casework.sending.hand_over import PROVIDERS_CLOCK
from pro_collector.casework.speaking.links import alert_url
from pro_collector.casework.standing import load_standings
from pro_collector.channels.mail import Mail, build_email
from pro_collector.channels.outcome import Accepted, Outcome, Unknown
from pro_collector.display import alert
from pro_collector.display.alert import AlertText
from pro_collector.domain.conversation import channel_hold
from pro_collector.domain.conversation.permission import Standing
from pro_collector.domain.conversation.reading_list import Importance
from pro_collector.domain.events import RULE, AlertRaised, derived_id
from pro_collector.domain.instrument.sms_text import segments
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


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is told, and where. `phone`: None if they get no text."""

    event: AlertRaised
    mail: str
    said: AlertText
    phone: str | None = None
    text: str = ""


async def handle(events: Sequence[AlertRaised], rt: Runtime) -> None:
    """Mail the team of each participant's site, or else of the study; retry a failed mail every minute.

    An alert of a rule goes to people of the roster, by text too. One about an unknown sender goes to the team of the
    study that the event names. The retry is put on the agenda before the mail is sent, and no lock is held while the
    mail relay works. A task that is done by now needs no mail; of somebody who has died no rule is told.
    """
    now = rt.clock.now()
    async with rt.database.once(events) as (tx, unhandled):
        people = await participants.lock(tx, [event.participant_id for event in unhandled])
        raised = await tasks.load(tx, [event.alert_id for event in unhandled])
        rules = [event for event in unhandled if event.kind == RULE]
        of_rules = await alerts.lock(tx, [event.alert_id for event in rules])
        standings = await load_standings(tx, rt, [row.participant_id for row in of_rules.values()], now)
        awaited = {id: row for id, row in of_rules.items() if not standings[row.participant_id].died}
        held = {hold.channel: channel_hold.reason_text(hold.reason) for hold in await holds.load_all(tx)}
        fresh = [event for event in unhandled if _is_needed(event, raised.get(event.alert_id), held, awaited)]
        told = await _notices(
            tx,
            rt,
            [event for event in fresh if event.kind == RULE],
            awaited,
            people,
            standings,
            texts=TEXTS not in held,
        )
        of_rule = {each.event.id: each for each in told}
        mails = [
            _mail(rt, event.first or event.id, of_rule[event.id].mail, of_rule[event.id].said)
            if event.id in of_rule
            else await _of_no_participant(tx, rt, event, event.study, held)
            if event.study
            else await _of_task(tx, rt, event, people[event.participant_id], raised[event.alert_id])
            for event in fresh
            if rt.smtp  # without a relay there is no sender address either
        ]
        await agenda.put(tx, [event.again(now + RETRY_WITHOUT_OUTCOME) for event in fresh])
    texted = await _send_texts(rt, told)
    outcomes = await rt.smtp.send(mails) if rt.smtp else [Unknown("no mail relay is configured")] * len(fresh)
    mailed = list(zip(fresh, outcomes, strict=True))
    failed = [
        event for event, outcome in mailed if not isinstance(outcome, Accepted) and not is_useless(event, outcome)
    ]
    if failed:
        log.error("an alert was not mailed; it will be retried", alerts=len(failed))
    async with rt.database.transaction() as tx:
        await agenda.cancel(tx, [event.again(now).id for event in fresh if event not in failed])
        await agenda.put(tx, [event.again(rt.clock.now() + RETRY_AFTER) for event in failed])
        await record(tx, rt, mailed, texted)


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


async def _notices(
    tx: Tx, rt: Runtime, events: Sequence[AlertRaised], rows: Mapping[UUID, AlertRow],
    people: Mapping[UUID, ParticipantRow], standings: Mapping[UUID, Standing], *, texts: bool,
) -> list[Notice]:  # fmt: skip
    """What to say about alerts that nobody has acknowledged; `texts`: whether any text may leave now."""
    corrected = await alerts.not_holding(tx, list(rows))
    deaths = await tasks.participants_with(tx, list(people), "death")
    found = []
    for event in events:
        row, person = rows[event.alert_id], people[event.participant_id]
        notes = [
            note
            for note, holds in (
                ("rule_death", person.id in deaths),
                ("rule_left", standings[person.id].has_left),
                ("rule_corrected", row.id in corrected),
            )
            if holds
        ]
        found.append(await _notice(tx, rt, event, row, person, notes, texts=texts))
    return found


async def _notice(
    tx: Tx, rt: Runtime, event: AlertRaised, row: AlertRow, person: ParticipantRow, notes: Sequence[str], *, texts: bool
) -> Notice:
    study = (await rt.studies.get(tx, row.study, row.study_version)).study
    roster = await rosters.in_force(tx, row.study, rt.clock.now())
    colleague = roster.people.get(event.who) if roster and event.who else None
    urgency, link = rule_of(study, row.rule).urgency, alert_url(rt, row.study, row.id)
    said = alert.of_rule(person.code, row.study, urgency, row.raised_at, link, notes)
    if colleague is None:
        return Notice(event, study.team(person.site).email, said)
    phone = colleague.phone if texts and event.first is None else None  # a text is never repeated: it may have left
    return Notice(event, colleague.mail, said, phone, alert.text_of_rule(urgency, link))


async def _send_texts(rt: Runtime, told: Sequence[Notice]) -> list[tuple[AlertRaised, Outcome]]:
    """Text those who have a number, each once; with the outcome of each."""
    to = [each for each in told if each.phone]
    if rt.twilio is None:
        return []
    rt.pacer.record_sent(sum(segments(each.text).count for each in to), PROVIDERS_CLOCK.now())
    sending = (rt.twilio.send(to=each.phone or "", body=each.text, delivery_id=each.event.id) for each in to)
    return list(zip([each.event for each in to], await asyncio.gather(*sending), strict=True))


async def _of_task(tx: Tx, rt: Runtime, event: AlertRaised, person: ParticipantRow, task: TaskRow) -> Mail:
    """The mail about a task. It names the participant's code, the kind and the waiting time, and nothing else."""
    study = (await rt.studies.get(tx, person.study, person.study_version)).study
    short, days = str(event.alert_id)[:8], (rt.clock.now() - task.raised_at).days
    id = derived_id("alert.mail", event.alert_id, days) if days else event.alert_id
    perhaps = task.importance == Importance.MAY_BE_EMERGENCY
    wording = alert.of_task(event.kind, person.code, study.id, short, task.raised_at, days, perhaps=perhaps)
    return _mail(rt, id, study.team(person.site).email, wording)


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
