"""A real Chromium, and the axe engine that looks over each page; without either the tests say so and skip."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

_QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """The Chromium of this machine, for the tests of a module."""
    async with async_playwright() as playwright, launched(playwright) as browser:
        yield browser


FONTS = ("DejaVu Sans", "Noto Sans")
"""Two families of which one is a tenth wider: what fits with both was not made to fit one."""
_ONE_FAMILY = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
{files}
<cachedir>{cache}</cachedir>
</fontconfig>
"""


def only(family: str, folder: Path) -> dict[str, str]:
    """The environment of a program that finds the fonts of one family alone; skips where the machine has none."""
    listed = shutil.which("fc-list")
    said = subprocess.run([listed, family, "file"], capture_output=True, text=True, check=True) if listed else None
    files = [line.partition(":")[0] for line in said.stdout.splitlines()] if said else []
    if not files:
        pytest.skip(f"no font {family} on this machine; install fontconfig, fonts-dejavu-core and fonts-noto-core")
    for file in files:
        (folder / Path(file).name).symlink_to(file)
    conf = folder / "fonts.conf"
    conf.write_text(_ONE_FAMILY.format(files=f"<dir>{folder}</dir>", cache=folder / "cache"))
    return {**os.environ, "FONTCONFIG_FILE": str(conf)}


@asynccontextmanager
async def launched(playwright: Playwright, env: dict[str, str] | None = None) -> AsyncIterator[Browser]:
    """The Chromium of this machine (`PRO_TEST_CHROMIUM` names another) in this environment, until the block ends."""
    program = os.environ.get("PRO_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on this machine; install the package `chromium`, or name one in PRO_TEST_CHROMIUM")
    browser = await playwright.chromium.launch(
        executable_path=program, args=_QUIET.split(), env={**env} if env else None
    )
    yield browser
    await browser.close()


@pytest.fixture(scope="module")
def axe() -> str | None:
    """The source of axe-core, from the package axe-playwright-python or the file that `PRO_TEST_AXE` names, if any."""
    package = find_spec("axe_playwright_python")
    beside = Path(package.origin).parent / "axe.min.js" if package and package.origin else None
    source = os.environ.get("PRO_TEST_AXE") or beside
    return Path(source).read_text("utf-8") if source else None
