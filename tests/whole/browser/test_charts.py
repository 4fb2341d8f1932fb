"""The charts in a real browser: both themes, narrow and wide, on paper, and saved as a picture."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from tests.shared.office import Office
from tests.shared.team_year import seed_year
from tests.shared.year_study import YEAR
from tests.whole.browser.test_team_pages import inspected, page
from tests.wire.web.team_browser import SESSION, session_of

__all__ = ["page"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

AT = f"/team/study/{YEAR}/charts"
CUT = """() => [...document.querySelectorAll('.figure svg')].flatMap(svg => {
    const edge = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter(one => {
        const box = one.getBoundingClientRect();
        return box.width && (box.left < edge.left - 1 || box.right > edge.right + 1);
    }).map(one => one.textContent);
})"""
"""Words of a drawing that reach beyond it, where they are cut."""
LINE = "getComputedStyle(document.querySelector('.figure polyline.group-1')).stroke"


async def test_a_researcher_reads_the_charts_prints_them_and_saves_one(
    office: Office, page: tuple[Page, list[str]], axe: str | None, tmp_path: Path
) -> None:
    tab, said = page
    await seed_year(office.rt, people=40, days=60)
    url = office.rt.settings.public_url
    session = await session_of(office.rt, "reader", RoleAt(Role.researcher, YEAR))
    await tab.context.add_cookies([{"name": SESSION, "value": session, "url": url}])
    await tab.goto(f"{url}{AT}?by=arm")
    await tab.get_by_text("The numbers, answered by the participant").press("Enter")
    await inspected(tab, axe, "charts", "svg text")  # axe cannot tell what is behind them
    assert await tab.evaluate(CUT) == []
    colours = set()
    for theme in ("light", "dark"):
        await tab.emulate_media(color_scheme=theme)
        colours.add(await tab.evaluate(LINE))
    assert len(colours) == 2, "a page in dark colours has lines of its own"
    async with tab.expect_download() as saved:
        await tab.get_by_role("button", name="PNG").first.press("Enter")
    await (await saved.value).save_as(tmp_path / "chart.png")
    picture = (tmp_path / "chart.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20]) > 2400, "three times as wide as on the page"
    await tab.emulate_media(media="print", color_scheme="light")
    sheet = await tab.pdf(format="A4")
    if folder := os.environ.get("PRO_TEST_SCREENS"):
        (Path(folder) / "charts.pdf").write_bytes(sheet)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", sheet)) <= 3
    await tab.emulate_media(media="screen")
    for path, name in (("people", "one-by-one"), ("completion", "completion")):
        await tab.goto(f"{url}{AT}/{path}?by=arm")
        await inspected(tab, axe, f"charts-{name}", "svg text")
    assert said == []
