"""A question is read aloud where the device has a voice of its own; everywhere else the page is as before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page

from tests.shared.instruments import shipped
from tests.whole.browser.inspection import THEMES, TOO_LOW, TOO_WIDE, axe_verdict
from tests.wire.web.memory_store import TOKEN, desk
from tests.wire.web.visit import form_app, served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

VOICES = """
window.said = [];
class Utterance { constructor(text) { this.text = text; } }
window.SpeechSynthesisUtterance = Utterance;
const speech = {
  speaking: false, addEventListener() {}, getVoices: () => %s,
  speak(one) { this.speaking = true; window.said.push([one.lang, one.voice.name, one.text]); window.last = one; },
  cancel() { this.speaking = false; },
};
Object.defineProperty(window, "speechSynthesis", { value: speech });
"""
OWN = '[{name: "far", lang: "en-GB", localService: false}, {name: "near", lang: "en_US", localService: true}]'
OTHERS = '[{name: "far", lang: "en-GB", localService: false}, {name: "near", lang: "de-DE", localService: true}]'


@asynccontextmanager
async def question_page(browser: Browser, voices: str) -> AsyncIterator[Page]:
    """The question about nausea on a small phone that has these voices."""
    page = await browser.new_page(viewport={"width": 320, "height": 640})
    await page.add_init_script(VOICES % voices)
    async with served(form_app(desk(shipped("symptom-diary")))) as origin:
        await page.goto(f"{origin}/r/{TOKEN}/q/3")
        yield page
        await page.close()


async def test_a_voice_of_the_device_reads_the_question_and_its_choices(chromium: Browser, axe: str | None) -> None:
    async with question_page(chromium, OWN) as page:
        button = page.locator("button.listen")
        assert await button.text_content() == "Read aloud"
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            wrong = [*await page.evaluate(TOO_LOW), *await page.evaluate(TOO_WIDE)]
            if axe:
                await page.evaluate(axe)
                verdict = await axe_verdict(page, colours_alone=theme == "dark")
                wrong += verdict.complaints
            assert wrong == []
        await button.click()
        said = await page.evaluate("window.said")
        assert {(language, voice) for language, voice, _ in said} == {("en", "near")}
        assert [text for _, _, text in said] == [
            "In the last 7 days, how much did you feel sick to your stomach?",
            "Not at all", "A little", "Somewhat", "Quite a bit", "Very much", "I would rather not say",
        ]  # fmt: skip
        assert await button.text_content() == "Stop reading"
        await button.click()
        assert await button.text_content() == "Read aloud"
        assert len(await page.evaluate("window.said")) == len(said)
        await button.click()
        await page.evaluate("() => { window.speechSynthesis.speaking = false; window.last.onend(); }")
        assert await button.text_content() == "Read aloud"


async def test_no_voice_of_a_server_is_used_and_none_of_another_language(chromium: Browser) -> None:
    async with question_page(chromium, OTHERS) as page:
        assert await page.locator("button.listen").count() == 0
        assert await page.locator("main button").count() == 1
