"""A browser of somebody of the study team: keeps cookies, and sends forms as they were given to it."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from html import unescape

import aiohttp
from yarl import URL

from pro_collector.accounts.inviting import invite
from pro_collector.accounts.person import Actor, Owner
from pro_collector.accounts.sessions import begin_session
from pro_collector.domain.account.permission import RoleAt
from pro_collector.embedded.port import free_port
from pro_collector.postgres.tables import accounts
from pro_collector.processes import run_parts
from pro_collector.runtime import Runtime
from tests.shared.team import BOSS, HOME, email_of

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
SESSION, VISIT = "pro_session", "pro_visit"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser got. `to`: where a redirect leads."""

    status: int
    html: str
    to: str
    headers: Mapping[str, str]

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the last form on the page."""
        return {name: unescape(value) for name, value in _HIDDEN.findall(self.html)}


@dataclass
class TeamBrowser:
    """A browser at the web process."""

    origin: str
    client: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> Shown:
        """Ask for a page, as a browser does."""
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, fields: Mapping[str, str] | aiohttp.FormData, **headers: str) -> Shown:
        """Send a form, as a browser does from a page of ours."""
        return await self._ask("POST", path, fields, {"Origin": self.origin, **headers})

    def cookie(self, name: str) -> str:
        """The value of a cookie; empty without one."""
        found = self.client.cookie_jar.filter_cookies(URL(self.origin)).get(name)
        return found.value if found else ""

    def set_cookie(self, name: str, value: str) -> None:
        """Have a cookie, however it came there."""
        self.client.cookie_jar.update_cookies({name: value}, URL(self.origin))

    async def _ask(
        self, method: str, path: str, fields: Mapping[str, str] | aiohttp.FormData | None, headers: Mapping[str, str]
    ) -> Shown:
        sent = {"Accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.client.request(
            method, self.origin + path, data=fields, headers=sent, allow_redirects=False
        ) as got:
            return Shown(got.status, await got.text(errors="replace"), got.headers.get("Location", ""), got.headers)


@asynccontextmanager
async def web_with(
    rt: Runtime, host: str = "127.0.0.1", settings: Mapping[str, object] | None = None
) -> AsyncIterator[Runtime]:
    """A web process with other settings, on a port of its own."""
    port = free_port()
    changed = {"public_url": f"http://{host}:{port}", "web_port": port, **(settings or {})}
    other = replace(rt, settings=rt.settings.model_copy(update=changed))
    async with run_parts(other, ["web"]):
        yield other


@asynccontextmanager
async def browser(rt: Runtime) -> AsyncIterator[TeamBrowser]:
    """A browser without cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield TeamBrowser(rt.settings.public_url, client)


async def session_of(rt: Runtime, handle: str, *given: RoleAt) -> str:
    """The id of a session of a new account with these roles."""
    await invite(rt, handle, Owner(email_of(handle), ""), given, BOSS)
    async with rt.database.transaction() as tx:
        row = await accounts.by_handle(tx, handle)
        assert row is not None
        return await begin_session(tx, rt, row.id, "password", handle, Actor(handle, HOME))
