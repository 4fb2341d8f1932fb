"""The door of an own page and what is read behind it, in a real browser: axe has no complaint, 320 px are enough."""

import os
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from pro_collector.commands.apply_study import apply_study
from tests.shared.office import DEMO, FIVE_SECONDS, PHONE, Office, library
from tests.shared.scenes import ANSWERS, ASKED, DAY, MOTHER, SOON, in_conversation, treated
from tests.whole.browser.conftest import launched
from tests.whole.browser.inspection import LOW_LINKS, THEMES, TOO_LOW, TOO_WIDE, axe_verdict
from tests.whole.browser.test_accessible import WITHOUT_AXE
from tests.wire.web.own_page_reader import OPEN, code_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WEEKS = ("7", "5", None, "6", "3")
"""The worst pain of five weeks; in the third the diary was missed."""
DRAWN_WORDS = ".trend svg text"
"""Of these axe cannot tell the background; they have the colours of all words of the page."""
SIZES = {"phone": (320, 640), "desktop": (1280, 800)}


async def five_weeks(office: Office, number: str = PHONE, **fields: object) -> None:
    """RT-1 has answered four of five weekly diaries; two cycles of treatment began."""
    await in_conversation(office, **fields)
    for week, pain in enumerate(WEEKS):
        await office.run(ASKED + timedelta(weeks=week) + SOON)
        if pain is not None:
            await office.reply(pain, *ANSWERS[1:], number=number)
    for day in (date(2026, 3, 5), date(2026, 3, 26)):
        await office.happened("cycle", day)


def door(office: Office, number: str = PHONE) -> str:
    """The URL of the door of the last link on a phone; a reply by text has one too."""
    text = next(body for body in reversed(office.texts(number)) if "/r/" in body or "/m/" in body)
    token = text.partition("/m/" if "/m/" in text else "/r/")[2].split()[0]
    return f"{office.rt.settings.public_url}/m/{token}"


async def come_in(office: Office, page: Page, number: str = PHONE, language: str = "en") -> None:
    """Go through the door with the code of a text, with the keyboard."""
    await page.goto(f"{door(office, number)}?lang={language}")
    await page.locator("main button").first.press("Enter")
    await page.wait_for_url("**/code")
    await office.run(office.clock.now() + FIVE_SECONDS)
    await page.locator("#code").fill(code_in(office.texts(number)[-1]))
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/code" not in url)


async def tour(office: Office, page: Page, language: str) -> AsyncIterator[str]:
    """Every page from the door on; yields the name of each while it is shown."""
    await page.goto(f"{door(office)}?lang={language}")
    yield "door"
    await page.locator("main button").first.click()
    yield "code"
    await page.locator("#code").fill("12 34")
    await page.locator("main button").first.click()
    yield "code-wrong"
    await come_in(office, page, language=language)
    own = page.url.partition("?")[0]
    yield "overview"
    await page.locator("main a[href*='/answers/']").first.click()
    yield "answers"
    await page.goto(f"{own}/trends")
    yield "trends"
    await page.locator("summary").first.press("Enter")
    yield "trends-table"
    await page.goto(f"{own}/data")
    yield "data"
    await page.locator(".out button").click()
    yield "signed-out"
    await page.goto(own)
    yield "closed"


@pytest.mark.parametrize("language", ["es"])  # its acts are looked at in English
async def test_each_page_is_accessible_and_the_copy_prints(office: Office, axe: str | None, language: str) -> None:
    await five_weeks(office)
    async with async_playwright() as playwright, launched(playwright) as browser:
        page = await browser.new_page()
        errors: list[str] = []
        page.on("console", lambda told: errors.append(told.text) if "Failed to load" not in told.text else None)
        async for name in tour(office, page, language):
            assert await page.locator("html").get_attribute("lang") == language
            await accessible(page, axe, f"{name}-{language}")
            if name == "data":
                await prints_and_saves(page)
        assert errors == []
    if axe is None:
        pytest.skip(WITHOUT_AXE)


@pytest.mark.parametrize("asks", ["code", "birth_year"])
async def test_the_page_before_earlier_answers_is_accessible(office: Office, axe: str | None, asks: str) -> None:
    changed = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
        "\nassessments:", f"\npage: {{earlier_answers: {asks}}}\nassessments:"
    )
    await apply_study(office.rt, changed, "study.yaml", library(), "tester")
    await office.enrol()
    await office.run(OPEN)
    link = f"{office.rt.settings.public_url}/r/{office.link()}"
    async with async_playwright() as playwright, launched(playwright) as browser:
        first = await browser.new_page()
        await first.goto(link)
        await first.locator("main button").click()
        await first.locator(".choice").first.click()
        await first.locator("main button").click()
        await first.close()
        page = await browser.new_page()
        await page.goto(f"{link}/q/1")
        await accessible(page, axe, f"earlier-{asks}")
        await page.locator("main button").first.click()
        await accessible(page, axe, f"earlier-{asks}-next")
        if asks == "birth_year":
            await page.locator("#field").fill("1980")
            await page.keyboard.press("Enter")
            assert await page.locator(".choice input").first.is_checked()
    if axe is None:
        pytest.skip(WITHOUT_AXE)


async def accessible(page: Page, axe: str | None, name: str) -> None:
    """Look at a page in both themes and sizes, and with text twice as large; keep pictures of the phone."""
    folder = os.environ.get("PRO_TEST_SCREENS")
    if axe:
        await page.evaluate(axe)
    for theme in THEMES:
        for size, (width, height) in SIZES.items():
            await page.emulate_media(color_scheme=theme)
            await page.set_viewport_size({"width": width, "height": height})
            where = f"{name} {theme} {size}"
            for script in (TOO_LOW, LOW_LINKS, TOO_WIDE):
                assert await page.evaluate(script) == [], where
            if axe:
                verdict = await axe_verdict(page, DRAWN_WORDS, colours_alone=theme == "dark")
                assert verdict.complaints == [], where
            if folder and size == "phone":
                await page.screenshot(path=Path(folder) / f"own-{name}-{theme}.png", full_page=True)
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.evaluate("document.documentElement.style.fontSize = '225%'")
    assert await page.evaluate(TOO_WIDE) == [], f"{name}, text twice as large"
    await page.evaluate("document.documentElement.style.fontSize = ''")


async def prints_and_saves(page: Page) -> None:
    """The copy of all answers: a file, and paper without buttons."""
    async with page.expect_download() as saved:
        await page.locator("a[download]").first.click()
    assert (await saved.value).suggested_filename == "my-data.csv"
    await page.emulate_media(media="print")
    for hidden in ("main button", ".tabs", ".keep"):
        assert not await page.locator(hidden).first.is_visible(), hidden
    assert await page.locator(".answers dd").first.is_visible()
    await page.emulate_media(media="screen")


async def without_script(browser: Browser) -> Page:
    """A page of a browser without script."""
    return await (await browser.new_context(java_script_enabled=False)).new_page()


async def test_a_parent_of_two_comes_in_without_script_and_loses_the_page_of_who_grows_up(office: Office) -> None:
    for code, born in (("RT-1", date(2018, 3, 1)), ("RT-2", date(2013, 3, 20))):
        await treated(office, code=code, birth_date=born, phone="+12025550101" if code == "RT-2" else None,
                      proxy_phone=MOTHER, nickname={"RT-1": "Bea", "RT-2": "Leo"}[code])  # fmt: skip
    await office.run(ASKED + SOON)
    async with async_playwright() as playwright, launched(playwright) as browser:
        parent = await without_script(browser)
        await come_in(office, parent, MOTHER)
        assert await parent.locator(".people a").all_inner_texts() == ["The page of Bea", "The page of Leo"]
        await parent.locator(".people a").last.click()
        assert await parent.locator("h1").inner_text() == "The page of Leo"
        await parent.locator(".back a").first.click()
        await office.run(office.clock.now() + 18 * DAY)
        await come_in(office, parent, MOTHER)
        assert await parent.locator(".people a").all_inner_texts() == ["The page of Bea"]
        assert "Leo now answers alone" in await parent.locator("main").inner_text()
        child = await without_script(browser)
        await come_in(office, child)
        assert await child.locator("h1").inner_text() == "Your own page"
