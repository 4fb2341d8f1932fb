"""What every request passes before its route, called as a server calls it, without a socket."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pro_collector.settings import Settings
from pro_collector.web.bounded_lines import MOST
from pro_collector.web.gate import Gate, GateLimits
from pro_collector.web.rates import BURST, PASSWORDS

HOST = "pro.example.org"
SETTINGS = Settings(
    database_url="postgresql://x/x", kafka_bootstrap="x:1", vault_key="0" * 64, link_key="0" * 64,
    public_url=f"https://{HOST}/diary", web_hosts="pro-web, second.example.org",
)  # fmt: skip
SHORT = GateLimits(pages=2, webhooks=2, body_within=0.05, turn_within=0.05, answer_within=0.1)
WEBHOOK = "/webhooks/twilio/inbound"


@dataclass
class Got:
    """The response to one request."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def ask(
    gate: ASGIApp,
    path: str = "/r/x",
    parts: tuple[bytes, ...] | None = (b"",),
    client: str = "127.0.0.1",
    **headers: str,
) -> Got:
    """Send one request, its body in `parts`; None: the client disconnects, no part: it falls silent."""
    got, waiting = Got(), list(parts or ())

    async def receive() -> Message:
        if parts is None:
            return {"type": "http.disconnect"}
        if not waiting:
            await asyncio.sleep(60)
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": part.endswith(b"...")}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            got.status = message["status"]
            got.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        got.body += message.get("body", b"")

    sent = {"host": HOST, **headers}
    scope = {
        "type": "http", "method": "POST", "path": path, "client": (client, 1),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }  # fmt: skip
    await gate(scope, receive, send)
    return got


def answering(status: int = 200, kind: str = "text/plain", wait: float = 0.0, waits_at: str = "/") -> ASGIApp:
    """An application that answers with the body that it got; below `waits_at` it waits first."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        stream = kind == "text/event-stream"
        start = {"type": "http.response.start", "status": status, "headers": [(b"content-type", kind.encode())]}
        if stream:
            await send(start)
        if scope["path"].startswith(waits_at):
            await asyncio.sleep(wait)
        if not stream:
            await send(start)
        await send({"type": "http.response.body", "body": body})

    return app


async def test_every_response_has_the_headers_also_an_error() -> None:
    for status in (200, 404, 500):
        got = await ask(Gate(answering(status), SETTINGS))
        assert got.status == status
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["cache-control"] == "no-store"
        assert got.headers["strict-transport-security"].startswith("max-age=63072000")
        assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
        assert got.headers["content-type"] == "text/plain", "what the route says stays"


@pytest.mark.parametrize("host", [HOST, f"{HOST}:8443", HOST.upper(), "127.0.0.1:8080", "[::1]:8080", "localhost",
    "pro-web", "second.example.org:80"])  # fmt: skip
async def test_our_own_names_are_answered(host: str) -> None:
    assert (await ask(Gate(answering(), SETTINGS), host=host)).status == 200


@pytest.mark.parametrize("host", ["evil.example", f"{HOST}.evil.example", f"evil@{HOST}.example", "", "[::1", "[x]:y"])
async def test_another_name_is_refused_but_for_monitoring_and_webhooks(host: str) -> None:
    gate = Gate(answering(), SETTINGS)
    assert (await ask(gate, host=host)).status == 421
    assert (await ask(gate, "/healthz", host=host)).status == 200
    assert (await ask(gate, "/readyz", host=host)).status == 200
    assert (await ask(gate, "/webhooks/twilio/inbound", host=host)).status == 200


async def test_a_stranger_may_send_so_many_requests_and_a_carrier_any_number() -> None:
    gate = Gate(answering(), SETTINGS, now=lambda: 0.0)
    for _ in range(int(BURST)):
        assert (await ask(gate, WEBHOOK, client="8.8.8.8")).status == 200
        assert (await ask(gate, client="8.8.8.8")).status == 200
    refused = await ask(gate, client="8.8.8.8")
    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert (await ask(gate, WEBHOOK, client="8.8.8.8")).status == 200
    assert (await ask(gate, client="8.8.4.4")).status == 200


@pytest.mark.parametrize("client", ["8.8.8.8", "10.1.2.3", "127.0.0.1"])
async def test_wrong_passwords_are_limited_and_logged_with_who_gave_them(client: str) -> None:
    """A private address too: a proxy that does not tell whom it forwards, or somebody inside the hospital."""
    now = 0.0
    gate = Gate(answering(401), SETTINGS, now=lambda: now)
    with structlog.testing.capture_logs() as lines:
        given = [(await ask(gate, "/team", client=client, authorization="Basic x")).status for _ in range(150)]
    assert given == [401] * int(PASSWORDS) + [429] * (150 - int(PASSWORDS))
    refused = {"event": "a request was refused", "log_level": "warning", "status": 401, "method": "POST"}
    assert lines == [{**refused, "client": client}] * int(PASSWORDS)
    assert (await ask(gate, "/team", client=client)).status == 401, "whoever gives no password is let through"
    assert (await ask(gate, "/team", client="9.9.9.9", authorization="Basic x")).status == 401
    now = 2.0
    assert (await ask(gate, "/team", client=client, authorization="Basic x")).status == 401
    assert (await ask(gate, "/team", client=client, authorization="Basic x")).status == 429


async def test_forged_webhooks_cost_pages_but_never_a_webhook_and_some_lines() -> None:
    gate = Gate(answering(403), SETTINGS, now=lambda: 0.0)
    with structlog.testing.capture_logs() as lines:
        for _ in range(int(BURST)):
            assert (await ask(gate, WEBHOOK, client="8.8.8.8")).status == 403
    assert [line["client"] for line in lines] == ["8.8.8.8"] * MOST
    assert (await ask(gate, client="8.8.8.8")).status == 429
    assert (await ask(gate, WEBHOOK, client="8.8.8.8")).status == 403


async def test_pages_that_hang_leave_webhooks_and_health_alone() -> None:
    gate = Gate(answering(wait=30, waits_at="/r/"), SETTINGS, GateLimits(pages=2, turn_within=0.05))
    hanging = [asyncio.create_task(ask(gate)) for _ in range(2)]
    await asyncio.sleep(0)
    late = await ask(gate)
    assert (late.status, late.headers["retry-after"]) == (503, "60")
    for path in (WEBHOOK, "/healthz", "/readyz"):
        assert (await ask(gate, path)).status == 200
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    assert (await ask(gate, "/u/x")).status == 200, "a place is free again"


async def test_an_answer_that_takes_too_long_ends() -> None:
    gate = Gate(answering(wait=30), SETTINGS, SHORT)
    for _ in range(3):
        assert (await ask(gate)).status == 503


async def test_a_stream_takes_no_place_and_has_no_end() -> None:
    gate = Gate(answering(kind="text/event-stream", wait=0.3, waits_at="/live"), SETTINGS, SHORT)
    streams = [asyncio.create_task(ask(gate, "/live", (b"end",))) for _ in range(4)]
    await asyncio.sleep(0.05)
    assert (await ask(gate)).status == 200
    assert [(await stream).body for stream in streams] == [b"end"] * 4


async def test_a_client_that_falls_silent_is_told_so() -> None:
    got = await ask(Gate(answering(), SETTINGS, SHORT), parts=(b"Body=...",))
    assert (got.status, got.headers["connection"]) == (408, "close")


async def test_a_client_that_disconnects_costs_one_line() -> None:
    with structlog.testing.capture_logs() as lines:
        assert (await ask(Gate(answering(), SETTINGS), parts=None)).status == 0
        assert lines == [{"event": "a client disconnected", "log_level": "info", "method": "POST"}]


@pytest.mark.parametrize("what", ["hangs up", "fails"])
async def test_whatever_many_clients_do_the_log_stays_short(what: str) -> None:
    async def failing(*_: Any) -> None:
        raise RuntimeError

    gate = Gate(failing, SETTINGS, now=lambda: 0.0)
    with structlog.testing.capture_logs() as lines:
        for n in range(1_000):
            await ask(gate, WEBHOOK, None if what == "hangs up" else (b"",), f"9.9.{n % 250}.1")
    assert len(lines) == MOST


async def test_the_body_is_passed_on_up_to_the_limit() -> None:
    assert (await ask(Gate(answering(), SETTINGS), parts=(b"a...", b"b"))).body == b"a...b"
    got = await ask(Gate(answering(), SETTINGS), parts=(b"x" * 200_000 + b"...", b"y" * 200_000))
    assert len(got.body) == 256 * 1024


async def test_an_error_of_ours_is_one_line_without_its_words() -> None:
    words = " ".join(("my", "pain", "is", "7"))

    async def failing(*_: Any) -> None:
        raise RuntimeError(words)

    with structlog.testing.capture_logs() as lines:
        got = await ask(Gate(failing, SETTINGS))
    assert (got.status, got.headers["x-content-type-options"]) == (500, "nosniff")
    assert [(line["event"], line["error"]) for line in lines] == [("a request failed", "RuntimeError")]
    assert words not in str(lines) + got.body.decode()
