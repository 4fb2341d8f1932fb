"""The team's pages in a real browser: by keyboard and with a passkey, in both themes, narrow and wide."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from tests.shared.office import STUDY, Office
from tests.shared.team import PASSWORD, Member, email_of, invitation_of
from tests.shared.team_year import seed_year
from tests.shared.year_pages import paths
from tests.shared.year_web import COOKIE, YearWeb
from tests.whole.browser.conftest import launched
from tests.whole.browser.inspection import THEMES, TOO_WIDE, axe_verdict
from tests.wire.web.team_browser import web_with

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400), pytest.mark.usefixtures("quick_passwords")]

NARROW, WIDE = 320, 1280
SMALL = """() => [...document.querySelectorAll('a:not(.skip), button, input:not([type=hidden])')]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"""


@pytest_asyncio.fixture
async def page() -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of a Chromium with a device that has passkeys, and what the browser complains of."""
    said: list[str] = []
    async with async_playwright() as playwright, launched(playwright) as browser:
        page = await browser.new_page(viewport={"width": NARROW, "height": 700})
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        devices = await page.context.new_cdp_session(page)
        await devices.send("WebAuthn.enable")
        device = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        await devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
        yield page, said


async def inspected(page: Page, axe: str | None, name: str, leave_out: str = "none") -> None:
    """Look at a page in both themes, narrow and wide; `leave_out`: a selector of what axe is not to look at."""
    if axe:
        await page.evaluate(axe)
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        for width in (NARROW, WIDE):
            await page.set_viewport_size({"width": width, "height": 700})
            assert await page.evaluate(TOO_WIDE) == [], (name, width)
            assert await page.evaluate(SMALL) == [], (name, width)
            if folder := os.environ.get("PRO_TEST_SCREENS"):
                await page.screenshot(path=Path(folder) / f"team-{name}-{theme}-{width}.png", full_page=True)
        if axe:
            verdict = await axe_verdict(page, leave_out)
            assert verdict.complaints == [], (name, "\n".join(verdict.complaints))


async def looked_over(page: Page, axe: str | None, name: str) -> None:
    """Look at a page as `inspected` does, but faster: axe looks at the wide dark one for its colours alone."""
    if axe:
        await page.evaluate(axe)
    for theme, widths in (("light", (NARROW, 768)), ("dark", (WIDE, 1440))):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for width in widths:
            await page.set_viewport_size({"width": width, "height": 700})
            assert await page.evaluate(TOO_WIDE) == [], (name, width)
            assert await page.evaluate(SMALL) == [], (name, width)
        if axe:
            verdict = await axe_verdict(
                page, "svg text, .scroll", colours_alone=theme == "dark"
            )  # axe cannot tell what is behind these
            assert verdict.complaints == [], (name, theme, "\n".join(verdict.complaints))


async def typed(page: Page, *words: str) -> None:
    """Type into the focused field, and into those after it; Enter sends the form."""
    for n, each in enumerate(words):
        if n:
            await page.keyboard.press("Tab")
        await page.keyboard.type(each)
    await page.keyboard.press("Enter")


async def test_somebody_comes_in_by_keyboard_and_with_a_passkey(
    office: Office, page: tuple[Page, list[str]], axe: str | None
) -> None:
    tab, said = page
    async with web_with(office.rt, "localhost") as rt:  # a passkey is never for a bare address
        url = rt.settings.public_url
        invitation = await invitation_of(rt, "garcia", RoleAt(Role.coordinator, STUDY, "bethesda"))
        await tab.goto(invitation.link)
        await tab.wait_for_selector("form[data-passkey]:not([hidden])")
        await inspected(tab, axe, "invitation")
        secret = re.sub(r"\s", "", await tab.locator(".key").inner_text())
        garcia = Member("garcia", email_of("garcia"), secret, "")
        await tab.focus("#password")
        await typed(tab, "short", "short", "000000")
        await tab.wait_for_selector(".mistakes:focus")
        await inspected(tab, axe, "mistake")
        await tab.focus("#password")
        await typed(tab, PASSWORD, PASSWORD, garcia.code(rt))
        await tab.get_by_role("link", name="garcia").click()
        await tab.wait_for_selector("h1:text-is('garcia')")
        assert await tab.get_by_text(f"coordinator of {STUDY} at bethesda").count() == 1
        await inspected(tab, axe, "home")
        await tab.get_by_role("button", name="Add a passkey").click()
        await tab.wait_for_selector("text=Your passkey is added.")
        await tab.get_by_role("link", name="Change the password").click()
        await tab.get_by_role("button", name="Sign out").click()
        await tab.wait_for_selector("h1:text-is('Sign in')")
        await inspected(tab, axe, "sign-in")
        await tab.goto(f"{url}/team/study/{STUDY}/charts")
        await tab.get_by_role("button", name="Sign in with a passkey").click()
        await tab.wait_for_url(f"{url}/team/study/{STUDY}/charts")
        assert len(said) == 1, said
        assert "status of 422" in said[0], "of the mistake above"


async def test_nobody_is_shut_out_of_any_page_of_the_team(
    office: Office, page: tuple[Page, list[str]], axe: str | None
) -> None:
    tab, said = page
    await seed_year(office.rt, people=12, days=60)
    async with web_with(office.rt) as rt:
        year = YearWeb(rt, rt.settings.public_url, 0)
        for name, (handle, path) in (await paths(year)).items():
            await tab.context.add_cookies([{"name": COOKIE, "value": await year.session(handle), "url": year.url}])
            shown = await tab.goto(year.url + path)
            assert shown is not None
            assert shown.status == 200, name
            await looked_over(tab, axe, name)
    assert said == []
