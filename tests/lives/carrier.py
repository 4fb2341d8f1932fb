"""The carrier and the mail relay of a life: the protocol of the rehearsal carrier, in virtual time, without sockets."""

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from twilio.http.response import Response  # type: ignore[import-untyped]

from pro_collector.channels.mail import Mail
from pro_collector.channels.outcome import Accepted, NotSent, Outcome, Policy, Rejected, Unknown
from pro_collector.channels.smtp import Smtp
from pro_collector.channels.twilio import Twilio
from pro_collector.channels.twilio.transport import NoAnswer, NotReached, TooManyRequests, Transport
from pro_collector.domain.instrument.sms_text import segments
from pro_collector.rehearsal import keywords
from pro_collector.rehearsal.hostility import Answer, Hostility
from pro_collector.rehearsal.letters import bounce_of, read_letter
from pro_collector.rehearsal.texts import Message, MessageLog, Text
from tests.lives.faults import Boundaries

ACCOUNT = "AC" + "0" * 31 + "1"
NUMBER = "+12025550100"
BLOCKED, EXPIRED = 21610, 30036
SENDING, DELIVERING = 0.5, 1.5
TRIES = 5
"""How often the carrier calls a webhook again."""

Action = Callable[[], Awaitable[None]]


class Place(Protocol):
    """What the carrier needs of the life around it."""

    boundaries: Boundaries

    def true_now(self) -> datetime:
        """The carrier's own clock."""

    def later(self, seconds: float, action: Action) -> None:
        """Act when so much time has passed."""

    async def call(self, name: str, action: Action) -> bool:
        """Call the product from outside; false if it did not answer."""

    def accepting(self, message: Message) -> None:
        """The carrier is about to take a text of ours."""

    def arrived(self, text: Text) -> None:
        """A text is on a phone."""

    async def take_text(self, fields: Mapping[str, str]) -> None:
        """The webhook for texts."""

    async def take_report(self, message: str, fields: Mapping[str, str]) -> None:
        """The webhook for reports."""

    async def take_mail(self, content: bytes, to: str) -> None:
        """A mail for us has come in."""

    def missed(self) -> None:
        """A text is in the carrier's log alone."""


class Carrier:
    """One account and one number: takes texts, delivers them, reports, and hands in what people write."""

    def __init__(self, place: Place, hostility: Hostility) -> None:
        self._place, self._hostility = place, hostility
        self.log = MessageLog()
        self.opted_out: set[str] = set()
        self._attempts: Counter[str] = Counter()

    @property
    def _fates(self) -> Hostility:
        return Hostility() if self._place.boundaries.calm else self._hostility

    def answer(self, method: str, uri: str, params: Mapping[str, Any], data: Mapping[str, Any] | None) -> Response:
        """Answer one request of the client. Raises what the client's transport raises."""
        here = self._place.boundaries
        parts = urlsplit(uri)
        if method == "POST":
            return self._create({str(name): str(value) for name, value in (data or {}).items()})
        if here.happens("log_unreadable"):
            raise NoAnswer("HTTP 503")
        sid = parts.path.rpartition("/")[2].removesuffix(".json")
        if sid != "Messages":
            message = self.log.get(sid)
            return _json(404, {"code": 20404}) if message is None else _json(200, message.as_json(ACCOUNT))
        query = {**dict(parse_qsl(parts.query)), **{str(name): str(value) for name, value in params.items()}}
        return _json(200, self.log.page(query, ACCOUNT))

    def _create(self, fields: Mapping[str, str]) -> Response:
        here, to = self._place.boundaries, fields["To"]
        reference = fields["StatusCallback"].partition("#")[0].rpartition("/")[2]
        here.cross(f"POST {to} {fields['Body'][:40]!r}")
        if to in self.opted_out:
            return _json(400, {"code": BLOCKED, "message": "unsubscribed", "status": 400})
        self._attempts[reference] += 1
        fate = self._fates.send_fate(f"{reference} {self._attempts[reference]}")
        if fate.answer is not Answer.NORMAL:
            here.note(f"answer: {fate.answer} {fate.code}")
            here.tally[fate.answer] += 1
            here.after_fault()
        if fate.answer is Answer.RATE_LIMITED:
            raise TooManyRequests(None)
        if fate.answer is Answer.RESET_BEFORE:
            raise NotReached("reset")
        if fate.answer is Answer.FAILED_BEFORE:
            raise NoAnswer("HTTP 503")
        if fate.answer is Answer.REFUSED:
            return _json(400, {"code": fate.code, "message": "refused", "status": 400})
        message = self._accept(fields, reference)
        here.cross("accepted")
        if fate.answer in (Answer.FAILED_AFTER, Answer.RESET_AFTER, Answer.SILENT):
            raise NoAnswer("reset")
        return _json(201, message.as_json(ACCOUNT))

    def _accept(self, fields: Mapping[str, str], reference: str) -> Message:
        place, body = self._place, fields["Body"]
        message = Message(
            sid=sid("outbound", reference, str(self._attempts[reference])), direction="outbound-api", sender=NUMBER,
            to=fields["To"], body=body, status="queued", created=place.true_now(), segments=segments(body).count,
            callback=reference, validity=int(fields.get("ValidityPeriod", "36000")),
        )  # fmt: skip
        place.accepting(message)
        self.log.add(message)
        fate = self._fates.delivery_fate(message.sid)
        late = min(fate.delay, message.validity)

        async def leave() -> None:
            if fate.delay >= message.validity or message.to in self.opted_out:
                self._fail(message, "failed", BLOCKED if message.to in self.opted_out else EXPIRED)
                return
            message.sent = place.true_now()
            self._report(message, "sent")
            place.later(DELIVERING, arrive)

        async def arrive() -> None:
            if fate.code:
                self._fail(message, "undelivered", fate.code)
                return
            place.arrived(Text(message.sid, "in", message.to, NUMBER, message.body, place.true_now()))
            self._report(message, "delivered")

        place.later(SENDING + late, leave)
        return message

    def _fail(self, message: Message, status: str, code: int) -> None:
        message.error = code
        self._report(message, status)

    def _report(self, message: Message, status: str) -> None:
        place = self._place
        message.status, message.updated = status, place.true_now()
        fields = message.report(status, ACCOUNT, place.true_now())
        for delay in self._fates.report_delays(message.sid, status):
            self._webhook(delay, f"report {status}", lambda: place.take_report(message.callback, fields), TRIES)

    def text_from(self, number: str, words: str) -> str:
        """Somebody texts us. Returns the sid."""
        place, now = self._place, self._place.true_now()
        self._attempts[number] += 1
        message = Message(
            sid("inbound", number, str(self._attempts[number])), "inbound", number, NUMBER, words, "received", now,
            segments(words).count, sent=now,
        )  # fmt: skip
        self.log.add(message)
        kind = keywords.kind(words, opted_out=number in self.opted_out)
        if kind == "stop":
            self.opted_out.add(number)
        if kind == "start":
            self.opted_out.discard(number)
        fields = keywords.inbound_fields(ACCOUNT, message.sid, number, NUMBER, words, message.segments, None)
        delays = self._fates.reply_delays(message.sid)
        if not delays:
            place.missed()
        for delay in delays:
            self._webhook(delay, "text", lambda: place.take_text(fields), TRIES, place.missed)
        return message.sid

    def _webhook(
        self, delay: float, name: str, action: Action, tries: int, given_up: Callable[[], None] = lambda: None
    ) -> None:
        async def call() -> None:
            if await self._place.call(name, action):
                return
            if tries:
                self._webhook(0.4 * 2 ** (TRIES - tries), name, action, tries - 1, given_up)
            else:
                given_up()

        self._place.later(delay, call)


class LocalTransport(Transport):
    """The transport of the real client, without a network."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__("http://127.0.0.1:1", timeout=1, connect_timeout=1)
        self._carrier = carrier

    async def request(
        self, method: str, uri: str, params: Mapping[str, Any] | None = None, data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None, timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:  # fmt: skip
        """Ask the carrier of this life."""
        del headers, auth, timeout, allow_redirects
        return self._carrier.answer(method, uri, params or {}, data)


def twilio_of(carrier: Carrier) -> Twilio:
    """The real client of the product, connected to the carrier of a life."""
    twilio = Twilio(ACCOUNT, "token", sender=NUMBER, public_url="https://pro.example.org")
    transport = LocalTransport(carrier)
    twilio._transport = twilio._client.http_client = transport
    return twilio


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that the relay took."""

    delivery_id: UUID
    recipient: str


class MailRelay(Smtp):
    """A relay that takes mails, refuses them, loses its answer, or lets them bounce later."""

    def __init__(self, place: Place) -> None:
        super().__init__("127.0.0.1", 1)
        self._place = place
        self.sent: list[Sent] = []

    async def send(self, mails: Sequence[Mail]) -> list[Outcome]:
        """Take each mail at most once."""
        return [self._take(mail) for mail in mails]

    def _take(self, mail: Mail) -> Outcome:
        here = self._place.boundaries
        here.cross(f"mail to {mail.recipient}: {mail.message['Subject']}")
        fault = here.dice.choice(("away", "refused", "unknown", "bounce")) if here.happens("mail_fault") else ""
        if fault == "away":
            return NotSent("no connection to the relay", unreachable=True)
        if fault == "refused":
            return Rejected("5.1.1", Policy.STOP_ADDRESS, "no such user")
        self.sent.append(Sent(mail.delivery_id, mail.recipient))
        if fault == "bounce":
            letter = read_letter(mail.message.as_bytes(), mail.return_path, mail.recipient)
            bounce = bounce_of(letter, here.dice.choice(("5.1.1", "4.4.1")), "failed")
            self._place.later(here.dice.uniform(1, 5000), lambda: self._hand_in(bounce, mail.return_path))
        here.cross("mail taken")
        return (
            Unknown("the relay may have taken it") if fault == "unknown" else Accepted(str(mail.message["Message-ID"]))
        )

    async def _hand_in(self, content: bytes, to: str) -> None:
        """As a mail server does: keep a mail until we have taken it."""
        if not await self._place.call("mail", lambda: self._place.take_mail(content, to)):
            self._place.later(300, lambda: self._hand_in(content, to))


def sid(*parts: str) -> str:
    """The carrier's id of a message."""
    return "SM" + hashlib.md5(" ".join(parts).encode(), usedforsecurity=False).hexdigest()


def _json(status: int, content: Mapping[str, Any]) -> Response:
    return Response(status, json.dumps(content), {})
