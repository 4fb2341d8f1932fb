"""Slow and many clients, on real sockets: each is closed in time, and the others are answered."""

import asyncio
import resource
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from pro_collector.settings import Settings
from pro_collector.web import connections
from pro_collector.web.gate import GateLimits
from pro_collector.web.server import server
from tests.unit.test_settings import GOOD

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """A server with one page; yields its port."""
    app = FastAPI()
    app.add_api_route("/healthz", lambda: "ok")
    app.add_api_route("/healthz", lambda: "ok", methods=["POST"])
    serving = server(app, Settings(**{**GOOD, "web_port": 0}), GateLimits(body_within=0.2))
    running = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.01)
    try:
        yield serving.servers[0].sockets[0].getsockname()[1]
    finally:
        serving.should_exit = True
        await running


async def status_after(port: int, *parts: bytes) -> bytes:
    """Send these parts and fall silent; the status line of what comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.02)
    try:
        async with asyncio.timeout(10):
            answer = await reader.read()
    except ConnectionError:
        answer = b""
    writer.close()
    return answer.partition(b"\r\n")[0]


async def test_a_client_that_sends_no_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_WITHIN", 0.2)
    async with served() as port:
        assert await status_after(port) == b""
        assert await status_after(port, b"GET /healthz HT") == b""
        assert await status_after(port, b"GET /healthz HTTP/1.1\r\n", b"Host: x\r\n", b"X-A: b\r\n") == b""
        assert await status_after(port, GET, GET[:20]) == b"HTTP/1.1 200 OK", "the second request is never complete"
        slow_body = b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nBody"
        assert await status_after(port, slow_body) == b"HTTP/1.1 408 Request Timeout"


async def test_a_connection_too_many_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 3)
    async with served() as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert await status_after(port, GET) == b""
        for _, writer in idle:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(10):
            while await status_after(port, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) == b"":
                await asyncio.sleep(0.01)


def test_half_of_the_files_are_left_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, most in ((256, 128), (1024, 512), (20_000, 1_000), (resource.RLIM_INFINITY, 1_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _kind, files=files: (files, files))
        assert connections.most_connections() == most


WITHOUT_FILES = """
import asyncio, os, resource, sys
from fastapi import FastAPI
from pro_collector import logs
from pro_collector.settings import Settings
from pro_collector.web.server import server
from tests.unit.test_settings import GOOD

async def serve():
    app = FastAPI()
    app.add_api_route("/healthz", lambda: "ok")
    serving = server(app, Settings(**{**GOOD, "web_port": 0}))
    running = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.01)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(200 - 10 - len(os.listdir("/proc/self/fd")))]
    print(serving.servers[0].sockets[0].getsockname()[1], flush=True)
    await running

logs.configure()
asyncio.run(serve())
"""


async def test_a_process_without_files_left_says_so_in_few_lines_and_answers_again(tmp_path: Path) -> None:
    """To `asyncio` each connection that cannot be accepted is a stack trace, thousands a second."""
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", WITHOUT_FILES, stdout=PIPE, stderr=errors)
    assert process.stdout
    try:
        async with asyncio.timeout(60):
            port = int(await process.stdout.readline())
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
            while "out of system resource" not in log.read_text():
                await asyncio.sleep(0.05)
            await asyncio.sleep(1.1)  # asyncio tries again after a second
            for _, writer in held:
                writer.close()
            while not await status_after(port, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")):
                await asyncio.sleep(0.1)
    finally:
        process.kill()
        await process.communicate()
    assert len(log.read_text().splitlines()) <= 3
