"""Sign in by an identity provider: a real one, in a process of its own, speaks OpenID Connect with the web process."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from pydantic import SecretStr

from pro_collector.accounts.inviting import remove
from pro_collector.accounts.provided import map_group, unmap_group
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.embedded.port import free_port
from pro_collector.errors import Conflict, NotFound
from tests.shared.office import STUDY, Office
from tests.shared.team import BOSS
from tests.wire.web.team_browser import TeamBrowser, browser, web_with

NURSES = "oncology-nurses"


@dataclass
class Provider:
    """An identity provider, and a browser without cookies of ours."""

    issuer: str
    client: aiohttp.ClientSession

    async def knows(self, subject: str, **claims: object) -> None:
        """Have somebody with these claims."""
        async with self.client.put(f"{self.issuer}/users/{subject}", json=claims) as done:
            assert done.status == 204, await done.text()

    async def answer(self, address: str, subject: str) -> str:
        """Somebody signs in there; the path and query to which the browser is sent back."""
        async with self.client.post(address, data={"sub": subject}, allow_redirects=False) as sent:
            back = sent.headers["Location"]
        return back[back.index("/team/") :]


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """A provider in a process of its own."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), "--require-nonce", "true"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as client, asyncio.timeout(60):
            it = Provider(f"http://127.0.0.1:{port}", client)
            while not await answers(it):
                await asyncio.sleep(0.05)
            yield it
    finally:
        process.terminate()
        await process.wait()


def settings_for(it: Provider) -> dict[str, object]:
    """The settings of an installation that the provider knows."""
    return {"oidc_issuer": it.issuer, "oidc_client_id": "pro", "oidc_client_secret": SecretStr("secret")}


async def answers(it: Provider) -> bool:
    try:
        async with it.client.get(it.issuer) as page:
            return page.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def come_in(page: TeamBrowser, it: Provider, subject: str, change: Mapping[str, str] | None = None) -> int:
    """Go to the provider and back; the status. `change`: what is replaced in the answer on the way."""
    away = await page.get("/team/sign-in/provider")
    back = await it.answer(away.to, subject)
    for old, new in (change or {}).items():
        assert old in back
        back = back.replace(old, new)
    return (await page.get(back)).status


async def test_the_groups_of_the_hospital_say_what_somebody_may(office: Office) -> None:
    office.clock._now = datetime.now(UTC)  # a provider in a process of its own has the time of the machine
    at_bethesda = RoleAt(Role.coordinator, STUDY, "bethesda")
    async with (
        provider() as it,
        web_with(office.rt, settings=settings_for(it)) as rt,
        browser(rt) as page,
        browser(rt) as other,
    ):
        await it.knows("anna", email="anna@clinic.example", preferred_username="Anna B.", groups=[NURSES, "all"])
        assert 'href="/team/sign-in/provider"' in (await page.get("/team/sign-in")).html
        assert await come_in(page, it, "anna") == 403, "no group has a role yet"
        assert await office.one("SELECT count(*) FROM account") == 0

        await map_group(rt, NURSES, at_bethesda, BOSS)
        with pytest.raises(Conflict, match="is coordinator of rare-tumour-story at bethesda already"):
            await map_group(rt, NURSES, at_bethesda, BOSS)
        assert await come_in(page, it, "anna") == 303
        home = await page.get("/team/account")
        assert "<h1>anna-b</h1>" in home.html
        assert f"coordinator of {STUDY} at bethesda" in home.html
        assert await come_in(other, it, "anna") == 303
        assert await office.one("SELECT count(*) FROM account") == 1, "the same person, not a second account"

        await it.knows("anna", email="anna@clinic.example", groups=["all"])
        assert await come_in(other, it, "anna") == 403, "out of the group"
        assert (await page.get(f"/team/study/{STUDY}/charts")).status == 404, "in the session of before, too"

        await it.knows("anna", groups=[NURSES])
        assert await come_in(other, it, "anna") == 303
        assert await unmap_group(rt, NURSES, BOSS) == 1
        with pytest.raises(NotFound, match="has no role"):
            await unmap_group(rt, NURSES, BOSS)
        assert (await other.get(f"/team/study/{STUDY}/charts")).status == 404
        await map_group(rt, NURSES, at_bethesda, BOSS)
        await remove(rt, "anna-b", BOSS)
        assert await come_in(other, it, "anna") == 403, "removed here, whatever the provider says"
        grants = await office.rows("SELECT given_by, from_group, taken_at IS NULL AS now FROM account_grant")
        assert {(row["given_by"], row["from_group"], row["now"]) for row in grants} == {
            ("identity provider", NURSES, False)
        }


async def test_an_answer_counts_once_for_the_browser_that_asked(office: Office) -> None:
    office.clock._now = datetime.now(UTC)
    async with (
        provider() as it,
        web_with(office.rt, settings=settings_for(it)) as rt,
        browser(rt) as page,
        browser(rt) as victim,
    ):
        await map_group(rt, NURSES, RoleAt(Role.coordinator, STUDY), BOSS)
        await it.knows("anna", groups=NURSES)
        back = await it.answer((await page.get("/team/sign-in/provider")).to, "anna")
        await victim.get("/team/sign-in")
        assert (await victim.get(back)).status == 403, "nobody signs in somebody else"
        assert (await page.get(back)).status == 303
        assert (await page.get(back)).status == 403, "used"
        assert await come_in(victim, it, "anna", {"code=": "code=x"}) == 403
        assert await come_in(victim, it, "anna", {"&state=": "&iss=https://evil.example&state="}) == 403
        late = await it.answer((await victim.get("/team/sign-in/provider")).to, "anna")
        office.clock._now += timedelta(minutes=11)
        assert (await victim.get(late)).status == 403, "too late"
        code = late.partition("code=")[2].partition("&")[0]
        fresh = await it.answer((await victim.get("/team/sign-in/provider")).to, "anna")
        mixed = fresh.replace(fresh.partition("code=")[2].partition("&")[0], code)
        assert (await victim.get(mixed)).status == 403, "a code of another attempt: PKCE and nonce do not fit"
    async with web_with(office.rt, settings=settings_for(it)) as rt, browser(rt) as page:
        gone = await page.get("/team/sign-in/provider")
        assert (gone.status, "does not answer" in gone.html) == (503, True)
    async with browser(office.rt) as page:
        assert (await page.get("/team/sign-in/provider")).status == 404, "none is configured"
