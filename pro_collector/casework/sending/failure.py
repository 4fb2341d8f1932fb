"""The consequences of a failed message: stop the address, hold the channel, retry, or go on to the next rung."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import structlog

from pro_collector.casework.desk import ladder
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.inbound.stopping import opt_out_address
from pro_collector.casework.sending import holding
from pro_collector.channels.outcome import ALTERED_ADDRESS, Policy
from pro_collector.channels.policies import Ruling, ruling
from pro_collector.domain.conversation.by_hand import NOT_DELIVERED
from pro_collector.domain.conversation.permission import Refusal
from pro_collector.domain.conversation.survey import BEGUN, Purpose, Say, Step
from pro_collector.domain.events import MessageReported, MessageRequested, SurveyRetryDue, derived_id
from pro_collector.postgres.tables import contacts, holds, messages, tasks
from pro_collector.postgres.tables.contacts import ContactRow, column_of
from pro_collector.postgres.tables.messages import ReportedMessage
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.opt_outs import StopCause
from pro_collector.postgres.tables.tasks import TaskRow
from scheduler.rules import Channel

log = structlog.get_logger(__name__)

WHY_NOT: Mapping[Policy, Refusal] = {
    Policy.OPTED_OUT: Refusal.OPTED_OUT,
    Policy.STOP_ADDRESS: Refusal.BROKEN_ADDRESS,
    Policy.ALTERED: Refusal.BROKEN_ADDRESS,
    Policy.WINDOW_PASSED: Refusal.TOO_LATE,
}
"""Why a message did not arrive, for the team, where the policy tells."""


async def after_failure(desk: Desk, case: Case, message: ReportedMessage, event: MessageReported) -> None:
    """Carry out the consequences of a failed message: stop its address, retry it, or go on to the next rung."""
    ruled = ruling_of(message.channel, event.error_code)
    policy, row = ruled.policy, _waiting(case, message)
    if message.channel == "sms" and ruled.holds_channel:  # no report about mail ever shows that the fault is mended
        await _hold(desk, message, row, event.error_code or "")
        return
    contact = next((each for each in case.contacts if each.id == message.contact_id), None)
    if contact is not None and policy is Policy.OPTED_OUT:
        await opt_out_address(desk, contact, StopCause("carrier", "carrier"))
    elif contact is not None and policy is Policy.STOP_ADDRESS:
        await contacts.mark_broken(desk.tx, contact.id, event.error_code or "", desk.now)
    elif policy in (Policy.ALERT, Policy.FIX_CONFIG, Policy.HALT_ACCOUNT):
        await _report_refusal(desk, case, f"{message.channel} {event.error_code}")
    elif policy is Policy.ALTERED:
        await _stop_altered(desk, case, contact, message)
    if ruled.retries and await _schedule_retry(desk, message, row, ruled):
        return
    if message.purpose == "person":
        why = WHY_NOT.get(policy, f"{message.channel} {event.error_code}")
        desk.tasks.append(undelivered(message.id, case.person.id, why, desk.now))
    if row is None:
        return
    purpose = message.purpose
    if policy is Policy.WINDOW_PASSED and purpose not in ("invitation", "reminder"):
        _send_again(desk, case, row, "reminder", None)  # it waited too long in a queue during a conversation
    else:
        case.contacts = [each for each in case.contacts if each.id != message.contact_id]
        _send_again(desk, case, row, "invitation" if purpose == "invitation" else "reminder", row.rung + 1)


def undelivered(message: UUID, participant: UUID, why: str, now: datetime) -> TaskRow:
    """The task that tells the team that words which a person of the team wrote did not arrive; one for each message."""
    id = derived_id("task", participant, "undelivered", message)
    return TaskRow(id, participant, None, "question", now, {"reason": f"{NOT_DELIVERED}: {why}"})


async def _report_refusal(desk: Desk, case: Case, reason: str) -> None:
    """Log and raise one task for everybody whose messages a provider refuses for this reason, until it is done."""
    raised = any(task.kind == "delivery" and task.detail.get("reason") == reason for task in desk.tasks)
    if raised or await tasks.is_open(desk.tx, "delivery", reason):
        return
    log.error("a provider refuses for a reason in settings or its console", reason=reason)
    desk.raise_task(case, None, "delivery", reason)


async def _hold(desk: Desk, message: ReportedMessage, row: OccasionRow | None, code: str) -> None:
    """Hold a channel because the provider accepted a message and then stopped it for our account; the message waits."""
    if row is not None or message.occasion_id is None:
        await holds.put_back(desk.tx, [message.id], code, None)
        await holding.note(desk.tx, [message.id], code, desk.now)
    await holding.begin(desk.tx, message.channel, code, desk.now, reported=True)


def _waiting(case: Case, message: ReportedMessage) -> OccasionRow | None:
    """The survey that still waits, on the same rung, for an answer to the failed message."""
    row = case.occasions.get(message.occasion_id) if message.occasion_id else None
    if row is None or row.state not in BEGUN or row.rung > message.rung:  # it has ended, or is on a later rung
        return None
    return None if message.item not in (None, row.asked) or message.purpose == "thanks" else row


async def _schedule_retry(desk: Desk, message: ReportedMessage, row: OccasionRow | None, ruled: Ruling) -> bool:
    """Schedule a retry at the same address; false after the last retry, or when the window closes before.

    The question of a survey is asked again when its phone is free: another survey may have its turn there.
    """
    at = desk.now + ruled.wait
    if row is None:
        again = await messages.reopen(desk.tx, message.id, ruled.retries, at)
        if again:
            desk.schedule(_ticket(message, at))
        return again
    if at >= row.closes_at or await messages.failures(desk.tx, message.id) > ruled.retries:
        return False
    desk.schedule(_retry(row, at, None))
    return True


def _send_again(desk: Desk, case: Case, row: OccasionRow, purpose: Purpose, rung: int | None) -> None:
    """Send an unread message again on `rung` (None: on the same rung), now or after the quiet hours.

    A participant who is away gets no message on any rung.
    """
    if away := case.refusal(purpose, row.reporter, "call", row):
        desk.note(row, "suppressed", reason=away, of=purpose)
        return
    allowed = case.earliest_send(row)
    if allowed is None or allowed >= row.closes_at:
        desk.note(row, "suppressed", reason="quiet_hours", of=purpose)
    elif allowed > desk.now:
        desk.schedule(_retry(row, allowed, rung))
    else:
        unread = Step(case.survey(row), (Say(purpose, case.survey(row).asked),))
        ladder.say_on_ladder(desk, case, row, unread, from_rung=row.rung if rung is None else rung)


async def _stop_altered(desk: Desk, case: Case, contact: ContactRow | None, message: ReportedMessage) -> None:
    """Stop an address that was altered in the database by hand, and alert the team once a day."""
    if contact is not None:  # nothing is sent there until the address is recorded again
        await contacts.mark_broken(desk.tx, contact.id, "altered", desk.now)
    column = column_of(contact.reporter if contact is not None else "self", message.channel)
    once_a_day = f"{message.contact_id} {desk.now:%Y-%m-%d}"
    desk.raise_task(case, None, "altered", column, once_a_day)


def ruling_of(channel: Channel, code: str | None) -> Ruling:
    """The rule for an error code of a provider or of our own."""
    if code in (None, "not-sent"):
        return Ruling(policy=Policy.RETRY_LATER, note="it never left")
    if code == ALTERED_ADDRESS:
        return Ruling(policy=Policy.ALTERED, note="the database was changed by hand")
    return ruling(channel, code)


def _retry(row: OccasionRow, at: datetime, rung: int | None) -> SurveyRetryDue:
    return SurveyRetryDue.of(row, at, "after failure", row.rung, at, rung=rung)


def _ticket(message: ReportedMessage, at: datetime) -> MessageRequested:
    which = ("after failure", message.attempts)
    return MessageRequested.of(message.id, message.participant_id, message.channel, at, *which)
