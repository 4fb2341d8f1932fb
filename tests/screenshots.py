"""`python -m tests.screenshots FOLDER`: a picture of each page of the team, with the people of the made-up year.

python -m tests.screenshots build/screens [--only today person] [--database postgresql://...]

Each page light at 1280 pixels and dark at 320. Without `--database`, the year is loaded into an embedded server. Those
that the documents show are made again with `--keep`: smaller, into `docs/images`.
"""

import argparse
import asyncio
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, FloatRect, async_playwright

from tests.shared.year_pages import paths
from tests.shared.year_web import ADMINISTRATOR, COOKIE, LEAD, YearWeb, year_web
from tests.team_year import database

VIEWS: tuple[tuple[Literal["light", "dark"], int, int], ...] = (("light", 1280, 800), ("dark", 320, 640))
"""Theme, width and height of each picture."""
MOST_HEIGHT = 3000
"""Of a longer page, the top."""
KEPT = ("today", "item", "person")
"""The pages that the documents show, light, the top of the page alone."""
KEPT_IN = Path("docs/images/team")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The Chromium of this machine."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


async def shoot(year: YearWeb, browser: Browser, folder: Path, only: Collection[str], keep: bool) -> None:
    """Take the pictures of the pages in `only` (of all, if it is empty)."""
    sessions = {handle: await year.session(handle) for handle in (LEAD, ADMINISTRATOR)}
    for theme, width, height in VIEWS[: 1 if keep else None]:
        for name, (handle, path) in (await paths(year)).items():
            if only and name not in only:
                continue
            context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            await context.add_cookies([{"name": COOKIE, "value": sessions[handle], "url": year.url}])
            page = await context.new_page()
            got = await page.goto(year.url + path, wait_until="load", timeout=90_000)
            assert got is not None
            print(f"{name:16} {theme} {width}: {got.status}")
            file = folder / (f"{name}.png" if keep else f"{name}-{theme}-{width}.png")
            long = await page.evaluate("document.documentElement.scrollHeight")
            top: FloatRect = {"x": 0, "y": 0, "width": width, "height": height if keep else min(long, MOST_HEIGHT)}
            await page.screenshot(path=file, full_page=True, clip=top)
            await context.close()


async def take(url: str, folder: Path, only: Collection[str], keep: bool) -> None:
    """Start the web process and the browser, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    async with year_web(url) as year, chromium() as browser:
        await shoot(year, browser, folder, only, keep)


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/screens"))
    parser.add_argument("--only", nargs="*", default=[], help="the names of pages")
    parser.add_argument("--keep", action="store_true", help="those that the documents show, into docs/images/team")
    parser.add_argument("--database", default="", help="the URL of a database; it is migrated")
    given = parser.parse_args()
    with database(given.database) as url:
        folder, only = (KEPT_IN, KEPT) if given.keep else (given.folder, given.only)
        asyncio.run(take(url, folder, only, given.keep))


if __name__ == "__main__":
    main()
