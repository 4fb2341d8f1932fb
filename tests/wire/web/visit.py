"""A real uvicorn server around the form, and a client that keeps no cookies and follows no redirect by itself."""

import re
import socket
from asyncio import Event, create_task, sleep
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

import aiohttp
import uvicorn
from fastapi import FastAPI

from pro_collector.web.form.routes import form_routes
from pro_collector.web.form.store import FormStore, TeamContact
from tests.wire.web.memory_store import CLINIC, TOKEN

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser got."""

    status: int
    headers: Mapping[str, str]
    html: str

    @property
    def goes_to(self) -> str:
        """Where a redirect leads."""
        assert self.status == 303, (self.status, self.html)
        return self.headers["Location"]

    @property
    def heading(self) -> str:
        """The words of the page's first heading."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.html, re.DOTALL)
        assert found, self.html
        return unescape(found[1])

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of its form."""
        return {name: unescape(value) for name, value in _HIDDEN.findall(self.html)}


class Visitor:
    """Somebody with a link."""

    def __init__(self, session: aiohttp.ClientSession, origin: str) -> None:
        self._session = session
        self.origin = origin
        self.link = f"/r/{TOKEN}"

    async def ask(self, method: str, path: str, data: object = None, **headers: str) -> Page:
        """One request; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(
            method, self.origin + path, data=data, headers=named, allow_redirects=False
        ) as got:
            return Page(got.status, got.headers, await got.text())

    async def get(self, path: str, **headers: str) -> Page:
        return await self.ask("GET", path, **headers)

    async def post(self, path: str, data: Mapping[str, str] | None = None, **headers: str) -> Page:
        return await self.ask("POST", path, data or {}, **headers)

    async def question(self, number: int) -> Page:
        """The page of the question with this number in its address."""
        page = await self.get(f"{self.link}/q/{number}")
        assert page.status == 200, (page.status, page.headers)
        return page

    async def send(self, page: Page, number: int, **fields: str) -> Page:
        """Press Continue on a page got before."""
        return await self.post(f"{self.link}/q/{number}", {**page.hidden, **fields})

    async def answer(self, number: int, **fields: str) -> str:
        """Answer a question on a fresh page; where it leads, below the link."""
        page = await self.send(await self.question(number), number, **fields)
        return page.goes_to.removeprefix(self.link)


class _Server(uvicorn.Server):
    """uvicorn, but it stops at once instead of at its next look at the clock: there are many short visits."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.enough = Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)  # sets the Date header
        await self.enough.wait()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """`app` on a real server on loopback; yields its origin."""
    # asyncio sets TCP_NODELAY only on sockets that say they are TCP; without it each answer waits 40 ms
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
        running = create_task(server.serve(sockets=[listener]))
        while not server.started:
            await sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.enough.set()
            await running


def form_app(desk: FormStore, public_url: str = "http://127.0.0.1", contact: TeamContact | None = CLINIC) -> FastAPI:
    """The form alone."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(form_routes(desk, public_url, contact))
    return app


@asynccontextmanager
async def visit(
    desk: FormStore, public_url: str = "http://127.0.0.1", contact: TeamContact | None = CLINIC
) -> AsyncIterator[Visitor]:
    """A visitor of a form served for this test."""
    async with served(form_app(desk, public_url, contact)) as origin, aiohttp.ClientSession() as session:
        yield Visitor(session, origin)
