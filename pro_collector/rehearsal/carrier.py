"""The rehearsal carrier: a simulator of Twilio's API and webhooks on loopback, for demos, tests and rehearsals."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from pro_collector.clock import Clock as Clock
from pro_collector.rehearsal import twilio_api
from pro_collector.rehearsal.exchange import Exchange
from pro_collector.rehearsal.hostility import Answer, SendFate
from pro_collector.rehearsal.texts import Text as Text

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_NOT_ACCEPTED = {Answer.RATE_LIMITED: 20429, Answer.FAILED_BEFORE: 20503}
_STOP_TIMEOUT = 5.0


class Carrier(Exchange):
    """An `Exchange` with Twilio's REST API; the arguments are those of `Exchange`."""

    _runner: web.AppRunner | None = None
    _stopping: asyncio.Event

    async def start(self, port: int = 0) -> str:
        """Listen on loopback, on `port` or else on a free port; return the base URL for `Twilio`."""
        self._stopping = asyncio.Event()
        app = web.Application()
        messages = "/2010-04-01/Accounts/{account}/Messages.json"
        message = "/2010-04-01/Accounts/{account}/Messages/{sid}.json"
        app.router.add_post(messages, self._checked(self._create))
        app.router.add_get(messages, self._checked(self._list))
        app.router.add_get(message, self._checked(self._show))
        app.router.add_post(message, self._checked(self._change))
        app.router.add_delete(message, self._checked(self._delete))
        numbers = "/v1/Services/{service}/{kind:PhoneNumbers|ShortCodes}"
        app.router.add_get(numbers, self._checked(self._numbers))
        # Access logs would contain phone numbers.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening and cancel running work; raise its first error."""
        if self._runner is not None:
            self._stopping.set()
            await self._runner.cleanup()
            self._runner = None
        await self.close()

    def _checked(self, handler: Handler) -> Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            with self.activity.working():
                if not twilio_api.authorised(request, self.account_sid, self.auth_token):
                    return twilio_api.error(20003)
                if request.match_info.get("account", self.account_sid) != self.account_sid:
                    return twilio_api.error(20404)
                return await handler(request)

        return checked

    async def _create(self, request: web.Request) -> web.StreamResponse:
        fields = twilio_api.as_fields(await request.post())
        self.tally["requests"] += 1
        refusal = twilio_api.refusal(fields, self.senders, self.service, self.opted_out)
        if refusal is not None:
            self.tally["mistakes"] += 1
            return refusal
        reference = fields.get("StatusCallback", "").partition("#")[0].rpartition("/")[2]
        key = f"{fields['To']} {reference or fields['Body']}"
        key = f"{key} {self.nth(key)}"
        return await self._answer(request, fields, key, self.hostility.send_fate(key))

    async def _answer(
        self, request: web.Request, fields: Mapping[str, str], key: str, fate: SendFate
    ) -> web.StreamResponse:
        if fate.answer is not Answer.NORMAL:
            self.tally[fate.answer.value] += 1
        if fate.answer is Answer.RESET_BEFORE:
            return _reset(request)
        code = _NOT_ACCEPTED.get(fate.answer, fate.code)
        if code:
            return twilio_api.error(code, fields["To"])
        message = self.accept(fields, twilio_api.validity_of(fields) or 0, key)
        answer = web.json_response(message.as_json(self.account_sid), status=201)
        if fate.stop:
            await self._stop_now(message.to, message.sender)
        if fate.answer is Answer.SILENT:
            await self._stay_silent()
        if fate.answer in (Answer.RESET_AFTER, Answer.SILENT):
            return _reset(request)
        return twilio_api.error(20500) if fate.answer is Answer.FAILED_AFTER else answer

    async def _stop_now(self, number: str, our_number: str) -> None:
        """Text STOP, and wait until our webhook has received it, before the current request is answered."""
        self.tally["stop_mid_send"] += 1
        _, calls = self.text_from(number, "STOP", to=our_number)
        if calls:
            await asyncio.wait(calls, timeout=_STOP_TIMEOUT)

    async def _stay_silent(self) -> None:
        with self.activity.resting():
            try:
                async with asyncio.timeout(self.silence):
                    await self._stopping.wait()
            except TimeoutError:
                return

    async def _list(self, request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(self.log.page(request.query, self.account_sid))
        except ValueError:
            return twilio_api.error(20001)

    async def _numbers(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["service"] != self.service:
            return twilio_api.error(20404)
        return web.json_response(twilio_api.numbers(request.match_info["kind"], self.senders))

    async def _show(self, request: web.Request) -> web.StreamResponse:
        message = self.log.get(request.match_info["sid"])
        return twilio_api.error(20404) if message is None else web.json_response(message.as_json(self.account_sid))

    async def _change(self, request: web.Request) -> web.StreamResponse:
        message = self.log.get(request.match_info["sid"])
        if message is None:
            return twilio_api.error(20404)
        if twilio_api.as_fields(await request.post()).get("Body") != "":
            return twilio_api.error(20001)  # Twilio does not change the text of a message, it only removes it
        self.redact(message)
        return web.json_response(message.as_json(self.account_sid))

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        if self.log.get(request.match_info["sid"]) is None:
            return twilio_api.error(20404)
        self.log.remove(request.match_info["sid"])
        return web.Response(status=204)


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
