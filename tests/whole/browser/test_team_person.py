"""The page of a person in a real browser: corrected by keyboard, both themes, narrow and wide, printed on A4."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, first_occasion, in_conversation
from tests.whole.browser.test_team_pages import inspected, page
from tests.wire.web.team_browser import SESSION, session_of

__all__ = ["page"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

HERE = f"/team/study/{STUDY}/people/RT-1"
MOST_SHEETS = 4


async def test_a_nurse_reads_a_person_s_page_corrects_a_date_and_prints_it(
    office: Office, page: tuple[Page, list[str]], axe: str | None
) -> None:
    tab, said = page
    await in_conversation(office)
    for pain in ("7", "5", "3"):
        await office.reply(pain, *ANSWERS[1:])
        await office.run(office.clock.now() + timedelta(days=7))
    url = office.rt.settings.public_url
    session = await session_of(office.rt, "garcia", RoleAt(Role.study_lead, STUDY))
    await tab.context.add_cookies([{"name": SESSION, "value": session, "url": url}])
    await tab.goto(url + HERE)
    await inspected(tab, axe, "person", "svg text")  # axe cannot tell what is behind them
    assert await tab.locator("svg").count() >= 5
    await tab.emulate_media(media="print", color_scheme="light")
    sheet = await tab.pdf(format="A4")
    if folder := os.environ.get("PRO_TEST_SCREENS"):
        (Path(folder) / "person.pdf").write_bytes(sheet)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", sheet)) <= MOST_SHEETS
    assert not await tab.get_by_role("link", name="Erase").is_visible(), "what is printed has no acts"
    await tab.emulate_media(media="screen")

    weekly = (await first_occasion(office))["id"]
    for path, name in (("conversation", "conversation"), (f"check-ins/{weekly}", "check-in")):
        await tab.goto(f"{url}{HERE}/{path}")
        await inspected(tab, axe, f"person-{name}")
    await tab.goto(url + HERE)
    await tab.get_by_role("link", name="Correct Start of treatment").press("Enter")
    await tab.fill("#on", "2026-03-05")
    await tab.get_by_role("button", name="Show what this changes").press("Enter")
    await tab.wait_for_selector(".mistakes:focus")
    await inspected(tab, axe, "person-mistake")
    await tab.fill("#reason", "read it wrongly")
    await tab.get_by_role("button", name="Show what this changes").press("Enter")
    await tab.wait_for_selector("text=Nothing is recorded yet")
    await inspected(tab, axe, "person-confirm")
    await tab.get_by_role("button", name="Confirm").press("Enter")
    await tab.wait_for_selector("text=The treatment is recorded")
    assert [each for each in said if "status of 422" not in each] == []
