"""The team's dashboard in a real browser: axe has no complaint in either theme, and each chart has its table."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from tests.shared.office import STUDY, Office
from tests.shared.scenes import in_conversation
from tests.whole.browser.conftest import FONTS, launched, only
from tests.whole.browser.inspection import THEMES, TOO_WIDE, axe_verdict
from tests.wire.web.team_browser import SESSION, session_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

ANSWERS = ("7", "3", "0", "1", "2", "0")


CUT = """() => [...document.querySelectorAll('[data-chart] svg')].flatMap(svg => {
    const edge = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter(one => {
        const box = one.getBoundingClientRect();
        const cut = box.left < edge.left - 1 || box.right > edge.right + 1;
        return box.width && getComputedStyle(one).opacity > 0 && cut;
    }).map(one => one.textContent);
})"""
"""Words of a drawing that reach beyond it, where they are cut."""


@pytest_asyncio.fixture(params=FONTS)
async def browser(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Browser]:
    """A Chromium with one family of fonts, in the loop of the test, where the office is."""
    async with async_playwright() as playwright, launched(playwright, only(request.param, tmp_path)) as browser:
        yield browser


async def opened(browser: Browser, office: Office, width: int) -> tuple[Page, list[str]]:
    """The dashboard with its charts drawn, and what the browser complained of."""
    url = office.rt.settings.public_url
    session = await session_of(office.rt, "garcia", RoleAt(Role.coordinator, STUDY))
    page = await browser.new_page(viewport={"width": width, "height": 800})
    await page.context.add_cookies([{"name": SESSION, "value": session, "url": url}])
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{url}/dashboard/{STUDY}", timeout=120_000)
    for chart in ("#scores", "#outcomes"):
        await page.wait_for_selector(f"{chart} svg", timeout=60_000)
    return page, said


async def pictured(page: Page, name: str) -> None:
    """A picture of the page, where `PRO_TEST_SCREENS` names a folder for them."""
    if folder := os.environ.get("PRO_TEST_SCREENS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_an_empty_chart_says_so_on_an_axis_that_can_be_read(browser: Browser, office: Office) -> None:
    await in_conversation(office)
    page, said = await opened(browser, office, 1280)
    days = await page.evaluate(
        "[...document.querySelectorAll('#scores .role-axis-label text')].map(t => t.textContent)"
    )
    assert {"0", "7", "14", "21", "28"} <= set(days)
    assert "empty" in str(await page.get_attribute("#scores", "class"))
    assert said == []


async def test_each_chart_has_its_table_and_axe_has_no_complaint(
    browser: Browser, office: Office, axe: str | None, request: pytest.FixtureRequest
) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    page, said = await opened(browser, office, 390)
    papers = set()
    for table in await page.locator(".as-table summary").all():
        await table.click()
    assert await page.locator("[data-table=scores] tbody tr").all_inner_texts() == [
        "RT-1\t3 March 2026\t0\tbefore the first\t32.5"
    ]
    assert "answered" in await page.locator("[data-table=outcomes] tbody").inner_text()
    if axe:
        await page.evaluate(axe)
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        papers.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
        await pictured(page, f"{request.node.callspec.id}-390-{theme}")
        assert await page.evaluate(TOO_WIDE) == []
        assert await page.evaluate(CUT) == []
        if axe:
            verdict = await axe_verdict(page, "[data-chart] svg")  # it cannot tell what drawn text stands on
            assert verdict.complaints == [], "\n".join(verdict.complaints)
    assert len(papers) == 2
    assert said == []
