"""The made-up year behind a web process of its own, and people of its team who are signed in."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, create_subprocess_exec
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import aiohttp

from pro_collector.accounts.inviting import invite
from pro_collector.accounts.person import Actor, Owner
from pro_collector.accounts.sessions import begin_session
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.embedded.port import free_port
from pro_collector.postgres.tables import accounts
from pro_collector.runtime import Runtime, open_runtime
from tests.shared.team import BOSS, HOME, email_of
from tests.shared.team_year import seed_year, settings_for
from tests.shared.year_study import YEAR

COOKIE = "pro_session"
LEAD, ADMINISTRATOR = "mei-tan", "sam-okoro"
ROLES = {LEAD: RoleAt(Role.study_lead, YEAR), ADMINISTRATOR: RoleAt(Role.administrator)}
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class YearWeb:
    """`rt` is at the same database, with every right; `url` is the web process's."""

    rt: Runtime
    url: str
    process: int

    async def session(self, handle: str) -> str:
        """The id of a session of somebody of ROLES."""
        who = await self._account(handle)
        async with self.rt.database.transaction() as tx:
            return await begin_session(tx, self.rt, who, "password", handle, Actor(handle, HOME))

    async def one(self, query: str) -> str:
        """The only value of the first row, as text."""
        async with self.rt.database.transaction() as tx:
            row = await (await tx.execute(query.encode())).fetchone()
        assert row is not None, query
        return str(next(iter(row.values())))

    async def _account(self, handle: str) -> UUID:
        async with self.rt.database.transaction() as tx:
            row = await accounts.by_handle(tx, handle)
        if row is None:
            await invite(self.rt, handle, Owner(email_of(handle), ""), [ROLES[handle]], BOSS)
            return await self._account(handle)
        return row.id


@asynccontextmanager
async def year_web(database_url: str, people: int = 300, days: int = 365) -> AsyncIterator[YearWeb]:
    """The year in a migrated database (loaded if it is not there yet), and the web process, until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with open_runtime(settings_for(database_url)) as rt:
        async with rt.database.transaction() as tx:
            there = await (await tx.execute("SELECT FROM study WHERE id = %s", (YEAR,))).fetchone()
        if there is None:
            await seed_year(rt, people=people, days=days)
        process = await create_subprocess_exec(
            Path(sys.executable).with_name("pro-collector"),
            "run",
            "web",
            env=_environment(rt, url, port),
            stderr=DEVNULL,
        )
        try:
            await _answers(f"{url}/healthz")
            yield YearWeb(rt, url, process.pid)
        finally:
            process.terminate()
            await process.wait()


def _environment(rt: Runtime, url: str, port: int) -> Mapping[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("PRO_")}
    of_web = {
        "DATABASE_URL": rt.settings.database_url.get_secret_value(),
        "VAULT_KEY": rt.settings.vault_key.get_secret_value(),
        "LINK_KEY": rt.settings.link_key.get_secret_value(),
        "KAFKA_BOOTSTRAP": rt.settings.kafka_bootstrap,
        "PUBLIC_URL": url,
        "WEB_PORT": str(port),
    }
    return {**known, **{f"PRO_{name}": value for name, value in of_web.items()}}


async def _answers(url: str) -> None:
    async with asyncio.timeout(_PATIENCE), aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.get(url) as got:
                    if got.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)
