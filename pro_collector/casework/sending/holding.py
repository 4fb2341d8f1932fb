"""Holds a channel for a fault of our own: messages wait and leave when it is mended; no other channel replaces it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import structlog

from pro_collector.casework.inbound.strangers import teams
from pro_collector.domain.conversation.channel_hold import (
    ALERT_AFTER,
    KIND,
    NOT_CONFIGURED,
    RESTORED,
    back_off,
    reason_text,
)
from pro_collector.domain.events import AlertRaised, MessageRequested, derived_id
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, holds, occasions, outbox, restorations
from pro_collector.postgres.tables.holds import Hold
from pro_collector.postgres.tables.occasions import LogRow
from pro_collector.runtime import Runtime
from scheduler.rules import Channel

log = structlog.get_logger(__name__)

CHANNELS: tuple[Channel, ...] = ("sms", "email")
ONE, ALL = 1, None
"""How many messages may leave: one, to test whether the fault is mended, or all that wait."""


async def send_limit(tx: Tx, rt: Runtime, channel: Channel, now: datetime) -> int | None:
    """How many messages may leave on a channel now: 0 while it is held, ONE to test it, or ALL."""
    if not configured(rt, channel):
        await begin(tx, channel, NOT_CONFIGURED, now)
        return 0
    hold = await holds.lock(tx, channel)
    if hold is None:
        return ALL
    if hold.reason == NOT_CONFIGURED:
        await _release(tx, await holds.end(tx, [channel], reported=None), now)
        return ALL
    if now < hold.try_again_at:
        return 0
    at = now + back_off(hold.tries + 1, reported=hold.reported)
    await holds.record_try(tx, channel, at)
    await _try_again(tx, channel, at, now)
    if channel == "sms" and now - hold.since >= ALERT_AFTER:  # a mail cannot report that mails are held
        await outbox.add(tx, [_alert(hold, study, now) for study in await teams(tx, rt)])
    return ONE


def configured(rt: Runtime, channel: Channel) -> bool:
    """Whether this installation can send on a channel."""
    return (rt.twilio if channel == "sms" else rt.smtp) is not None


async def begin(tx: Tx, channel: Channel, reason: str, now: datetime, *, reported: bool = False) -> None:
    """Hold a channel, and schedule one message later to test whether the fault is mended."""
    at = now + back_off(0, reported=reported)
    if await holds.begin(tx, Hold(channel, reason, now, at, 0, reported)):
        log.error(
            "a channel is held: nothing leaves on it until this is mended", channel=channel, reason=reason_text(reason)
        )
        if reason != NOT_CONFIGURED:  # only a restart with other settings mends that
            await _try_again(tx, channel, at, now)


async def note(tx: Tx, messages: Sequence[UUID], reason: str, now: datetime) -> None:
    """Log once for each message, at its occasion, that it is held, and why."""
    rows = [
        LogRow(
            row.occasion_id, row.participant_id, now, "held",
            {"channel": row.channel, "purpose": row.purpose, "reason": reason_text(reason)},
        )
        for row in await holds.mark_held(tx, messages, now)
        if row.occasion_id is not None
    ]  # fmt: skip
    await occasions.log(tx, rows)


async def note_waiting(tx: Tx, channel: Channel, messages: Sequence[UUID], now: datetime) -> None:
    """Log that messages wait whose turn came while their channel is held."""
    hold = await holds.lock(tx, channel)
    if await restorations.is_open(tx):
        await note(tx, messages, RESTORED, now)
    elif hold is not None:
        await note(tx, messages, hold.reason, now)


async def end_holds(tx: Tx, channels: Collection[Channel], now: datetime, *, reported: bool = False) -> None:
    """End the holds of channels on which a message was accepted or, with `reported`, was reported as sent.

    Where only a report can show a fault, an accepted message proves nothing.
    """
    if channels:
        await _release(tx, await holds.end(tx, sorted(channels), reported=reported), now)


async def resume(tx: Tx, since: datetime, now: datetime) -> None:
    """Give a ticket to each message that has waited since the database was restored."""
    for channel in CHANNELS:
        await outbox.add(tx, await _tickets(tx, channel, since, now))


async def recheck_holds(rt: Runtime) -> None:
    """Release channels that are configured by now, and repeat a test that was lost. Part of the sender."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        for hold in await holds.load_all(tx):
            if hold.reason == NOT_CONFIGURED and configured(rt, hold.channel):
                await _release(tx, await holds.end(tx, [hold.channel], reported=None), now)
            elif hold.reason != NOT_CONFIGURED and hold.try_again_at <= now:
                await outbox.add(tx, await _tickets(tx, hold.channel, hold.try_again_at, now, at_most=1))


def _alert(hold: Hold, study: str, now: datetime) -> AlertRaised:
    """The alert to a team; it has the same id for every test of a hold, so a team gets one in each hold."""
    whom = derived_id("hold", hold.channel, hold.since)
    return AlertRaised.of_study(study, KIND, whom, now, hold.channel, hold.since)


async def _release(tx: Tx, ended: Sequence[Hold], now: datetime) -> None:
    for hold in ended:
        tickets = await _tickets(tx, hold.channel, hold.since, now)
        await outbox.add(tx, tickets)
        log.error("a channel is released", channel=hold.channel, messages=len(tickets), since=hold.since.isoformat())


async def _tickets(
    tx: Tx, channel: Channel, since: datetime, now: datetime, *, at_most: int | None = None
) -> list[MessageRequested]:
    """A new ticket for each message that waits: its first ticket was used up while the channel was held."""
    return [
        MessageRequested.of(row.id, row.participant_id, channel, now, "held", since, now)
        for row in (await holds.ready(tx, channel, now))[:at_most]
    ]


async def _try_again(tx: Tx, channel: Channel, at: datetime, now: datetime) -> None:
    """Put the next test on the agenda: a ticket for the most urgent message that waits."""
    for ticket in await _tickets(tx, channel, at, now, at_most=1):
        await agenda.put(tx, [ticket.model_copy(update={"occurred_at": at})])
