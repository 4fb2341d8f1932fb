"""message.requested: the sender, the only caller of the channels.

An event is a ticket: the right to send one message, the most urgent that waits. So a reply in a conversation goes
before a thousand invitations. A message is claimed in one transaction, sent outside any, and recorded in another. When
a claim has no recorded outcome, the provider is asked before the message is sent again.

After a restore only the reply to an emergency leaves until somebody resumes; what may have left before is asked about.

A refusal because of our account, settings or network holds the channel (`casework/sending/holding.py`): the message
waits, and no other channel is tried. A refusal because of our settings that concerns one message holds that one alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pro_collector.casework.sending import doubting, holding
from pro_collector.casework.sending.claiming import claim
from pro_collector.casework.sending.failure import undelivered
from pro_collector.casework.sending.hand_over import PROVIDERS_CLOCK, hand_over
from pro_collector.casework.sending.record import record
from pro_collector.domain.conversation.after_restore import BEFORE_RESUME, Restoration
from pro_collector.domain.conversation.permission import Refusal
from pro_collector.domain.events import MessageRequested, OccasionRef, SurveyRetryDue
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, occasions, restorations, tasks
from pro_collector.postgres.tables.messages import Claimed, WaitingMessage
from pro_collector.postgres.tables.occasions import LogRow
from pro_collector.runtime import Runtime
from scheduler.rules import Channel

MAILS_TOGETHER = 25
"""How many mails are claimed together: one connection sends them all."""


async def handle(events: Sequence[MessageRequested], rt: Runtime) -> None:
    """Use the tickets in small batches, channel by channel."""
    at_a_time: Mapping[Channel, int] = {"sms": rt.pacer.burst_size, "email": MAILS_TOGETHER}
    for channel, together in at_a_time.items():
        tickets = [event for event in events if event.channel == channel]
        for start in range(0, len(tickets), together):
            if channel == "sms":  # wait before the claim, not after it: a STOP may arrive during the wait
                await PROVIDERS_CLOCK.sleep(rt.pacer.wait(PROVIDERS_CLOCK.now()))
            await _send(tickets[start : start + together], channel, rt)


async def _send(tickets: Sequence[MessageRequested], channel: Channel, rt: Runtime) -> None:
    async with rt.database.once(tickets) as (tx, fresh):
        now = rt.clock.now()
        restoration = await restorations.last(tx)
        claimed, refused = await _claim(tx, rt, channel, fresh, now, restoration) if fresh else ([], [])
        claimed = await doubting.set_aside(tx, claimed, restoration)
        await occasions.log(
            tx,
            [
                LogRow(each.occasion_id, each.participant_id, now, "suppressed", _detail(each, reason))
                for each, reason in refused
                if each.occasion_id is not None
            ],
        )
        by_hand = [(each, reason) for each, reason in refused if each.purpose == "person"]
        await tasks.add(tx, [undelivered(each.id, each.participant_id, reason, now) for each, reason in by_hand])
        late = [each for each, reason in refused if reason is Refusal.TOO_LATE]
        await agenda.put(tx, [retry for each in late for retry in _retries(each, now)])
    if claimed:
        outcomes = await hand_over(channel, claimed, rt)
        await record(list(zip(claimed, outcomes, strict=True)), rt)


async def _claim(
    tx: Tx,
    rt: Runtime,
    channel: Channel,
    tickets: Sequence[MessageRequested],
    now: datetime,
    restoration: Restoration | None,
) -> tuple[list[Claimed], list[tuple[WaitingMessage, Refusal]]]:
    """Claim one message for each ticket; on a held channel none, or one to test whether the fault is mended.

    After a restore, only what may save a life.
    """
    only = BEFORE_RESUME if restoration is not None and restoration.resumed_at is None else None
    may_go = await holding.send_limit(tx, rt, channel, now)
    claimed: list[Claimed] = []
    refused: list[tuple[WaitingMessage, Refusal]] = []
    if may_go is holding.ALL:
        claimed, refused = await claim(tx, rt, channel, len(tickets), now, only)
        if only is None:
            return claimed, refused
    while may_go and not claimed:
        claimed, others = await claim(tx, rt, channel, 1, now, only)
        refused += others
        if not claimed and not others:
            break
    await holding.note_waiting(tx, channel, [ticket.message_id for ticket in tickets], now)
    return claimed, refused


def _retries(message: WaitingMessage, now: datetime) -> Iterator[SurveyRetryDue]:
    """The retry of a survey message that expired in our own queue."""
    if message.occasion_id is not None:
        occasion = OccasionRef(message.occasion_id, message.participant_id)
        yield SurveyRetryDue.of(occasion, now, "too late", message.id)


def _detail(message: WaitingMessage, reason: Refusal) -> dict[str, str]:
    return {"reason": reason, "purpose": message.purpose, "channel": message.channel}
