"""How many people wait for a message on each channel, and whether a fault of our own is the reason."""

from dataclasses import dataclass

from pro_collector.casework.sending.holding import CHANNELS, configured
from pro_collector.domain.conversation.channel_hold import NOT_CONFIGURED, RESTORED
from pro_collector.postgres.questions.waiting import waiting_by_channel
from pro_collector.postgres.tables import holds, restorations
from pro_collector.runtime import Runtime
from scheduler.rules import Channel


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """A channel: whether it is configured, how many people wait for how many messages, and why it is held, if it is."""

    channel: Channel
    configured: bool
    people: int
    messages: int
    held_for: str | None


async def channel_status(rt: Runtime) -> list[ChannelStatus]:
    """The status of texts and of mails."""
    async with rt.database.transaction() as tx:
        waiting = {row.channel: row for row in await waiting_by_channel(tx, rt.clock.now())}
        restored = await restorations.is_open(tx)
        held = {hold.channel: hold.reason for hold in await holds.load_all(tx)}
    status = []
    for channel in CHANNELS:
        ready, row = configured(rt, channel), waiting.get(channel)
        reason = RESTORED if restored else held.get(channel)
        mended = ready and reason == NOT_CONFIGURED  # what waited for settings leaves now
        people, messages = (row.people, row.messages) if row else (0, 0)
        status.append(ChannelStatus(channel, ready, people, messages, None if mended else reason))
    return status
