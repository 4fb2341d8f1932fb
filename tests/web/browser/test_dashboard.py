"""The team's dashboard in a real browser: axe has no complaint in either theme, and each chart has its table."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.handlers.scenes import in_conversation
from tests.office import STUDY, Office
from tests.web.browser.conftest import launched
from tests.web.browser.inspection import THEMES, TOO_WIDE, axe_complaints

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

ANSWERS = ("7", "3", "0", "1", "2", "0")


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium in the loop of the test, where the office is."""
    async with async_playwright() as playwright, launched(playwright) as browser:
        yield browser


async def opened(browser: Browser, office: Office, width: int) -> tuple[Page, list[str]]:
    """The dashboard with its charts drawn, and what the browser complained of."""
    token = office.rt.settings.api_token.get_secret_value()
    page = await browser.new_page(
        viewport={"width": width, "height": 800}, http_credentials={"username": "any", "password": token}
    )
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{office.rt.settings.public_url}/dashboard/{STUDY}", timeout=120_000)
    for chart in ("#scores", "#outcomes"):
        await page.wait_for_selector(f"{chart} svg", timeout=60_000)
    return page, said


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
    browser: Browser, office: Office, axe: str | None
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
        assert await page.evaluate(TOO_WIDE) == []
        complaints = await axe_complaints(page, "svg") if axe else []  # it cannot tell what drawn text stands on
        assert complaints == [], "\n".join(complaints)
    assert len(papers) == 2
    assert said == []
