"""The whole form with the keyboard alone: everything is reached in the order it is read, and one sees where one is."""

import pytest
from playwright.async_api import Browser, Page

from pro_collector.domain.instrument.answers import Absent
from tests.whole.browser.tour import full
from tests.wire.web.memory_store import TOKEN
from tests.wire.web.visit import form_app, served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERE = """() => {
    const one = document.activeElement, shown = one.closest('.choice') || one, box = shown.getBoundingClientRect();
    const seen = box.width > 8 && box.top >= 0 && box.bottom <= innerHeight + 1 && box.left >= 0;
    const style = getComputedStyle(shown);
    const ring = style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2;
    const name = one.matches('input') ? `${one.type} ${one.name}=${one.value}` : one.innerText || one.name || one.id;
    return {name: name.trim().replace(/\\s+/g, " "), seen, ring};
}"""


async def key(page: Page, *keys: str) -> str:
    """Press keys; what has the focus then, which must be in sight with a ring around it."""
    for one in keys:
        await page.keyboard.press(one)
    here = await page.evaluate(HERE)
    assert here["seen"], here
    assert here["ring"], here
    return str(here["name"])


async def enter(page: Page) -> None:
    """Press Enter and wait for the page it leads to."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def stops(page: Page, last: str) -> list[str]:
    """Every stop of Tab up to the one named `last`."""
    found = [await key(page, "Tab")]
    while found[-1] != last:
        found.append(await key(page, "Tab"))
        assert len(found) < 20, found
    return found


async def test_every_stop_of_a_question_page_comes_in_the_order_of_reading(chromium: Browser) -> None:
    page = await chromium.new_page(viewport={"width": 320, "height": 640})
    async with served(form_app(full())) as origin:
        await page.goto(f"{origin}/r/{TOKEN}/q/1")
        assert await stops(page, "study@clinic.example") == [
            "Skip to main content",
            "Español",
            "Call +1 555 010 0199",
            "Back",
            "radio answer=0",
            "Save and continue",
            "study@clinic.example",
        ]
        await page.goto(f"{origin}/r/{TOKEN}/q/11")
        await key(page, "Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        assert await stops(page, "Save and continue") == [
            "Back",
            "text day=",
            "text month=",
            "text year=",
            "checkbox absent=asked-declined",
            "Save and continue",
        ]
        await page.close()


async def test_a_mistake_takes_the_focus_and_leads_to_its_field(chromium: Browser) -> None:
    page = await chromium.new_page(viewport={"width": 320, "height": 640})
    async with served(form_app(full())) as origin:
        await page.goto(f"{origin}/r/{TOKEN}/q/10")
        await stops(page, "Save and continue")
        await enter(page)
        assert await page.title() == "Error: Question 8 of 10 – City Clinic"
        assert await page.evaluate("document.activeElement.className") == "mistakes"
        assert (await key(page, "Tab")).startswith("Write an answer, or")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "answer"
        await page.keyboard.type("sixty")
        await enter(page)
        assert await page.locator("#answer").input_value() == "sixty"
        assert await page.locator("#answer").get_attribute("aria-invalid") == "true"
        await page.close()


async def test_the_whole_form_by_keyboard_alone(chromium: Browser) -> None:
    record = full()
    page = await chromium.new_page(viewport={"width": 320, "height": 640})
    async with served(form_app(record)) as origin:
        await page.goto(f"{origin}/r/{TOKEN}")
        await stops(page, "Start")
        await enter(page)
        for number in (1, 2, 3, 5, 6, 7, 8):  # the first by Space, and down with the arrows
            assert page.url == f"{origin}/r/{TOKEN}/q/{number}"
            await stops(page, "radio answer=0")
            await key(page, "Space", *["ArrowDown"] * (0 if number in (3, 8) else 2))
            await enter(page)
        await stops(page, "text answer=")
        await page.keyboard.type("61.5")
        await enter(page)
        await stops(page, "text day=")
        for part in ("7", "3", "2026"):
            await page.keyboard.type(part)
            await key(page, "Tab")
        await stops(page, "Save and continue")
        await enter(page)
        await stops(page, "checkbox absent=asked-declined")
        await key(page, "Space")
        await enter(page)
        assert await page.title() == "Look over your answers – City Clinic"
        await _change_the_first(page)
        await stops(page, "Finish")
        await enter(page)
        assert await page.title() == "All done – City Clinic"
        await page.close()
    assert record.survey.state == "completed"
    expected = {"pain": 3, "tiredness": 2, "nausea": 0, "walked": 0, "weight": 61.5, "since": "2026-03-07"}
    assert {item: record.value(item) for item in expected} == expected
    assert record.value("words") is Absent.ASKED_DECLINED


async def _change_the_first(page: Page) -> None:
    await stops(page, "Change your answer to: In the last 7 days, how bad was your worst pain?")
    await enter(page)
    await stops(page, "radio answer=2")
    await key(page, "ArrowDown")
    await enter(page)
