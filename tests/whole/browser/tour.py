"""Every page of the form, one after the other, as a browser comes to it."""

from collections.abc import AsyncIterator
from dataclasses import replace

from playwright.async_api import Page

from pro_collector.errors import Unavailable
from tests.wire.web.all_kinds import all_kinds
from tests.wire.web.memory_store import TOKEN, MemoryFormStore, desk
from tests.wire.web.test_form import DIARY


def full() -> MemoryFormStore:
    """A desk whose survey has every kind of question."""
    return desk(DIARY, all_kinds())


async def tour(page: Page, origin: str, record: MemoryFormStore) -> AsyncIterator[str]:
    """Walk through every page there is; yields the name of each while it is shown."""
    link = f"{origin}/r/{TOKEN}"
    await page.goto(link)
    yield "start"
    await press(page)
    yield "scale"
    await press(page)
    yield "scale-mistake"
    await page.goto(f"{link}/q/3")
    await page.locator(".choice").nth(1).click()
    yield "choice-picked"
    await press(page)
    yield "branch"
    for number, name in ((8, "yesno"), (10, "decimal"), (11, "date"), (12, "text")):
        await page.goto(f"{link}/q/{number}")
        yield name
        if name != "yesno":
            await press(page)
            yield f"{name}-mistake"
    await page.goto(f"{link}/review")
    yield "review-open"
    await _answer_the_rest(page, link)
    await page.goto(f"{link}/q/9")
    yield "number"
    await page.locator("#answer").fill("40")
    await press(page)
    yield "review"
    await press(page)
    yield "done"
    async for name in _outside(page, origin, record):
        yield name


async def press(page: Page) -> None:
    """Press the page's button."""
    await page.locator("main button").click()


async def _answer_the_rest(page: Page, link: str) -> None:
    for number in (1, 2, 4, 5, 6, 7, 8, 10, 11, 12):
        await page.goto(f"{link}/q/{number}")
        await page.locator(".choice").nth(1 if number <= 8 else -1).click()
        await press(page)


async def _outside(page: Page, origin: str, record: MemoryFormStore) -> AsyncIterator[str]:
    link = f"{origin}/r/{TOKEN}"
    record.survey = replace(record.survey, state="started")
    await page.goto(f"{link}?note=resumed")
    await press(page)
    yield "back-again"
    await page.goto(f"{link}/q/1")
    record.failing = Unavailable("no database")
    await press(page)
    yield "trouble"
    record.failing = None
    record.cancel()
    await page.goto(link)
    yield "closed"
    record.survey, record.mode = replace(record.survey, state="started"), "call"
    await page.goto(link)
    yield "interview"
    await page.goto(f"{link}/q/1")
    yield "interview-question"
    await page.goto(f"{origin}/r/ThisLinkWasGoodLongAgo1")
    yield "unknown"
    await page.goto(f"{origin}/u/{TOKEN}")
    yield "stop"
    await press(page)
    yield "stopped"
