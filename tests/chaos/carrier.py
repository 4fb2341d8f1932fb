"""A hostile carrier: the part of Twilio's API that the product uses, on loopback, with faults drawn from a seed."""

import asyncio
import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import Any

import aiohttp
from aiohttp import web

from tests.chaos.log import Log

ACCOUNT = "AC" + "c" * 32
TOKEN = "token-of-chaos"
NUMBER = "+12025550100"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}"
WEBHOOK_TRIES = 5
WEBHOOK_TIMEOUT = 15.0
SILENCE = 25.0
"""Seconds, longer than any client waits."""


@dataclass(frozen=True, slots=True)
class Temper:
    """How bad the carrier is: the probability of each fault, from 0 to 1, and the delay of every answer in seconds."""

    busy: float = 0.0
    """429: not taken."""
    failed: float = 0.0
    """500, after it was taken."""
    reset: float = 0.0
    """The connection is reset, after it was taken."""
    silent: float = 0.0
    """No answer in time, after it was taken."""
    garbled: float = 0.0
    """201 with half of the JSON."""
    list_failed: float = 0.0
    """500 to a request for a page of the log."""
    unheard: float = 0.0
    """The webhook of a reply is never called: only the log has it."""
    report_lost: float = 0.0
    delay: float = 0.0


BUSY = Temper(busy=0.05, delay=0.02)
"""Nothing whose outcome is in doubt: for a run of a minute."""
BAD = Temper(
    busy=0.02, failed=0.01, reset=0.01, silent=0.003, garbled=0.01, list_failed=0.03, unheard=0.05, report_lost=0.05
)


class Carrier:
    """The texts of one account. `hear` is called with the phone, the message id and the words of each text taken."""

    def __init__(self, log: Log, seed: int, temper: Temper) -> None:
        self.temper = temper
        self.hear: Callable[[str, str, str], None] = lambda *_: None
        self.public_url = ""
        self.taken = 0
        """How many texts it has taken."""
        self.written = 0
        """How many texts people have written."""
        self._log, self._dice = log, Random(f"carrier {seed}")
        self._texts: list[dict[str, Any]] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen on a free port; the URL of the API."""
        app = web.Application()
        app.router.add_post(f"{PATH}/Messages.json", self._take)
        app.router.add_get(f"{PATH}/Messages.json", self._list)
        app.router.add_get(f"{PATH}/Messages/{{sid}}.json", self._show)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        connector = aiohttp.TCPConnector(force_close=True)
        self._client = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening, and cancel the webhooks under way."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await self._client.close()
        await self._runner.cleanup()

    def write(self, phone: str, words: str, **noted: Any) -> None:
        """Somebody writes a text; `noted` goes into the log."""
        sid = f"SM{self._dice.getrandbits(128):032x}"
        self.written += 1
        self._log.note("wrote", sid=sid, phone=phone, words=words, **noted)
        self._texts.append(_text(sid, "inbound", phone, NUMBER, words, "received"))
        if self._dice.random() >= self.temper.unheard:
            fields = {"MessageSid": sid, "From": phone, "To": NUMBER, "Body": words, "NumMedia": "0"}
            self._call("/webhooks/twilio/inbound", {**fields, "AccountSid": ACCOUNT})

    async def _take(self, request: web.Request) -> web.StreamResponse:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        await asyncio.sleep(self.temper.delay)
        luck, temper = self._dice.random(), self.temper
        if luck < temper.busy:
            self._log.note("busy")
            return web.json_response({"code": 20429, "status": 429}, status=429, headers={"Retry-After": "1"})
        callback = fields["StatusCallback"].partition("#")[0]
        message = callback.rpartition("/")[2]
        sid = f"SM{self._dice.getrandbits(128):032x}"
        text = _text(sid, "outbound-api", NUMBER, fields["To"], fields["Body"], "delivered")
        self._texts.append(text)
        self.taken += 1
        self._log.note("took", message=message, sid=sid, phone=fields["To"], body=fields["Body"])
        self._report(callback.removeprefix(self.public_url), sid, fields["To"])
        self.hear(fields["To"], message, fields["Body"])
        return await self._answer(request, text, luck - temper.busy)

    async def _answer(self, request: web.Request, text: Mapping[str, Any], luck: float) -> web.StreamResponse:
        temper = self.temper
        for fault in ("failed", "reset", "silent", "garbled"):
            luck -= getattr(temper, fault)
            if luck < 0:
                self._log.note(fault, sid=text["sid"])
                return await _faulty(request, fault, text)
        return web.json_response(text, status=201)

    def _report(self, path: str, sid: str, phone: str) -> None:
        if self._dice.random() >= self.temper.report_lost:
            fields = {"MessageSid": sid, "MessageStatus": "delivered", "To": phone, "From": NUMBER}
            self._call(path, {**fields, "AccountSid": ACCOUNT})

    def _call(self, path: str, fields: Mapping[str, str]) -> None:
        call = asyncio.create_task(self._post(f"{self.public_url}{path}", fields))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _post(self, url: str, fields: Mapping[str, str]) -> None:
        headers = {"X-Twilio-Signature": _signature(url, fields), "I-Twilio-Idempotency-Token": str(uuid.uuid4())}
        limit = aiohttp.ClientTimeout(total=WEBHOOK_TIMEOUT)
        for attempt in range(WEBHOOK_TRIES):
            try:
                async with self._client.post(url, data=fields, headers=headers, timeout=limit) as response:
                    status = response.status
            except (aiohttp.ClientError, TimeoutError, OSError):
                status = 0
            self._log.note("called", sid=fields["MessageSid"], status=status)
            if 200 <= status < 300:
                return
            await asyncio.sleep(0.5 * 2**attempt)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.temper.delay)
        if self._dice.random() < self.temper.list_failed:
            return web.json_response({"code": 20500, "status": 500}, status=500)
        query = request.query
        since = datetime.fromisoformat(query["DateSent>"]) if "DateSent>" in query else datetime.min.replace(tzinfo=UTC)
        found = [text for text in reversed(self._texts) if query.get("To") in (None, text["to"])]
        found = [text for text in found if _sent(text) >= since.replace(tzinfo=UTC)]
        size, start = int(query.get("PageSize", "50")), int(query.get("PageToken", "0"))
        more = {**query, "PageToken": str(start + size), "Page": str(start // size + 1)}
        following = str(request.rel_url.with_query(more)) if len(found) > start + size else None
        page = {"page": start // size, "page_size": size, "uri": str(request.rel_url), "next_page_uri": following}
        return web.json_response({**page, "messages": found[start : start + size]})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.temper.delay)
        found = next((text for text in self._texts if text["sid"] == request.match_info["sid"]), None)
        return web.json_response(found) if found else web.json_response({"code": 20404, "status": 404}, status=404)


async def _faulty(request: web.Request, fault: str, text: Mapping[str, Any]) -> web.StreamResponse:
    if fault == "failed":
        return web.json_response({"code": 20500, "status": 500}, status=500)
    if fault == "garbled":
        return web.Response(text=json.dumps(text)[:40], status=201, content_type="application/json")
    if fault == "silent":
        await asyncio.sleep(SILENCE)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _text(sid: str, direction: str, sender: str, to: str, body: str, status: str) -> dict[str, Any]:
    now = format_datetime(datetime.now(UTC))
    return {
        "sid": sid, "account_sid": ACCOUNT, "api_version": "2010-04-01", "messaging_service_sid": None,
        "from": sender, "to": to, "body": body, "status": status, "direction": direction, "num_segments": "1",
        "num_media": "0", "price": None, "price_unit": "USD", "error_code": None, "error_message": None,
        "date_created": now, "date_sent": now, "date_updated": now, "uri": f"{PATH}/Messages/{sid}.json",
        "subresource_uris": {},
    }  # fmt: skip


def _sent(text: Mapping[str, Any]) -> datetime:
    return datetime.strptime(text["date_sent"], "%a, %d %b %Y %H:%M:%S %z")


def _signature(url: str, fields: Mapping[str, str]) -> str:
    """As Twilio signs: the URL, then each field and its value in the order of the names."""
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
