"""The rehearsal carrier: a stand-in on loopback that speaks Twilio's API both ways, for demos, tests and rehearsals."""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from pro_collector.clock import Clock
from pro_collector.rehearsal import keywords, twilio_api
from pro_collector.rehearsal.hostility import CALM, Answer, Hostility, SendFate
from pro_collector.rehearsal.texts import Message, MessageLog, Text
from pro_collector.rehearsal.twilio_webhooks import Webhooks

Subscriber = Callable[[Text], None]


class Carrier:
    """One Twilio account with its numbers, the phones it reaches, and its message log, all in memory.

    `senders` are our numbers (E.164). `inbound_url` is where replies go, `fallback_url` where they go when that fails.
    Delays are on `clock`, so a rehearsal can run on a clock that leaps: see `idle`. `silence` is in real seconds.
    `phones` holds the texts of each handset, `tally` counts what was done to messages, `debugger` what went wrong with
    our webhooks (11200, as in Twilio's debugger).
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
        port: int = 0,
    ) -> None:
        self.inbound_url, self.fallback_url, self.hostility = inbound_url, fallback_url, hostility
        self.phones: dict[str, list[Text]] = defaultdict(list)
        self.tally: Counter[str] = Counter()
        self.debugger: list[tuple[int, str]] = []
        self.log = MessageLog()
        self.opted_out: set[str] = set()
        self._clock, self._account, self._token = clock, account_sid, auth_token
        self._senders, self._service = tuple(senders), messaging_service_sid
        self._sending, self._delivering, self._silence = sending, delivering, silence
        self._handles_keywords, self._port = handles_keywords, port
        self._subscribers: list[Subscriber] = []
        self._attempts: Counter[str] = Counter()
        self._busy = 0
        self._waking: dict[object, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._webhooks = Webhooks(auth_token, clock.now, self._pause)
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen on loopback; the base URL to give to `Twilio`."""
        app = web.Application(client_max_size=1 << 20)
        account = "/2010-04-01/Accounts/{account}"
        app.router.add_post(f"{account}/Messages.json", self._counted(self._create))
        app.router.add_get(f"{account}/Messages.json", self._counted(self._list))
        app.router.add_get(f"{account}/Messages/{{sid}}.json", self._counted(self._show))
        app.router.add_post(f"{account}/Messages/{{sid}}.json", self._counted(self._change))
        app.router.add_delete(f"{account}/Messages/{{sid}}.json", self._counted(self._delete))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)  # access logs hold phone numbers
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Stop listening and drop what is under way; raises what went wrong inside."""
        self._stopping.set()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await self._webhooks.close()
        if self._runner is not None:
            await self._runner.cleanup()
        for result in ended:
            if isinstance(result, Exception):
                raise result

    def subscribe(self, callback: Subscriber) -> None:
        """Call `callback` with every text that arrives on a phone, in the order of arrival; it must not block."""
        self._subscribers.append(callback)

    async def reply(self, number: str, text: str, *, to: str = "", as_base64: bool = False) -> str:
        """The person at `number` texts `text`; the sid. Our webhook is called in the background.

        Without `to` it answers the number that texted last.
        """
        ours = to or self._last_contact(number)
        nth = self._nth(f"inbound {number} {text}")
        sid = _sid("inbound", number, text, str(nth))
        now = self._clock.now()
        body = keywords.encoded(text) if as_base64 else text
        self.log.add(Message(sid, "inbound", number, ours, body, "received", now, service=self._service, sent=now))
        self.phones[number].append(Text(sid, "out", number, ours, text, now))
        self.tally["replies"] += 1
        if self._handles_keywords:
            self._obey(number, ours, text)
        self._hand_over(sid, number, ours, body)
        return sid

    def idle(self) -> bool:
        """Whether nothing is under way at this instant: no request, no webhook, nobody who should be awake by now.

        What waits on the clock for a later instant is not under way.
        """
        now = self._clock.now()
        return self._busy == 0 and all(until > now for until in self._waking.values())

    async def settle(self) -> None:
        """Wait until nothing is under way or waiting, however far ahead on the clock."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # Requests

    async def _create(self, request: web.Request) -> web.StreamResponse:
        fields = twilio_api.as_fields(await request.post())
        self.tally["requests"] += 1
        code = twilio_api.mistake(fields, self._senders, self._service)
        to = fields.get("To", "")
        if not code and to in self.opted_out:
            code = 21610
        if code:
            self.tally["mistakes"] += 1
            return twilio_api.error(code, to)
        validity = twilio_api.validity_of(fields)
        if validity is None or "SendAt" in fields:
            return twilio_api.error(20001, words="ValidityPeriod is not from 1 to 36000, or SendAt is not rehearsed")
        reference = fields.get("StatusCallback", "").partition("#")[0].rpartition("/")[2]
        key = f"{to} {reference or fields['Body']}"
        key = f"{key} {self._nth(key)}"
        return await self._answer(request, fields, validity, key, self.hostility.send_fate(key))

    async def _answer(
        self, request: web.Request, fields: Mapping[str, str], validity: int, key: str, fate: SendFate
    ) -> web.StreamResponse:
        if fate.answer is not Answer.NORMAL:
            self.tally[fate.answer.value] += 1
        if fate.answer is Answer.RESET_BEFORE:
            return _reset(request)
        early = {Answer.RATE_LIMITED: 20429, Answer.FAILED_BEFORE: 20503, Answer.REFUSED: fate.code}
        if fate.answer in early:
            return twilio_api.error(early[fate.answer], fields["To"])
        message = self._accept(fields, validity, key)
        if fate.stop:
            self.tally["stop_mid_send"] += 1
            await self.reply(message.to, "STOP", to=message.sender)
        if fate.answer is Answer.SILENT:
            await self._stay_silent()
        if fate.answer in (Answer.RESET_AFTER, Answer.SILENT):
            return _reset(request)
        if fate.answer is Answer.FAILED_AFTER:
            return twilio_api.error(20500)
        return web.json_response(message.as_json(self._account), status=201)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(self.log.page(request.query, self._account))
        except ValueError:
            return twilio_api.error(20001, words="a filter cannot be read")

    async def _show(self, request: web.Request) -> web.StreamResponse:
        message = self.log.get(request.match_info["sid"])
        return twilio_api.error(20404) if message is None else web.json_response(message.as_json(self._account))

    async def _change(self, request: web.Request) -> web.StreamResponse:
        message = self.log.get(request.match_info["sid"])
        if message is None:
            return twilio_api.error(20404)
        if twilio_api.as_fields(await request.post()).get("Body") == "":
            message.body, message.updated = "", self._clock.now()  # redaction is the only change of a text there is
        return web.json_response(message.as_json(self._account))

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        if self.log.get(request.match_info["sid"]) is None:
            return twilio_api.error(20404)
        self.log.remove(request.match_info["sid"])
        return web.Response(status=204)

    def _counted(
        self, handler: Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]
    ) -> Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]:
        async def counted(request: web.Request) -> web.StreamResponse:
            self._busy += 1
            try:
                if not twilio_api.authorised(request, self._account, self._token):
                    return twilio_api.error(20003)
                if request.match_info["account"] != self._account:
                    return twilio_api.error(20404)
                return await handler(request)
            finally:
                self._busy -= 1

        return counted

    # Messages on their way to a phone

    def _accept(self, fields: Mapping[str, str], validity: int, key: str) -> Message:
        service = fields.get("MessagingServiceSid")
        message = Message(
            sid=_sid("outbound", key),
            direction="outbound-api",
            sender=fields.get("From") or self._senders[0],
            to=fields["To"],
            body=fields["Body"],
            status="accepted" if service else "queued",
            created=self._clock.now(),
            callback=fields.get("StatusCallback", ""),
            service=service,
            validity=validity,
        )
        self.log.add(message)
        self.tally["accepted"] += 1
        self._spawn(self._deliver(message))
        return message

    async def _deliver(self, message: Message) -> None:
        fate = self.hostility.delivery_fate(message.sid)
        if message.service:
            self._move(message, "queued")
        if fate.delay:
            self.tally["slow_delivery"] += 1
        await self._pause(self._sending + min(fate.delay, message.validity))
        if fate.delay >= message.validity:
            return self._fail(message, "failed", 30036)
        if message.to in self.opted_out:
            return self._fail(message, "failed", 21610)
        message.sent = self._clock.now()
        self._move(message, "sent", late=self._delivering + 1.0 if self._swaps(message, fate.code) else 0.0)
        await self._pause(self._delivering)
        if fate.code:
            self.tally["undelivered"] += 1
            return self._fail(message, "undelivered", fate.code)
        self._arrive(Text(message.sid, "in", message.to, message.sender, message.body, self._clock.now()))
        self._move(message, "delivered")

    def _swaps(self, message: Message, code: int) -> bool:
        swapped = not code and self.hostility.swapped(message.sid)
        self.tally["reports_swapped"] += swapped
        return swapped

    def _fail(self, message: Message, status: str, code: int) -> None:
        message.error = code
        self._move(message, status)

    def _move(self, message: Message, status: str, late: float = 0.0) -> None:
        message.status, message.updated = status, self._clock.now()
        if not message.callback:
            return
        delays = self.hostility.report_delays(message.sid, status)
        self._tally_delays("report_dropped", "report_repeated", "report_late", delays)
        for delay in delays:
            self._spawn(self._post(message.callback, self._report(message, status), late + delay))

    def _arrive(self, text: Text) -> None:
        self.phones[text.phone].append(text)
        self.tally["delivered"] += 1
        for subscriber in self._subscribers:
            subscriber(text)

    def _report(self, message: Message, status: str) -> dict[str, str]:
        fields = {
            "AccountSid": self._account,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "To": message.to,
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
        }
        if message.service:
            fields["MessagingServiceSid"] = message.service
        if message.error:
            fields["ErrorCode"] = str(message.error)
        if status == "delivered":
            fields["RawDlrDoneDate"] = self._clock.now().strftime("%y%m%d%H%M")
        return fields

    # Texts on their way to us

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
        sid = _sid("automatic", number, str(self._nth(f"automatic {number}")))
        answer = Text(sid, "in", number, ours, keywords.ANSWERS[kind], self._clock.now(), automatic=True)
        self.phones[number].append(answer)

    def _hand_over(self, sid: str, number: str, ours: str, body: str) -> None:
        delays = self.hostility.reply_delays(sid)
        self._tally_delays("reply_lost", "reply_repeated", "reply_late", delays)
        fields = keywords.inbound_fields(self._account, sid, number, ours, body, self._service)
        for delay in delays:
            self._spawn(self._post(self.inbound_url, fields, delay, self.fallback_url))

    async def _post(self, url: str, fields: Mapping[str, str], delay: float, fallback: str = "") -> None:
        if delay:
            await self._pause(delay)
        if not url:
            return
        self.tally["webhooks"] += 1
        failure = await self._webhooks.post(url, fields)
        if failure and fallback:
            failure = await self._webhooks.post(fallback, fields)
        if failure:
            self.tally["webhooks_failed"] += 1
            self.debugger.append((11200, failure))

    def _tally_delays(self, lost: str, repeated: str, late: str, delays: tuple[float, ...]) -> None:
        self.tally[lost] += not delays
        self.tally[repeated] += len(delays) > 1
        self.tally[late] += any(delays)

    def _last_contact(self, number: str) -> str:
        came = [text.number for text in self.phones[number] if text.direction == "in"]
        return came[-1] if came else self._senders[0]

    # Time and tasks

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def counted() -> None:
            try:
                await work
            finally:
                self._busy -= 1

        self._busy += 1
        task = asyncio.get_running_loop().create_task(counted())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pause(self, seconds: float) -> None:
        key = object()
        self._waking[key] = self._clock.now() + timedelta(seconds=seconds)
        self._busy -= 1
        try:
            await self._clock.sleep(seconds)
        finally:
            self._busy += 1
            del self._waking[key]

    async def _stay_silent(self) -> None:
        """Hold the answer back in real time, as our client's time-out is; the clock may leap meanwhile."""
        self._busy -= 1
        try:
            await asyncio.wait_for(self._stopping.wait(), self._silence)
        except TimeoutError:
            pass
        finally:
            self._busy += 1

    def _nth(self, key: str) -> int:
        self._attempts[key] += 1
        return self._attempts[key]


def _sid(*parts: str) -> str:
    return "SM" + hashlib.md5(" ".join(parts).encode(), usedforsecurity=False).hexdigest()


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
