"""What every request passes before its route: host names, rate limits, time limits, and a lane of its own for webhooks.

So that forms, slow clients and strangers never keep a patient's text waiting. A request that fails costs one line in
the log, which has neither the URL, which may be a personal link, nor the body.
"""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pro_collector.settings import Settings
from pro_collector.web.bounded_lines import BoundedLines
from pro_collector.web.headers import DefaultHeaders, Hosts
from pro_collector.web.problems import refusal
from pro_collector.web.rates import PASSWORDS, PASSWORDS_PER_SECOND, Rates
from pro_collector.web.request import MAX_BODY

log = structlog.get_logger(__name__)

WEBHOOKS = "/webhooks/"
HEALTH = ("/healthz", "/readyz")


@dataclass(frozen=True, slots=True)
class GateLimits:
    """How many requests are answered at once, and how many seconds each step may take."""

    pages: int = 24
    webhooks: int = 24
    health: int = 4
    body_within: float = 20.0
    turn_within: float = 5.0
    answer_within: float = 45.0
    """A stream of events may take longer, and takes up no lane."""


class Gate:
    """Wraps the application. `now`: seconds of a steady clock."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        limits: GateLimits | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._limits, self._now = app, limits or GateLimits(), now
        self._headers, self._hosts = DefaultHeaders(settings.public_url), Hosts(settings)
        self._rates, self._passwords = Rates(), Rates(PASSWORDS_PER_SECOND, PASSWORDS, limits_private=True)
        self._lines = BoundedLines(now)
        self._pages = asyncio.Semaphore(self._limits.pages)
        self._webhooks = asyncio.Semaphore(self._limits.webhooks)
        self._health = asyncio.Semaphore(self._limits.health)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; never raises for what a client or a route did."""
        if scope["type"] != "http":
            return
        answer = _Answer(self._headers.added_to(send))
        try:
            await self._answer(scope, receive, answer)
        except _Disconnected:
            self._lines.write(log.info, "a client disconnected", method=scope["method"])
        except Exception as error:
            trace = "".join(traceback.format_tb(error.__traceback__))  # the message of an error may quote an answer
            facts = {"method": scope["method"], "error": type(error).__name__, "trace": trace}
            self._lines.write(log.error, "a request failed", **facts)
            await answer.refuse(scope, 500, "this failed here; try again later")
        self._count_refusal(scope, answer.status)

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        of_webhook = scope["path"].startswith(WEBHOOKS)
        if not self._hosts.has(Headers(scope=scope).get("host", ""), scope["path"]):
            return await answer.refuse(scope, 421, "not a name of this server; see PRO_PUBLIC_URL and PRO_WEB_HOSTS")
        if not of_webhook and self._is_too_much(scope):
            return await answer.refuse(scope, 429, "too many requests; try again in a minute")
        try:
            async with asyncio.timeout(self._limits.body_within):
                body = await _body(receive)
        except TimeoutError:
            return await answer.refuse(scope, 408, "the request did not arrive in time")
        try:
            async with self._turn(self._lane(scope["path"]), answer):
                await self._app(scope, _replayed(body, receive), answer.send)
        except TimeoutError:
            self._lines.write(log.error, "a request took too long", method=scope["method"])
            await answer.refuse(scope, 503, "busy; try again in a minute")

    def _is_too_much(self, scope: Scope) -> bool:
        """Whether its client has used up its requests, or its wrong passwords. A webhook costs nothing unless its
        signature is wrong: a carrier has few addresses for many texts."""
        client, now = _client(scope), self._now()
        if _has_password(scope) and self._passwords.used_up(client, now):
            return True
        return not self._rates.take(client, 1, now)

    def _count_refusal(self, scope: Scope, status: int) -> None:
        """Make a wrong password or signature cost its sender, and log who it was."""
        if status == 401 and _has_password(scope):
            self._passwords.take(_client(scope), 1, self._now())
        elif status == 403 and scope["path"].startswith(WEBHOOKS):
            self._rates.take(_client(scope), 1, self._now())
        else:
            return
        facts = {"status": status, "method": scope["method"], "client": _client(scope)}
        self._lines.write(log.warning, "a request was refused", **facts)

    def _lane(self, path: str) -> asyncio.Semaphore:
        """Busy pages delay neither a patient's text nor the answer that the process is alive."""
        if path.startswith(WEBHOOKS):
            return self._webhooks
        return self._health if path in HEALTH else self._pages

    @asynccontextmanager
    async def _turn(self, lane: asyncio.Semaphore, answer: "_Answer") -> AsyncIterator[None]:
        """Wait for a place in the lane, then hold it. Raises TimeoutError."""
        async with asyncio.timeout(self._limits.turn_within):
            await lane.acquire()
        answer.on_stream = lane.release
        try:
            async with asyncio.timeout(self._limits.answer_within) as answer.deadline:
                yield
        finally:
            if not answer.streams:
                lane.release()


class _Answer:
    """The response to one request: its status, and whether it is a stream of events."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.streams = False
        self.on_stream: Callable[[], None] = lambda: None
        self.deadline: asyncio.Timeout | None = None

    async def send(self, message: Message) -> None:
        """Pass on a part of the response. A stream of events has no time limit."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kind = dict(message.get("headers", [])).get(b"content-type", b"")
            if kind.startswith(b"text/event-stream") and self.deadline is not None:
                self.streams = True
                self.deadline.reschedule(None)
                self.on_stream()
        await self._send(message)

    async def refuse(self, scope: Scope, status: int, reason: str) -> None:
        """Answer with an error, unless a response has begun."""
        if self.status:
            return
        headers = {"Connection": "close"} if status == 408 else {"Retry-After": "60"} if status in (429, 503) else {}
        await refusal(scope["path"], status, reason, headers)(scope, _nothing, self.send)


class _Disconnected(Exception):
    """The client disconnected before its request was complete."""


async def _body(receive: Receive) -> bytes:
    """The body up to `MAX_BODY` bytes; the rest is read and dropped, since anybody may send anything."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        body += message.get("body", b"")[: MAX_BODY - len(body)]
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body at once, then what comes after it: that the client disconnected."""
    parts = [body]

    async def replay() -> Message:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        return await receive()

    return replay


def _has_password(scope: Scope) -> bool:
    return "authorization" in Headers(scope=scope)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _client(scope: Scope) -> str:
    return str(scope["client"][0]) if scope.get("client") else ""
