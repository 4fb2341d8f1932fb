"""alert.raised: tell the study team, by mail, that a person must look; what was written stays here."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from pro_collector.channels.mail import Mail, build_email
from pro_collector.channels.outcome import Accepted, Unknown
from pro_collector.domain.conversation import channel_hold
from pro_collector.domain.events import AlertRaised, derived_id
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, holds, participants, studies, tasks
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.runtime import Runtime
from scheduler.rules import Channel

log = structlog.get_logger(__name__)


AGAIN_AFTER = timedelta(minutes=1)
UNLESS_TOLD = timedelta(minutes=5)
"""When it is tried again if nobody ever says what became of this try, as when we die in the middle of it."""
WROTE = "Participant {code} of {study} wrote something that a person must see to now ({kind})."
SAID = {
    "altered": "An address of participant {code} of {study} was changed in the database by hand: nothing goes there."
}
"""What is not about something that somebody wrote."""
STRANGER_WROTE = """\
A text or mail that a person must see to now came from a number or address that the study does not know.
It may be from a participant with another phone, or from somebody who is with one. Nothing was answered.

Read it, and all that came since: pro-collector tasks strangers
With --address it also shows from where each came, to call back.
"""
"""Nothing in it may sound like what it is about: whoever answers it may be unknown to the record too."""


TEXTS: Channel = "sms"
HELD = """\
No text leaves at present: {reason}. Nobody is asked by text until it is mended.
What waits leaves by itself then, as far as it is still wanted; nobody need be called for it.

For whoever looks after the installation: pro-collector reconcile
"""


async def handle(events: Sequence[AlertRaised], rt: Runtime) -> None:
    """Mail the team of each participant's site, or the study's; a mail that did not leave is tried every minute.

    What somebody unknown wrote is told to the team of the study that the event names. The next try is on the agenda
    before this one begins, and nobody is locked while a mail relay takes its time. What was done meanwhile needs no
    mail any more.
    """
    now = rt.clock.now()
    async with rt.database.once(events) as (tx, unheard):
        people = await participants.lock(tx, [event.participant_id for event in unheard])
        raised = await tasks.load(tx, [event.alert_id for event in unheard])
        held = {hold.channel: channel_hold.told(hold.reason) for hold in await holds.every(tx)}
        fresh = [event for event in unheard if _waits(event, raised.get(event.alert_id), held)]
        mails = [
            await _of_no_participant(tx, rt, event, event.study, held)
            if event.study
            else await _of_task(tx, rt, event, people[event.participant_id], raised[event.alert_id])
            for event in fresh
            if rt.smtp  # without a relay there is no sender's address either
        ]
        await agenda.put(tx, [event.again(now + UNLESS_TOLD) for event in fresh])
    outcomes = await rt.smtp.send(mails) if rt.smtp else [Unknown("no mail relay is configured")] * len(fresh)
    failed = [event for event, outcome in zip(fresh, outcomes, strict=True) if not isinstance(outcome, Accepted)]
    if failed:
        log.error("nobody was told of an alert yet; trying again", alerts=len(failed))
    async with rt.database.transaction() as tx:
        await agenda.cancel(tx, [event.again(now).id for event in fresh if event not in failed])
        await agenda.put(tx, [event.again(rt.clock.now() + AGAIN_AFTER) for event in failed])


def _waits(event: AlertRaised, task: TaskRow | None, held: Mapping[Channel, str]) -> bool:
    """Whether somebody is to be told still: the task is not done, texts are held still; a stranger's always is."""
    if event.kind == channel_hold.KIND:
        return TEXTS in held
    return event.study is not None or (task is not None and not task.done_at)


async def _of_task(tx: Tx, rt: Runtime, event: AlertRaised, person: ParticipantRow, task: TaskRow) -> Mail:
    """The mail names a participant's code, and since when a person should have looked; no more."""
    study = (await rt.studies.get(tx, person.study, person.study_version)).study
    short, days = str(event.alert_id)[:8], (rt.clock.now() - task.raised_at).days
    waits = f" Nobody has marked it done since {task.raised_at:%Y-%m-%d %H:%M} UTC." if days else ""
    words = (
        f"{SAID.get(event.kind, WROTE).format(code=person.code, study=study.id, kind=event.kind)}{waits}"
        f"\n\nRead it: pro-collector tasks show {short}"
        f"\nWhen somebody has acted: pro-collector tasks done {short}\n"
    )
    id = derived_id("alert.mail", event.alert_id, days) if days else event.alert_id
    subject = f"{event.kind}{', still waiting' if days else ''}: {person.code}"
    return _mail(rt, id, study.team(person.site).email, subject, words)


async def _of_no_participant(tx: Tx, rt: Runtime, event: AlertRaised, study: str, held: Mapping[Channel, str]) -> Mail:
    """That somebody unknown wrote (nobody can say to which study they belong), or that no text leaves."""
    versions = {row.id: row.version for row in await studies.every(tx)}
    team = (await rt.studies.get(tx, study, versions[study])).study.contact
    subject, words = f"{event.kind}: from an address that the study does not know", STRANGER_WROTE
    if event.kind == channel_hold.KIND:
        subject, words = f"{event.kind}: no text leaves", HELD.format(reason=held[TEXTS])
    return _mail(rt, event.alert_id, team.email, subject, words)


def _mail(rt: Runtime, id: UUID, recipient: str, subject: str, words: str) -> Mail:
    return build_email(
        delivery_id=id,
        sender=rt.mail_sender,
        recipient=recipient,
        subject=subject,
        text=words,
        html="".join(f"<p>{line}</p>" for line in words.splitlines() if line),
        language="en",
        unsubscribe_url=None,
        unsubscribe_address=None,  # nobody stops being the team by a button of their mail program
        date=rt.clock.now(),
    )
