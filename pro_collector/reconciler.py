"""Asks the provider whether doubtful texts were sent, and for inbound texts whose webhook never reached us.

It uses real seconds, not the product's clock: it waits for the provider, not for a patient.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from pro_collector.backoff import wait_seconds
from pro_collector.casework.inbound.receiving import only_missed, receive_missed
from pro_collector.casework.sending import holding
from pro_collector.casework.speaking.filling import fill
from pro_collector.channels.twilio import Inbound
from pro_collector.domain.events import MessageRequested
from pro_collector.errors import Altered, Unavailable
from pro_collector.postgres.connection import TRANSIENT, Tx
from pro_collector.postgres.questions import doubtful_messages
from pro_collector.postgres.questions.doubtful_messages import DoubtfulMessage
from pro_collector.postgres.tables import inbound, messages, occasions, outbox, polls
from pro_collector.postgres.tables.messages import Settled
from pro_collector.postgres.tables.occasions import LogRow
from pro_collector.runtime import Runtime
from pro_collector.vault import row_name

log = structlog.get_logger(__name__)

SETTLE_AFTER = timedelta(minutes=3)
"""How long to wait for a delivery report of an attempt whose response was lost, before we ask the provider."""
SETTLE_EVERY = 30.0
"""Seconds between two searches for doubtful messages."""
POLL_EVERY = 300.0
"""Seconds between two polls of the provider's log of inbound texts."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds before a failed poll is retried, at first and at most; short, since a missed text may be a STOP."""
OVERLAP = timedelta(minutes=15)
"""How far before the last poll the next one begins: the provider's clock differs from ours, and its log may lag."""
LEASE = timedelta(seconds=90)
"""How long one process reads the log alone; renewed with each page, which takes less."""
RELEASE_WITHIN = 2.0
"""Seconds: a sender that ends while it polls is not held up by a database that is away."""
FIRST_POLL_BACK = timedelta(days=1)
BATCH = 50
MAX_ATTEMPTS = 3
"""A message is not retried after so many attempts with unknown outcome: no text is better than four texts."""


class Reconciler:
    """Settles doubtful messages and fetches missed texts in the background; it runs in the sender."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self.inbound_log = polls.InboundLog("twilio", rt.settings.twilio_sender)
        self.polls = 0
        """How often this process has read the log to its end."""

    async def run(self) -> None:
        """Run the three loops until cancelled; they do not wait for each other."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._release_loop(), name="release")
            group.create_task(self._settle_loop(), name="settle")
            group.create_task(self._poll_loop(), name="poll")

    async def settle(self, older_than: timedelta) -> int:
        """Settle attempts with unknown outcome that were claimed longer ago than `older_than`; return their number.

        Nothing is locked while the provider is asked. The messages are settled one after the other, since two may look
        the same in its log. A failed query does not block the others: it is retried once, then in a later call.
        """
        async with self._rt.database.transaction() as tx:
            doubtful = await doubtful_messages.take(tx, older_than, BATCH)
        failed = [message for message in doubtful if not await self._try_to_settle(message)]
        if 0 < len(failed) < len(doubtful):
            failed = [message for message in failed if not await self._try_to_settle(message)]
        if failed:
            log.warning("reconciler waits", error="Unavailable", texts=len(failed))
        return len(doubtful)

    async def fetch_inbound(self) -> int:
        """Store the inbound texts that only the provider has; return their number. So an outage loses no reply.

        Reads since the last poll of any process. Raises Unavailable when the provider's log cannot be read to its end;
        what was read until then is stored.
        """
        if self._rt.twilio is None:
            return 0
        now = self._rt.clock.now()
        missed: list[Inbound] = []
        try:
            async for page in self._rt.twilio.inbound_since(await self._poll_from(now)):
                missed += await only_missed(self._rt, page)
                await self._renew_lease()
        except Unavailable:
            await self._store_missed(missed)  # a stop may be among them
            raise
        stored = await self._store_missed(missed)
        async with self._rt.database.transaction() as tx:
            await polls.note_read(tx, self.inbound_log, now)
        return stored

    async def _store_missed(self, missed: Sequence[Inbound]) -> int:
        stored = await receive_missed(self._rt, missed)
        if stored:
            log.warning("stored texts whose webhook was missed", texts=stored)
        return stored

    async def _renew_lease(self) -> None:
        async with self._rt.database.transaction() as tx:
            await polls.renew(tx, self.inbound_log, LEASE)

    async def _release_loop(self) -> None:
        while True:
            try:
                await holding.recheck_holds(self._rt)
            except TRANSIENT as error:
                log.warning("check of held channels waits", error=type(error).__name__)
            await asyncio.sleep(SETTLE_EVERY)

    async def _settle_loop(self) -> None:
        while True:
            try:
                await self.settle(SETTLE_AFTER)
            except TRANSIENT as error:
                log.warning("reconciler waits", error=type(error).__name__)
            await asyncio.sleep(SETTLE_EVERY)

    async def _poll_loop(self) -> None:
        """Poll at once, then in turn with the other senders: whoever claims the poll reads for all."""
        failures, at_once = 0, True
        while self._rt.twilio is not None:
            try:
                seconds = await self._poll_in_turn(at_once)
                failures, at_once = 0, False
            except (*TRANSIENT, Unavailable) as error:
                failures += 1
                seconds = wait_seconds(failures, least=FIRST_WAIT, most=LONGEST_WAIT)
                log.warning("poll of missed texts waits", error=type(error).__name__, seconds=round(seconds, 1))
            await asyncio.sleep(seconds)

    async def _poll_in_turn(self, at_once: bool) -> float:
        """Poll if no other sender does and it is time; return after how many seconds to look again."""
        async with self._rt.database.transaction() as tx:
            seconds = await polls.claim(tx, self.inbound_log, LEASE, at_once=at_once)
        if seconds:
            return min(seconds, POLL_EVERY)
        next_in = FIRST_WAIT
        try:
            await self.fetch_inbound()
            next_in = POLL_EVERY
            self.polls += 1
        finally:
            await self._release_poll(next_in)
        return POLL_EVERY

    async def _release_poll(self, next_in: float) -> None:
        """Let any sender poll, `next_in` seconds from now. Without the database, the claim ends by itself."""
        with contextlib.suppress(*TRANSIENT, TimeoutError):
            async with asyncio.timeout(RELEASE_WITHIN), self._rt.database.transaction() as tx:
                await polls.release(tx, self.inbound_log, timedelta(seconds=next_in))

    async def _try_to_settle(self, message: DoubtfulMessage) -> bool:
        """Ask the provider about one message and settle it; return false when the provider cannot be asked."""
        try:
            provider_id = await self._find(message)
        except Unavailable:
            return False
        async with self._rt.database.transaction() as tx:
            if await doubtful_messages.lock_if_doubtful(tx, message.id, message.looked_for_at):
                await self._record_settled(tx, message, provider_id)
        return True

    async def _poll_from(self, now: datetime) -> datetime:
        """The instant from which a poll reads. At first: a text before the last one that we received may be missing.

        This first instant is stored: if the first poll fails half-way, it has already moved the last received text.
        """
        async with self._rt.database.transaction() as tx:
            until = await polls.read_until(tx, self.inbound_log)
            if until is not None and until > now:  # our clock has been set back: until when was it read?
                return now - FIRST_POLL_BACK
            if until is None:
                last = await inbound.last_received(tx, self.inbound_log.provider)
                until = min(last or now, now) - FIRST_POLL_BACK + OVERLAP
                await polls.note_read(tx, self.inbound_log, until)
            return min(until, now) - OVERLAP

    async def _record_settled(self, tx: Tx, message: DoubtfulMessage, provider_id: str | None) -> None:
        now = self._rt.clock.now()
        if provider_id is not None:
            await messages.settle(tx, [Settled(message.id, "accepted", "found at the provider", provider_id)], now)
            if message.occasion_id:
                await occasions.mark_invited(tx, [message.occasion_id])
        elif self._may_retry(message, now):
            await messages.settle(tx, [Settled(message.id, "requested", "not found at the provider")], now)
            await outbox.add(tx, [_ticket(message, now)])
        else:
            await messages.settle(tx, [Settled(message.id, "failed", "nobody knows whether it left")], now)
        if message.occasion_id:
            what = "sent" if provider_id else "doubted"
            detail = {"channel": message.channel, "purpose": message.purpose, "found": bool(provider_id)}
            await occasions.log(tx, [LogRow(message.occasion_id, message.participant_id, now, what, detail)])

    async def _find(self, message: DoubtfulMessage) -> str | None:
        """The provider's id of a text that was sent, or None. For a mail there is no log that could be asked."""
        if message.channel != "sms" or self._rt.twilio is None:
            return None
        row = row_name(message.participant_id, message.reporter, message.channel)
        try:
            to = self._rt.vault.open_address(message.sealed, row, message.lookup)
            body = fill(self._rt, message.body, message)
        except Altered:  # where it went nobody can tell; the next try is refused, and the team told
            return None
        async with self._rt.database.transaction() as tx:
            known = await doubtful_messages.provider_ids(tx, message.contact_id)
        sent = await self._rt.twilio.find(
            to=to,
            body=body,
            since=message.since,
            known=known,
        )
        return sent.provider_id if sent else None

    def _may_retry(self, message: DoubtfulMessage, now: datetime) -> bool:
        return bool(message.channel == "sms" and message.attempts < MAX_ATTEMPTS and message.expires_at > now)


def _ticket(message: DoubtfulMessage, now: datetime) -> MessageRequested:
    return MessageRequested.of(
        message.id, message.participant_id, message.channel, now, "after doubt", message.attempts
    )
