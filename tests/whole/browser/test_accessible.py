"""Every page of the form in a real browser: axe has no complaint, 320 px are enough, and no script is needed."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from pro_collector.resources import TEMPLATES
from tests.whole.browser import inspection as inspection_module
from tests.whole.browser.conftest import FONTS, launched, only
from tests.whole.browser.inspection import LOW_LINKS, TOO_LOW, TOO_WIDE, Inspection, Verdict, axe_verdict, inspect
from tests.whole.browser.tour import full, tour
from tests.wire.web.memory_store import TOKEN
from tests.wire.web.visit import form_app, served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(600),  # axe looks at 88 views in the first of them
]

PAGES = 24
WITHOUT_AXE = "no axe-core; install axe-playwright-python, or name an axe.min.js in PRO_TEST_AXE"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def inspection(chromium: Browser, axe: str | None) -> AsyncIterator[Inspection]:
    """Every page, looked at once. `PRO_TEST_SCREENS` names a folder for pictures of them."""
    folder = os.environ.get("PRO_TEST_SCREENS")
    yield await inspect(chromium, axe, Path(folder) if folder else None)


async def test_axe_finds_nothing_on_any_page_in_either_theme_on_phone_or_desktop(
    inspection: Inspection, axe: str | None
) -> None:
    if axe is None:
        pytest.skip(WITHOUT_AXE)
    assert len(inspection.pages) == len(set(inspection.pages)) == PAGES
    assert inspection.complaints["axe"] == []


async def test_nothing_reaches_beyond_320_px_also_with_text_twice_as_large(inspection: Inspection) -> None:
    assert inspection.complaints["too wide"] == []


async def test_everything_to_tap_is_large(inspection: Inspection) -> None:
    assert inspection.complaints["too low"] == []
    assert inspection.complaints["low link"] == []


async def test_the_page_is_light_or_dark_as_the_person_likes(inspection: Inspection) -> None:
    assert inspection.papers == {"light": {"rgb(255, 255, 255)"}, "dark": {"rgb(20, 24, 28)"}}


async def test_nothing_is_asked_of_any_other_server_and_the_policy_blocks_nothing(inspection: Inspection) -> None:
    assert f"{inspection.origin}/r/{TOKEN}" in inspection.requests
    assert [url for url in inspection.requests if not url.startswith(inspection.origin)] == []
    assert [told for told in inspection.console if "Failed to load resource" not in told] == []


async def test_the_dark_theme_changes_colours_alone() -> None:
    """So in it axe looks at the contrast of colours, and at the rest in the light theme."""
    css = (TEMPLATES / "patient" / "patient.css").read_text("utf-8")
    (dark,) = re.findall(r"@media \(prefers-color-scheme: dark\) {\s*:root {([^{}]*)}\s*}", css)
    assert re.sub(r"--[a-z-]+: #[0-9a-f]{3,6};", "", dark).strip() == ""
    assert css.count("prefers-color-scheme") == 1


async def test_the_inspection_does_see_what_is_wrong(chromium: Browser, axe: str | None) -> None:
    page = await chromium.new_page(viewport={"width": 320, "height": 640})
    await page.set_content(
        "<p style='color:#999'>pale</p><input><div style='width:400px'>wide</div>"
        "<button style='height:20px'>low</button><header><a href=x>low</a></header>"
    )
    for script, words in ((TOO_LOW, "<button"), (LOW_LINKS, "<a href"), (TOO_WIDE, "<div")):
        assert [one.startswith(words) for one in await page.evaluate(script)] == [True]
    if axe:
        await page.evaluate(axe)
        rules = {one.partition(":")[0] for one in (await axe_verdict(page)).violations}
        assert {"color-contrast", "label", "html-has-lang", "document-title", "target-size"} <= rules
    await page.close()


async def test_a_doubt_is_told_apart_from_what_is_wrong_and_tolerated_for_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdict = Verdict(("label: <input>",), ("color-contrast: <h2> overlapped", "color-contrast: <p> on a picture"))
    monkeypatch.setattr(inspection_module, "KNOWN_DOUBTS", {("color-contrast", "on a picture"): "it was looked at"})
    assert verdict.complaints == ["label: <input>", "in doubt: color-contrast: <h2> overlapped"]


@pytest.mark.parametrize("family", FONTS)
async def test_every_page_fits_whatever_the_fonts(family: str, tmp_path: Path) -> None:
    async with async_playwright() as playwright, launched(playwright, only(family, tmp_path)) as browser:
        found = await inspect(browser, None, None)
    assert {kind: told for kind, told in found.complaints.items() if told} == {}


async def test_the_whole_form_works_without_script(chromium: Browser) -> None:
    record = full()
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    async with served(form_app(record)) as origin:
        names = [name async for name in tour(page, origin, record)]
        await context.close()
    assert len(names) == PAGES
    assert record.stopped


async def test_nothing_moves_and_print_has_no_buttons(chromium: Browser) -> None:
    page = await chromium.new_page()
    moving = """() => [...document.querySelectorAll('*')].map(one => getComputedStyle(one))
        .filter(one => one.transitionDuration != '0s' || one.animationName != 'none').length"""
    async with served(form_app(full())) as origin:
        await page.goto(f"{origin}/r/{TOKEN}/q/1")
        assert await page.evaluate(moving) == 0
        await page.emulate_media(media="print")
        assert not await page.locator("main button").is_visible()
        assert await page.locator(".choice").first.is_visible()
        await page.close()
