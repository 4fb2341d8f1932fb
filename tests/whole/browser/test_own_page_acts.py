"""The pages on which people change what is theirs, in a real browser: axe has no complaint, 320 px are enough."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.shared.office import FIVE_SECONDS, Office
from tests.shared.scenes import first_occasion, in_conversation
from tests.whole.browser.conftest import launched
from tests.whole.browser.inspection import LOW_LINKS, THEMES, TOO_LOW, TOO_WIDE, axe_verdict
from tests.whole.browser.test_accessible import WITHOUT_AXE
from tests.wire.web.own_page_reader import code_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PATHS = ("change", "hour", "quiet", "language", "channel", "pause", "stop/sms", "leave", "leave/sure", "now")
MORE = ("question", "consent", "correct")


async def come_in(office: Office, page: Page) -> str:
    """Go through the door with the code of a text; the URL of the own page."""
    await page.goto(f"{office.rt.settings.public_url}/m/{office.link()}")
    await page.locator("main button").first.click()
    await office.run(office.clock.now() + FIVE_SECONDS)
    await page.locator("#code").fill(code_in(office.texts()[-1]))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/m/p/*")
    return page.url.partition("?")[0]


async def tour(office: Office, page: Page, own: str, language: str) -> AsyncIterator[str]:
    """Every page and its mistakes; yields the name of each while it is shown."""
    for path in (*PATHS, *MORE):
        await page.goto(f"{own}/{path}?lang={language}")
        yield path.replace("/", "-")
    for path in ("pause", "question"):
        await page.goto(f"{own}/{path}")
        await page.locator("main button").first.click()
        yield f"{path}-mistake"
    occasion = await first_occasion(office)
    await page.goto(f"{own}/correct/{occasion['id']}")
    yield "correct-answers"
    await page.goto(f"{own}/correct/{occasion['id']}/1")
    yield "correct-answer"
    await page.locator(".choice").nth(7).click()
    await page.locator("main button").first.click()
    yield "corrected"
    await page.goto(f"{own}/question")
    await page.locator("#field").fill("I want to die")
    await page.locator("main button").first.click()
    yield "emergency"


@pytest.mark.parametrize("language", ["en"])  # its record is looked at in Spanish
async def test_each_page_is_accessible_on_a_small_phone_in_both_themes(
    office: Office, axe: str | None, language: str
) -> None:
    if axe is None:
        pytest.skip(WITHOUT_AXE)
    folder = os.environ.get("PRO_TEST_SCREENS")
    await in_conversation(office, language=language)
    await office.reply("9", "2", "0", "0", "0", "0")
    found: list[str] = []
    names: list[str] = []
    async with async_playwright() as playwright, launched(playwright) as browser:
        context = await browser.new_context(java_script_enabled=True, viewport={"width": 320, "height": 640})
        page = await context.new_page()
        own = await come_in(office, page)
        async for name in tour(office, page, own, language):
            names.append(name)
            await page.evaluate(axe)
            for theme in THEMES:
                await page.emulate_media(color_scheme=theme)
                verdict = await axe_verdict(page, colours_alone=theme == "dark")
                found += [f"{name}, {theme}: {each}" for each in verdict.complaints]
                for script in (TOO_LOW, LOW_LINKS, TOO_WIDE):
                    found += [f"{name}, {theme}: {each}" for each in await page.evaluate(script)]
                if folder:
                    await page.screenshot(path=Path(folder) / f"acts-{language}-{name}-{theme}.png", full_page=True)
    assert found == []
    assert len(names) == len(set(names)) == 19


async def test_a_pause_by_keyboard_alone_and_without_a_script(office: Office) -> None:
    await in_conversation(office)
    async with async_playwright() as playwright, launched(playwright) as browser:
        context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
        page = await context.new_page()
        own = await come_in(office, page)
        await page.goto(f"{own}/pause")
        await page.locator("#field").focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/change?done=paused")
        assert "We will not write to you until" in await page.locator("[role=status]").inner_text()
