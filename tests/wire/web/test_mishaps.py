"""What goes wrong with a request and is nobody's mistake here: one line and the right status, on a real socket."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import structlog
from psycopg_pool import PoolTimeout

from pro_collector.casework.speaking.links import call_token
from pro_collector.channels.twilio import INBOUND_PATH
from tests.shared.office import PHONE, STUDY, Office
from tests.shared.scenes import in_conversation
from tests.shared.team import bearer
from tests.wire.web.memory_store import TOKEN
from tests.wire.web.test_form import diary
from tests.wire.web.visit import visit


@asynccontextmanager
async def told(caplog: pytest.LogCaptureFixture) -> AsyncIterator[list[Any]]:
    """The lines of our own log; nothing else may have been logged, as uvicorn logs the trace of what was not caught."""
    caplog.set_level(logging.ERROR)
    with structlog.testing.capture_logs() as lines:
        yield lines
    assert not caplog.records, caplog.text


async def half_a_post(address: str, path: str, body: bytes = b"Body=") -> None:
    """Begin to send a body of 500 bytes, and hang up."""
    where = urlsplit(address)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 500\r\n\r\n".encode() + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def status_of(address: str, path: str) -> int:
    """The status of a GET that is sent as it stands, by somebody who may see everything."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1])


async def until(lines: list[Any], count: int) -> None:
    """Wait for so many lines."""
    async with asyncio.timeout(10):
        while len(lines) < count:
            await asyncio.sleep(0.01)


async def test_a_carrier_that_hangs_up_costs_one_line(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    async with told(caplog) as lines:
        await half_a_post(office.rt.settings.public_url, INBOUND_PATH)
        await until(lines, 1)
    assert lines == [{"event": "a client disconnected", "log_level": "info", "method": "POST"}]


async def test_whoever_hangs_up_on_a_failing_page_costs_one_line(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = diary()

    async def busy(_token: str) -> None:
        raise PoolTimeout("busy")

    monkeypatch.setattr(record, "open", busy)
    async with told(caplog) as lines, visit(record) as person:
        await half_a_post(person.origin, f"{person.link}/q/1")
        await until(lines, 1)
        assert (await person.get(person.link)).status == 503
    assert {line["event"] for line in lines} == {"no database for a page for patients"}
    assert [line["error"] for line in lines] == ["PoolTimeout", "PoolTimeout"]
    assert TOKEN not in str(lines)


@pytest.mark.parametrize("path", [f"/team/study/{STUDY}/charts%00", "/r/%00", "/team?scale=%00", "/u/abcdefgh%00"])
async def test_an_address_with_a_nul_is_no_page(office: Office, caplog: pytest.LogCaptureFixture, path: str) -> None:
    async with told(caplog) as lines:
        assert await status_of(office.rt.settings.public_url, path) == 404
    assert [line["event"] for line in lines] == ["a URL with a NUL was rejected"]


async def test_a_password_is_no_token(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    login = "Basic " + base64.b64encode(b"me:\0\0").decode()
    async with told(caplog), aiohttp.ClientSession() as session:
        url = f"{office.rt.settings.public_url}/team/study/{STUDY}/charts"
        async with session.get(url, headers={"Authorization": login}) as answer:
            assert answer.status == 401


async def test_without_a_database_everybody_is_told_to_come_back(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_conversation(office)
    token = call_token(office.rt, (await office.rows("SELECT id FROM occasion"))[0]["id"])
    login = await bearer(office.rt, study=STUDY)
    async with told(caplog) as lines, aiohttp.ClientSession() as session:
        with monkeypatch.context() as patched:
            pool = next(each._pool for each in office.rt.database._others if "web" in each._as.get("role", ""))
            taken = [await pool.getconn() for _ in range(pool.max_size)]
            patched.setattr(pool, "timeout", 0.05)
            url = office.rt.settings.public_url
            await office.carrier.reply(PHONE, "7")
            while not office.carrier.idle():
                await asyncio.sleep(0.01)
            for path in (f"/r/{token}", f"/team/study/{STUDY}/charts"):
                async with session.get(url + path, headers={"Authorization": login}) as answer:
                    assert (answer.status, answer.headers["Retry-After"]) == (503, "60"), path
                    assert token not in str(lines)
            for connection in taken:
                await pool.putconn(connection)
    assert [line["error"] for line in lines] == ["PoolTimeout", "PoolTimeout"]
    assert await office.one("SELECT count(*) FROM vault.inbound") == 1, "texts have connections of their own"


async def test_nothing_describes_the_routes_to_strangers(office: Office) -> None:
    assert await status_of(office.rt.settings.public_url, "/openapi.json") == 404
