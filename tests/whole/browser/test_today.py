"""The worklist in a real browser: by keyboard alone, in both themes, narrow and wide, and told of what is new."""

import pytest
from playwright.async_api import Page, async_playwright

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.web.team import today_live
from tests.shared.office import STUDY, Office
from tests.shared.scenes import in_conversation
from tests.whole.browser.conftest import launched
from tests.whole.browser.test_team_pages import NARROW, inspected
from tests.wire.web.team_browser import SESSION, session_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

_REPLY, _CONTACT = "Reply to read", "No way to reach"


async def focused(tab: Page) -> str:
    """The words of what has the focus."""
    return str(await tab.evaluate("document.activeElement.textContent"))


async def test_a_coordinator_works_by_keyboard_alone(
    office: Office, axe: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(today_live, "EVERY", 0.1)
    await in_conversation(office)
    await office.reply("3 and then 4", "took 2 pills")
    await office.rows(
        "INSERT INTO task (id, participant_id, kind, raised_at) SELECT gen_random_uuid(), id, 'contact', %s"
        " FROM participant RETURNING id",
        office.clock.now(),
    )
    session = await session_of(office.rt, "ana", RoleAt(Role.coordinator, STUDY, "bethesda"))
    url, said = office.rt.settings.public_url, list[str]()
    async with async_playwright() as playwright, launched(playwright) as browser:
        tab = await browser.new_page(viewport={"width": NARROW, "height": 700})
        tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        await tab.context.add_cookies([{"name": SESSION, "value": session, "url": url}])
        await tab.goto(f"{url}/team")
        await inspected(tab, axe, "today")

        # J and K move, C takes, Enter opens.
        for key, words in (("j", _REPLY), ("j", _CONTACT), ("j", _CONTACT), ("k", _REPLY)):
            await tab.keyboard.press(key)
            assert await focused(tab) == words
        await tab.keyboard.press("c")
        await tab.wait_for_selector("text=It is yours.")
        await tab.keyboard.press("j")
        await tab.keyboard.press("Enter")
        await tab.wait_for_selector("h2:text-is('What they wrote')")
        await inspected(tab, axe, "today-item")

        # What is typed is typed: no key moves anything there. The answer is recorded.
        await tab.focus("#note-record")
        await tab.keyboard.type("jkc")
        assert await tab.input_value("#note-record") == "jkc"
        await tab.focus("input[name=answer][value='4']")
        await tab.keyboard.press("Space")
        await tab.keyboard.press("Enter")
        await tab.wait_for_selector("text=The answer is recorded")
        assert await tab.locator("tr[data-item]").count() == 1

        # Somebody writes: the page says so, and changes nothing else.
        await tab.focus("form#several input[name=note]")
        await tab.keyboard.type("half a note")
        await office.reply("I feel so much worse, my leg is swollen")
        await tab.wait_for_selector("#news a")
        assert await tab.input_value("form#several input[name=note]") == "half a note"
        await inspected(tab, axe, "today-news")
        await tab.focus("#news a")
        await tab.keyboard.press("Enter")
        await tab.wait_for_selector("#news:not(:has(a))", state="attached")

        # The keys can be switched off, and stay off.
        await tab.focus("#keys button")
        await tab.keyboard.press("Space")
        await tab.reload()
        await tab.keyboard.press("j")
        assert await tab.evaluate("document.activeElement === document.body")
        assert await tab.get_by_role("button", name="Keys off").count() == 1

        # An item that somebody else has closed meanwhile.
        await tab.focus("a.open")
        await tab.keyboard.press("Enter")
        await tab.wait_for_selector("#note")
        await office.rows("UPDATE task SET done_at = now(), done_by = 'leo' WHERE done_at IS NULL RETURNING id")
        await tab.focus("#note")
        await tab.keyboard.type("She is well")
        await tab.keyboard.press("Enter")
        await tab.wait_for_selector("text=it is closed already")
        await inspected(tab, axe, "today-changed")
        assert [each for each in said if "status of 409" not in each] == []
