"""The form and a mail in a language that is read from right to left, and for a child, in a real browser."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from pro_collector import rendering, words
from pro_collector.web.form.words import load_words
from tests.shared.arabic import arabic_diary, arabic_words
from tests.whole.browser.inspection import THEMES, TOO_LOW, TOO_WIDE, axe_verdict
from tests.wire.web.memory_store import TOKEN, MemoryFormStore, desk
from tests.wire.web.visit import form_app, served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

BEYOND_LEFT = """() => [...document.querySelectorAll('body *')]
    .filter(one => !one.matches('.skip, .unseen') && one.getBoundingClientRect().left < -0.5)
    .map(one => one.outerHTML.slice(0, 200))"""
PLUS_IS_FIRST = """link => {
    const place = (from, to) => { const range = document.createRange(); range.setStart(link.firstChild, from);
        range.setEnd(link.firstChild, to); return range.getBoundingClientRect().left; };
    const plus = link.textContent.indexOf("+");
    return place(plus, plus + 1) < place(plus + 1, plus + 2);
}"""
"""Whether the + of a telephone number stands left of its first digit."""
SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(autouse=True)
def spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock is among the languages that we have words in."""
    arabic = arabic_words()
    monkeypatch.setitem(words.load(), "ar", arabic)
    monkeypatch.setitem(load_words(), "ar", arabic.section("form"))


@asynccontextmanager
async def small_phone(browser: Browser, record: MemoryFormStore) -> AsyncIterator[tuple[Page, str]]:
    """A page of 320 px and the link of the form."""
    page = await browser.new_page(viewport={"width": 320, "height": 640})
    async with served(form_app(record)) as origin:
        yield page, f"{origin}/r/{TOKEN}"
        await page.close()


async def looked_at(page: Page, axe: str | None, name: str) -> list[str]:
    """What is wrong with the page in either theme; a picture of each goes to the folder `PRO_TEST_SCREENS`."""
    wrong: list[str] = []
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        wrong += [*await page.evaluate(TOO_WIDE), *await page.evaluate(BEYOND_LEFT), *await page.evaluate(TOO_LOW)]
        wrong += ["it scrolls sideways"] if await page.evaluate(SCROLLS) else []
        if axe:
            await page.evaluate(axe)
            verdict = await axe_verdict(page, colours_alone=theme == "dark")
            wrong += verdict.complaints
        if folder := os.environ.get("PRO_TEST_SCREENS"):
            await page.screenshot(path=Path(folder) / f"{name}-{theme}.png", full_page=True)
    return wrong


async def test_a_form_is_read_from_right_to_left(chromium: Browser, axe: str | None) -> None:
    async with small_phone(chromium, desk(arabic_diary(), language="ar")) as (page, link):
        for path, name in (("", "rtl-start"), ("/q/1", "rtl-scale"), ("/q/3", "rtl-choice"), ("/review", "rtl-review")):
            await page.goto(link + path)
            assert await page.evaluate("getComputedStyle(document.body).direction") == "rtl"
            assert await looked_at(page, axe, name) == [], name
            assert await page.locator("a[href^='tel:']").evaluate(PLUS_IS_FIRST)
        await page.goto(f"{link}/q/3")
        radio, label = page.locator(".choice input").first, page.locator(".choice span").first
        beside, words_box = await radio.bounding_box(), await label.bounding_box()
        assert beside is not None
        assert words_box is not None
        assert beside["x"] > words_box["x"], "what one taps stands before its words"


async def test_a_child_sees_a_face_beside_each_choice(chromium: Browser, axe: str | None) -> None:
    record = desk(arabic_diary())
    record.survey = replace(record.survey, age=9)
    async with small_phone(chromium, record) as (page, link):
        await page.goto(f"{link}/q/3")
        assert await page.locator("h1").text_content() == "Think of the last 7 days. How sick did your tummy feel?"
        assert await page.locator(".choice .face").count() == 5
        assert "Not at all" in await page.locator("label.choice").first.inner_text()
        assert await looked_at(page, axe, "child-choice") == []
        record.survey = replace(record.survey, age=13)
        await page.goto(f"{link}/q/3")
        assert await page.locator(".choice .face").count() == 0


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("es", "ltr"), ("fr", "ltr"), ("ar", "rtl")])
async def test_a_mail_fits_a_small_phone(chromium: Browser, tmp_path: Path, language: str, direction: str) -> None:
    letter = rendering.email(
        language, "invitation", sender="The Story Team", phone="+12025550142", call="112", title="Weekly symptoms",
        minutes=2, closes=datetime(2026, 3, 27, 18), own_page=True,  # noqa: DTZ001  # wall-clock time
    )  # fmt: skip
    address = "https://pro.hospital.example.org/r/" + "x" * 22
    file = tmp_path / "letter.html"
    filled = letter.html.replace("{link}", address).replace("{own_page}", address)
    file.write_text(filled.replace("{unsubscribe}", address), "utf-8")
    page = await chromium.new_page(viewport={"width": 320, "height": 640})
    await page.goto(file.as_uri())
    assert await page.evaluate("getComputedStyle(document.querySelector('p')).direction") == direction
    assert await looked_at(page, None, f"mail-{language}") == []
    assert await page.locator("a[href^='tel:']").first.evaluate(PLUS_IS_FIRST)
    await page.close()
