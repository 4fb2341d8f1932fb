"""Asks the provider what we cannot know: whether a doubtful text left, and which texts never reached our web tier.

In real seconds, whatever the product's clock says: it waits for the provider, not for a patient.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from pro_collector.casework.inbound.receiving import receive_missed
from pro_collector.casework.sending import holding
from pro_collector.casework.speaking.links import filled
from pro_collector.domain.events import MessageRequested
from pro_collector.errors import Altered, Unavailable
from pro_collector.patience import pause
from pro_collector.postgres.connection import TRANSIENT, Tx
from pro_collector.postgres.questions import doubts
from pro_collector.postgres.questions.doubts import DoubtfulMessage
from pro_collector.postgres.tables import inbound, messages, occasions, outbox
from pro_collector.postgres.tables.messages import Settled
from pro_collector.postgres.tables.occasions import LogRow
from pro_collector.runtime import Runtime
from pro_collector.vault import row_of

log = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=3)
"""How long a delivery report may take to bring home an attempt whose answer was lost, before we ask."""
EVERY = 30.0
"""Seconds between two looks for doubtful messages."""
POLL_EVERY = 300.0
"""Seconds between two polls of the provider's log of inbound texts."""
SOON, LATEST = 2.0, 60.0
"""Seconds until a poll that failed is tried again, at first and at most: it brings the STOP that no webhook brought."""
OVERLAP = timedelta(minutes=15)
"""How far before the last poll the next one begins: the provider's clock is not ours, and its log may lag."""
FIRST_LOOK = timedelta(days=1)
BATCH = 50
ATTEMPTS = 3
"""After so many attempts of which nothing is known, a message is left alone: silence is better than four texts."""


class Reconciler:
    """The pump that settles doubts; part of the sender."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._read_until: datetime | None = None

    async def run(self) -> None:
        """Look again and again until cancelled; none of them waits for another."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._release_on(), name="release")
            group.create_task(self._settle_on(), name="settle")
            group.create_task(self._poll_on(), name="poll")

    async def settle(self, older_than: timedelta) -> int:
        """Settle attempts claimed longer ago than `older_than` whose outcome is not known; how many were taken up.

        Nothing is locked while the provider is asked. One after the other, for two may look alike in its log; one that
        it cannot be asked after holds up no other: it is asked after once more, and then in a later look.
        """
        async with self._rt.database.transaction() as tx:
            doubtful = await doubts.take(tx, older_than, BATCH)
        failed = [message for message in doubtful if not await self._settled(message)]
        if 0 < len(failed) < len(doubtful):
            failed = [message for message in failed if not await self._settled(message)]
        if failed:
            log.warning("reconciler waits", error="Unavailable", texts=len(failed))
        return len(doubtful)

    async def fetch_inbound(self) -> int:
        """Take in the texts that the provider has and we have not; how many (an outage of ours loses no answer).

        Raises Unavailable when the provider's log cannot be read.
        """
        sender = self._rt.settings.twilio_sender
        if self._rt.twilio is None or not sender.startswith("+"):
            return 0
        now = self._rt.clock.now()
        since = self._read_until - OVERLAP if self._read_until else await self._first_look(now)
        taken = await receive_missed(self._rt, await self._rt.twilio.inbound_since(sender, since))
        self._read_until = now
        if taken:
            log.warning("took in texts that no webhook brought", texts=taken)
        return taken

    async def _release_on(self) -> None:
        while True:
            try:
                await holding.look(self._rt)
            except TRANSIENT as error:
                log.warning("look at held channels waits", error=type(error).__name__)
            await asyncio.sleep(EVERY)

    async def _settle_on(self) -> None:
        while True:
            try:
                await self.settle(PATIENCE)
            except TRANSIENT as error:
                log.warning("reconciler waits", error=type(error).__name__)
            await asyncio.sleep(EVERY)

    async def _poll_on(self) -> None:
        failures = 0
        while True:
            try:
                await self.fetch_inbound()
                failures, seconds = 0, POLL_EVERY
            except (*TRANSIENT, Unavailable) as error:
                failures += 1
                seconds = pause(failures, least=SOON, most=LATEST)
                log.warning("poll of missed texts waits", error=type(error).__name__, seconds=round(seconds, 1))
            await asyncio.sleep(seconds)

    async def _settled(self, message: DoubtfulMessage) -> bool:
        """Ask after one and settle it; false when the provider cannot be asked."""
        try:
            found = await self._find(message)
        except Unavailable:
            return False
        async with self._rt.database.transaction() as tx:
            if await doubts.remains(tx, message.id, message.looked_for_at):
                await self._settle_one(tx, message, found)
        return True

    async def _first_look(self, now: datetime) -> datetime:
        """Since when the log is read at first: that some text came does not mean that none before it was lost."""
        async with self._rt.database.transaction() as tx:
            last = await inbound.last_received(tx, "twilio")
        return min(last or now, now) - FIRST_LOOK

    async def _settle_one(self, tx: Tx, message: DoubtfulMessage, found: str | None) -> None:
        now = self._rt.clock.now()
        if found is not None:
            await messages.settle(tx, [Settled(message.id, "accepted", "found at the provider", found)], now)
            if message.occasion_id:
                await occasions.mark_invited(tx, [message.occasion_id])
        elif self._may_try_again(message, now):
            await messages.settle(tx, [Settled(message.id, "requested", "not found at the provider")], now)
            await outbox.add(tx, [_ticket(message, now)])
        else:
            await messages.settle(tx, [Settled(message.id, "failed", "nobody knows whether it left")], now)
        if message.occasion_id:
            what = "sent" if found else "doubted"
            detail = {"channel": message.channel, "purpose": message.purpose, "found": bool(found)}
            await occasions.log(tx, [LogRow(message.occasion_id, message.participant_id, now, what, detail)])

    async def _find(self, message: DoubtfulMessage) -> str | None:
        """The provider's id of a text that did leave. A mail leaves no trace that could be asked for."""
        if message.channel != "sms" or self._rt.twilio is None:
            return None
        row = row_of(message.participant_id, message.reporter, message.channel)
        try:
            to = self._rt.vault.open_address(message.sealed, row, message.lookup)
        except Altered:  # where it went nobody can tell; the next try is refused, and the team told
            return None
        async with self._rt.database.transaction() as tx:
            known = await doubts.provider_ids(tx, message.contact_id)
        found = await self._rt.twilio.find(
            to=to,
            body=filled(self._rt, message.body, message.id),
            since=message.requested_at,
            known=known,
        )
        return found.provider_id if found else None

    def _may_try_again(self, message: DoubtfulMessage, now: datetime) -> bool:
        return bool(message.channel == "sms" and message.attempts < ATTEMPTS and message.expires_at > now)


def _ticket(message: DoubtfulMessage, now: datetime) -> MessageRequested:
    return MessageRequested.of(
        message.id, message.participant_id, message.channel, now, "after doubt", message.attempts
    )
