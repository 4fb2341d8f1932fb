"""A provider for tests: real sockets on loopback that record requests and misbehave as a test demands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from pro_collector.channels.twilio import Inbound, Twilio, read_form
from pro_collector.rehearsal.carrier import Carrier

ACCOUNT = "AC" + "a" * 32
TOKEN = "token-one"
CLINIC = "+15550001111"
SERVICE = "MG" + "d" * 32
PATIENT = "+15551234567"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

LONG, SHORT = 10.0, 0.3
"""Seconds: a timeout that even a busy machine never reaches, and a short one for servers that never answer."""

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    """One HTTP request as it was received."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Provider:
    """A server that reads whole requests, records them, and then calls `behaviour`."""

    behaviour: Behaviour
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    connections: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            while not writer.is_closing():
                self.requests.append(await _request(reader))
                await self.behaviour(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def provider(behaviour: Behaviour) -> AsyncIterator[Provider]:
    """A provider on loopback."""
    served = Provider(behaviour)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()
        for connection in served.connections:  # from Python 3.12 on, wait_closed() waits for them
            connection.transport.abort()
        await server.wait_closed()


def answers(status: str, body: str = "{}", *headers: str, close: bool = False) -> Behaviour:
    """Answers every request in the same way; with `close` it then closes the connection without `Connection: close`."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
        writer.write("\r\n".join([*lines, *headers, "", body]).encode())
        await writer.drain()
        if close:
            writer.close()

    return behave


async def hangs(writer: asyncio.StreamWriter) -> None:
    """Reads the request and never answers."""
    while not writer.transport.is_closing():
        await asyncio.sleep(0.02)


async def resets(writer: asyncio.StreamWriter) -> None:
    """Reads the request and resets the connection."""
    writer.transport.abort()


async def cuts_body(writer: asyncio.StreamWriter) -> None:
    """Answers 201 and closes the connection in the middle of the body."""
    writer.write(b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"sid": "SM')
    await writer.drain()
    writer.close()


@asynccontextmanager
async def twilio(
    base_url: str,
    *,
    public_url: str = "https://pro.clinic.example",
    sender: str = CLINIC,
    limit: float = LONG,
    connecting: float = LONG,
) -> AsyncIterator[Twilio]:
    """Our client; `limit` is the timeout of a response, `connecting` the timeout of a connection."""
    channel = Twilio(
        ACCOUNT,
        (TOKEN, "token-two"),
        sender=sender,
        public_url=public_url,
        base_url=base_url,
        timeout=limit,
        connect_timeout=connecting,
    )
    try:
        yield channel
    finally:
        await channel.close()


async def inbound(channel: Twilio, since: datetime) -> list[Inbound]:
    """Every text to our sender in the provider's log since an instant, oldest first."""
    texts = [text async for page in channel.inbound_since(since) for text in page]
    return sorted(texts, key=lambda text: (text.at or since, text.provider_id))


@dataclass
class Call:
    """One call of one of our webhooks; `signed` says whether its signature was valid."""

    path: str
    fields: dict[str, str]
    token: str
    signed: bool


@dataclass
class WebTier:
    """Our webhooks: answers with the statuses in `script` first, then accepts everything."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    script: list[int] = field(default_factory=list)

    def statuses(self) -> list[str]:
        return [call.fields["MessageStatus"] for call in self.calls if "MessageStatus" in call.fields]

    def bodies(self) -> list[str]:
        return [call.fields["Body"] for call in self.calls if "Body" in call.fields]


@asynccontextmanager
async def web_tier() -> AsyncIterator[WebTier]:
    """Our webhooks on loopback, which verify signatures as the product does."""
    tier = WebTier()
    checker = Twilio(ACCOUNT, TOKEN, sender=CLINIC, public_url="http://unused.example")

    async def take(request: web.Request) -> web.Response:
        form = read_form(await request.read())
        signature = request.headers.get("X-Twilio-Signature")
        signed = checker.verify(f"{tier.url}{request.path_qs}", form, signature)
        tier.calls.append(Call(request.path, dict(form), request.headers["I-Twilio-Idempotency-Token"], signed))
        return web.Response(status=tier.script.pop(0) if tier.script else 204)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tier.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield tier
    finally:
        await runner.cleanup()


@asynccontextmanager
async def network(
    clock: "LeapClock | None" = None, inbound_url: str = "", **options: Any
) -> AsyncIterator[tuple[Carrier, str]]:
    """A running rehearsal carrier, and its base URL."""
    carrier = Carrier(
        clock=clock or LeapClock(),
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        messaging_service_sid=SERVICE,
        inbound_url=inbound_url,
        **{"senders": [CLINIC], **options},
    )
    base_url = await carrier.start()
    try:
        yield carrier, base_url
    finally:
        await carrier.stop()


class LeapClock:
    """A clock that advances only in `run` and `jump`, from one sleeping task to the next."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._now + timedelta(seconds=seconds), future))
        await future

    def jump(self, step: timedelta) -> None:
        """Advance by `step` and wake the tasks that are due; they have not run yet when this returns."""
        self._now += step
        for at, future in self._waiting:
            if at <= self._now and not future.done():
                future.set_result(None)

    async def run(self, idle: Callable[[], bool], until: datetime | None = None) -> None:
        """Advance until no task waits, or none before `until`; advances only while `idle`."""
        while True:
            while not idle():
                await asyncio.sleep(0.0005)
            self._waiting = [sleeper for sleeper in self._waiting if not sleeper[1].done()]
            due = min((at for at, _ in self._waiting), default=None)
            if due is None or (until is not None and due > until):
                self._now = max(self._now, until or self._now)
                return
            self.jump(max(due - self._now, timedelta(0)))
            await asyncio.sleep(0)
