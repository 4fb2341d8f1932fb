"""The logic of the rehearsal carrier: accepts messages, delivers them to phones, and sends replies to our webhook."""

import asyncio
import hashlib
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pro_collector.clock import Clock
from pro_collector.domain.instrument.sms_text import segments
from pro_collector.rehearsal import keywords
from pro_collector.rehearsal.activity import Activity
from pro_collector.rehearsal.hostility import CALM, Hostility
from pro_collector.rehearsal.texts import Message, MessageLog, Text
from pro_collector.rehearsal.twilio_webhooks import Webhooks

Subscriber = Callable[[Text], None]

EXPIRED = 30036
BLOCKED = 21610
UNFETCHED = 11200


class Exchange:
    """One account with its numbers, the phones they reach, and the message log: everything except the HTTP server.

    `senders` are our numbers (E.164). Replies are posted to `inbound_url`, and to `fallback_url` when that fails.
    `sending` and `delivering` are seconds on `clock`. `silence` is the time before the connection of a lost response is
    closed, in real seconds, because the client's timeout is too. `handles_keywords`: the carrier itself answers STOP,
    START and HELP, as Twilio does.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        account_sid: str,
        auth_token: str,
        senders: Sequence[str],
        messaging_service_sid: str | None = None,
        inbound_url: str = "",
        fallback_url: str = "",
        hostility: Hostility = CALM,
        sending: float = 0.5,
        delivering: float = 1.5,
        silence: float = 30.0,
        handles_keywords: bool = True,
    ) -> None:
        self.account_sid, self.auth_token = account_sid, auth_token
        self.senders, self.service = tuple(senders), messaging_service_sid
        self.inbound_url, self.fallback_url, self.hostility = inbound_url, fallback_url, hostility
        self.silence, self.handles_keywords = silence, handles_keywords
        self.phones: dict[str, list[Text]] = defaultdict(list)
        """The texts on each phone, by its number."""
        self.unreachable: dict[str, int] = {}
        """Phone -> error code of every delivery to it."""
        self.opted_out: set[str] = set()
        self.log = MessageLog()
        self.tally: Counter[str] = Counter()
        """Counts of what was done to messages: under the fields of `Hostility`, and under other names."""
        self.debugger: list[tuple[int, str]] = []
        """Failures of our webhooks: an error code as in Twilio's debugger, and the kind of failure."""
        self.activity = Activity(clock)
        self._clock = clock
        self._sending, self._delivering = sending, delivering
        self._subscribers: list[Subscriber] = []
        self._attempts: Counter[str] = Counter()
        self._webhooks = Webhooks(auth_token, clock.now, self.activity.pause)

    def subscribe(self, callback: Subscriber) -> None:
        """Call `callback`, which must not block, with every text that arrives on a phone, in order of arrival."""
        self._subscribers.append(callback)

    def idle(self) -> bool:
        """Whether no work is running: no request, no webhook, no task that is due by now.

        A task that waits on the clock for a later instant does not count.
        """
        return self.activity.idle()

    async def settle(self) -> None:
        """Wait until every message and every webhook is finished, also those that wait for a later instant."""
        await self.activity.settle()

    async def reply(
        self, number: str, text: str, *, to: str = "", as_base64: bool = False, pictures: int = 0
    ) -> str:  # fmt: skip
        """The person at `number` texts `text`; return the sid. Our webhook is called in the background.

        Without `to` the text goes to the number that texted last. `as_base64`: encoded, as some carriers do with long
        texts. `pictures`: the number of attached pictures or recordings.
        """
        sid, _ = self.text_from(number, text, to=to, as_base64=as_base64, pictures=pictures)
        return sid

    def text_from(
        self, number: str, text: str, *, to: str = "", as_base64: bool = False, pictures: int = 0
    ) -> tuple[str, list[asyncio.Task[None]]]:
        """As `reply`, but also return the tasks of the webhook calls that start at once."""
        our_number = to or self._last_contact(number)
        sid = _sid("inbound", number, text, str(self.nth(f"inbound {number} {text}")))
        body, now = keywords.encode_base64(text) if as_base64 else text, self._clock.now()
        count = segments(text).count
        message = Message(sid, "inbound", number, our_number, body, "received", now, count, pictures=pictures)
        self.log.add(replace(message, service=self.service, sent=now))
        self.phones[number].append(Text(sid, "out", number, our_number, text, now))
        self.tally["replies"] += 1
        if self.handles_keywords:
            self._handle_keyword(number, our_number, text)
        fields = keywords.inbound_fields(self.account_sid, sid, number, our_number, body, count, self.service, pictures)
        return sid, self._call_webhook(sid, fields)

    def accept(self, fields: Mapping[str, str], validity: int, key: str) -> Message:
        """Accept a message that we posted, with valid fields; `key` identifies the attempt."""
        service, to = fields.get("MessagingServiceSid"), fields["To"]
        message = Message(
            sid=_sid("outbound", key),
            direction="outbound-api",
            sender=fields.get("From") or self.senders[zlib.crc32(to.encode()) % len(self.senders)],
            to=to,
            body=fields["Body"],
            status="accepted" if service else "queued",
            created=self._clock.now(),
            segments=segments(fields["Body"]).count,
            callback=fields.get("StatusCallback", ""),
            service=service,
            validity=validity,
        )
        self.log.add(message)
        self.tally["accepted"] += 1
        self.activity.spawn(self._deliver(message))
        return message

    def nth(self, key: str) -> int:
        """Count the calls with this `key`, including this one."""
        self._attempts[key] += 1
        return self._attempts[key]

    def redact(self, message: Message) -> None:
        """Erase the text of a message."""
        message.body, message.updated = "", self._clock.now()

    async def close(self) -> None:
        """Cancel running work; raise its first error."""
        try:
            await self.activity.stop()
        finally:
            await self._webhooks.close()

    # Messages to phones

    async def _deliver(self, message: Message) -> None:
        fate = self.hostility.delivery_fate(message.sid)
        if message.service:
            self._set_status(message, "queued")
        self.tally["slow_delivery"] += fate.delay > 0
        await self.activity.pause(self._sending + min(fate.delay, message.validity))
        if fate.delay >= message.validity:
            return self._fail(message, "failed", EXPIRED, "expired")
        if message.to in self.opted_out:
            return self._fail(message, "failed", BLOCKED, "blocked")
        message.sent = self._clock.now()
        code = self.unreachable.get(message.to, fate.code)
        self._set_status(message, "sent", late=0.0 if code else self._swap(message))
        await self.activity.pause(self._delivering)
        if code:
            return self._fail(message, "undelivered", code, "undelivered")
        self._arrive(Text(message.sid, "in", message.to, message.sender, message.body, self._clock.now()))
        self._set_status(message, "delivered")

    def _swap(self, message: Message) -> float:
        """Seconds by which the report `sent` is late: after `delivered` if the reports of this message are swapped."""
        if not self.hostility.swapped(message.sid):
            return 0.0
        self.tally["reports_swapped"] += 1
        return self._delivering + 1.0

    def _fail(self, message: Message, status: str, code: int, counted_as: str) -> None:
        self.tally[counted_as] += 1
        message.error = code
        self._set_status(message, status)

    def _set_status(self, message: Message, status: str, late: float = 0.0) -> None:
        message.status, message.updated = status, self._clock.now()
        if not message.callback:
            return
        delays = self.hostility.report_delays(message.sid, status)
        self._count(delays, "report_dropped", "report_repeated", "report_late")
        fields = message.report(status, self.account_sid, self._clock.now())
        for delay in delays:
            self.activity.spawn(self._post(message.callback, fields, late + delay))

    def _arrive(self, text: Text) -> None:
        self.phones[text.phone].append(text)
        self.tally["delivered"] += 1
        for subscriber in self._subscribers:
            subscriber(text)

    # Replies to us

    def _handle_keyword(self, number: str, our_number: str, text: str) -> None:
        """Twilio's own handling of single-word keywords: it answers them itself, and blocks the number after STOP."""
        kind = keywords.kind(text, opted_out=number in self.opted_out)
        if kind is None:
            return
        if kind == "stop":
            self.opted_out.add(number)
        if kind == "start":
            self.opted_out.discard(number)
        self.tally[f"keyword_{kind}"] += 1
        sid = _sid("automatic", number, str(self.nth(f"automatic {number}")))
        answer = Text(sid, "in", number, our_number, keywords.ANSWERS[kind], self._clock.now(), automatic=True)
        self.phones[number].append(answer)

    def _call_webhook(self, sid: str, fields: Mapping[str, str]) -> list[asyncio.Task[None]]:
        delays = self.hostility.reply_delays(sid)
        self._count(delays, "reply_lost", "reply_repeated", "reply_late")
        calls = [
            self.activity.spawn(self._post(self.inbound_url, fields, delay, self.fallback_url)) for delay in delays
        ]
        return [call for call, delay in zip(calls, delays, strict=True) if not delay]

    async def _post(self, url: str, fields: Mapping[str, str], delay: float, fallback: str = "") -> None:
        await self.activity.pause(delay)
        if not url:
            return
        self.tally["webhooks"] += 1
        failure = await self._webhooks.post(url, fields)
        if failure and fallback:
            failure = await self._webhooks.post(fallback, fields)
        if failure:
            self.tally["webhooks_failed"] += 1
            self.debugger.append((UNFETCHED, failure))

    def _count(self, delays: tuple[float, ...], lost: str, repeated: str, late: str) -> None:
        self.tally[lost] += not delays
        self.tally[repeated] += len(delays) > 1
        self.tally[late] += any(delays)

    def _last_contact(self, number: str) -> str:
        senders = [text.number for text in self.phones[number] if text.direction == "in"]
        return senders[-1] if senders else self.senders[0]


def _sid(*parts: str) -> str:
    return "SM" + hashlib.md5(" ".join(parts).encode(), usedforsecurity=False).hexdigest()
