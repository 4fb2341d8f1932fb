"""The inside of the rehearsal carrier: takes messages over, brings them to phones, and brings replies to us."""

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
    """One account with its numbers, the phones they reach, and the message log; everything but the HTTP server.

    `senders` are our numbers (E.164). `inbound_url` is where replies go, `fallback_url` where they go when that fails.
    `sending` and `delivering` are seconds on `clock`; `silence` is how long a lost answer is held back before the
    connection ends, in real seconds as a client's time-out is. `handles_keywords`: it answers STOP, START and HELP
    itself, as Twilio does.
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
        """The texts of each handset, by its number."""
        self.unreachable: dict[str, int] = {}
        """Phone -> the error code that every delivery to it ends with."""
        self.opted_out: set[str] = set()
        self.log = MessageLog()
        self.tally: Counter[str] = Counter()
        """What was done to messages: the names of `Hostility`, and those that a calm carrier counts."""
        self.debugger: list[tuple[int, str]] = []
        """What went wrong with our webhooks: an error code as in Twilio's debugger, and how it failed."""
        self.activity = Activity(clock)
        self._clock = clock
        self._sending, self._delivering = sending, delivering
        self._subscribers: list[Subscriber] = []
        self._attempts: Counter[str] = Counter()
        self._webhooks = Webhooks(auth_token, clock.now, self.activity.pause)

    def subscribe(self, callback: Subscriber) -> None:
        """Call `callback` with every text that arrives on a phone, in the order of arrival; it must not block."""
        self._subscribers.append(callback)

    def idle(self) -> bool:
        """Whether nothing is under way at this instant: no request, no webhook, nobody who should be awake by now.

        What waits on the clock for a later instant is not under way.
        """
        return self.activity.idle()

    async def settle(self) -> None:
        """Wait until every message and every webhook has met its end, however far ahead on the clock."""
        await self.activity.settle()

    async def reply(
        self, number: str, text: str, *, to: str = "", as_base64: bool = False, pictures: int = 0
    ) -> str:  # fmt: skip
        """The person at `number` texts `text`; the sid. Our webhook is called in the background.

        Without `to` it answers the number that texted last. `as_base64`: as some carriers hand over long texts.
        `pictures`: how many pictures or recordings come with it.
        """
        sid, _ = self.text_from(number, text, to=to, as_base64=as_base64, pictures=pictures)
        return sid

    def text_from(
        self, number: str, text: str, *, to: str = "", as_base64: bool = False, pictures: int = 0
    ) -> tuple[str, list[asyncio.Task[None]]]:
        """`reply`, with the calls of our webhook that follow at once."""
        ours = to or self._last_contact(number)
        sid = _sid("inbound", number, text, str(self.nth(f"inbound {number} {text}")))
        body, now = keywords.encoded(text) if as_base64 else text, self._clock.now()
        count = segments(text).count
        message = Message(sid, "inbound", number, ours, body, "received", now, count, pictures=pictures)
        self.log.add(replace(message, service=self.service, sent=now))
        self.phones[number].append(Text(sid, "out", number, ours, text, now))
        self.tally["replies"] += 1
        if self.handles_keywords:
            self._obey(number, ours, text)
        fields = keywords.inbound_fields(self.account_sid, sid, number, ours, body, count, self.service, pictures)
        return sid, self._hand_over(sid, fields)

    def accept(self, fields: Mapping[str, str], validity: int, key: str) -> Message:
        """Take over a message that we posted, whose fields are right; `key` names the attempt."""
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
        """How many times `key` was asked for, this time included."""
        self._attempts[key] += 1
        return self._attempts[key]

    def redact(self, message: Message) -> None:
        """Forget the words of a message."""
        message.body, message.updated = "", self._clock.now()

    async def close(self) -> None:
        """Drop what is under way; raises what went wrong inside."""
        try:
            await self.activity.stop()
        finally:
            await self._webhooks.close()

    # To a phone

    async def _deliver(self, message: Message) -> None:
        fate = self.hostility.delivery_fate(message.sid)
        if message.service:
            self._move(message, "queued")
        self.tally["slow_delivery"] += fate.delay > 0
        await self.activity.pause(self._sending + min(fate.delay, message.validity))
        if fate.delay >= message.validity:
            return self._fail(message, "failed", EXPIRED, "expired")
        if message.to in self.opted_out:
            return self._fail(message, "failed", BLOCKED, "blocked")
        message.sent = self._clock.now()
        code = self.unreachable.get(message.to, fate.code)
        self._move(message, "sent", late=0.0 if code else self._swap(message))
        await self.activity.pause(self._delivering)
        if code:
            return self._fail(message, "undelivered", code, "undelivered")
        self._arrive(Text(message.sid, "in", message.to, message.sender, message.body, self._clock.now()))
        self._move(message, "delivered")

    def _swap(self, message: Message) -> float:
        """Seconds that `sent` is reported late: past `delivered`, when the reports of this message are swapped."""
        if not self.hostility.swapped(message.sid):
            return 0.0
        self.tally["reports_swapped"] += 1
        return self._delivering + 1.0

    def _fail(self, message: Message, status: str, code: int, counted_as: str) -> None:
        self.tally[counted_as] += 1
        message.error = code
        self._move(message, status)

    def _move(self, message: Message, status: str, late: float = 0.0) -> None:
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

    # To us

    def _obey(self, number: str, ours: str, text: str) -> None:
        """Twilio's own handling of single-word keywords: it answers them itself, and blocks after STOP."""
        kind = keywords.kind(text, opted_out=number in self.opted_out)
        if kind is None:
            return
        if kind == "stop":
            self.opted_out.add(number)
        if kind == "start":
            self.opted_out.discard(number)
        self.tally[f"keyword_{kind}"] += 1
        sid = _sid("automatic", number, str(self.nth(f"automatic {number}")))
        answer = Text(sid, "in", number, ours, keywords.ANSWERS[kind], self._clock.now(), automatic=True)
        self.phones[number].append(answer)

    def _hand_over(self, sid: str, fields: Mapping[str, str]) -> list[asyncio.Task[None]]:
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
        came = [text.number for text in self.phones[number] if text.direction == "in"]
        return came[-1] if came else self.senders[0]


def _sid(*parts: str) -> str:
    return "SM" + hashlib.md5(" ".join(parts).encode(), usedforsecurity=False).hexdigest()
